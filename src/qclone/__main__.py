"""`python -m qclone` is `qclone`."""

import sys

from qclone.cli import main

sys.exit(main())
