"""`python -m qclone.service DIRECTORY SITE_PROCESSES WORKERS` watches over a cloud; `qclone up` starts it."""

import os
import sys
from pathlib import Path

from qclone.service._supervisor import POSTGRES, supervise

if __name__ == "__main__":  # a process that Python starts for this one imports this file
    supervise(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), os.environ.pop(POSTGRES, None))
