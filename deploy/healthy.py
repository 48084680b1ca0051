#!/usr/bin/env python3
"""Exit with 0 if a part can serve: healthy [URL [CERTIFICATE]]."""

import ssl
import sys
from urllib.request import urlopen

given = dict(enumerate(sys.argv))
trusted = ssl.create_default_context(cafile=given.get(2, "/run/secrets/ca.pem"))
try:
    urlopen(given.get(1, "https://localhost:7000/readyz"), timeout=5, context=trusted).close()
except OSError as error:
    sys.exit(f"not ready: {error}")
