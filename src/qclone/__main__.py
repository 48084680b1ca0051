"""`python -m qclone` is `qclone`."""

import sys

from qclone._start import main

sys.exit(main())
