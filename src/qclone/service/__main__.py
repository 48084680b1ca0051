"""`python -m qclone.service DIRECTORY SITE_PROCESSES` watches over the cloud there; `qclone up` starts it."""

import sys
from pathlib import Path

from qclone.service._supervisor import supervise

supervise(Path(sys.argv[1]), int(sys.argv[2]))
