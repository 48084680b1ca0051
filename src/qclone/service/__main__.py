"""`python -m qclone.service DIRECTORY SITE_PROCESSES` watches over the cloud there; `qclone up` starts it."""

import sys
from pathlib import Path

from qclone.service._supervisor import supervise

if __name__ == "__main__":  # a process that Python starts for this one imports this file
    supervise(Path(sys.argv[1]), int(sys.argv[2]))
