"""Sweeps: an experiment over a grid of parameters, on any number of workers, resumable."""

from qclone.errors import MissingPackageError

try:
    import distributed  # one place for the extra: the files behind import it freely
    import pyarrow.parquet
except ImportError as error:
    raise MissingPackageError(str(error.name), "sweep") from None

from qclone.sweep._points import POINTS
from qclone.sweep._results import Results
from qclone.sweep._run import SweepSummary, run_sweep
from qclone.sweep._spec import Sweep, read_sweep

__all__ = ["POINTS", "Results", "Sweep", "SweepSummary", "read_sweep", "run_sweep"]

del distributed, pyarrow
