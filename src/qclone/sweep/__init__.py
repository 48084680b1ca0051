"""Sweeps: an experiment over a grid of parameters, on any number of workers, resumable."""

from qclone.errors import MissingPackageError

try:
    import distributed  # one place for the extra: the files behind import it freely
    import pyarrow.parquet
except ImportError as error:
    raise MissingPackageError(str(error.name), "sweep") from None

from qclone.sweep._figure import axes_of, draw_sweep
from qclone.sweep._identity import identity_of, key_of
from qclone.sweep._points import point_of
from qclone.sweep._results import Results
from qclone.sweep._run import SweepSummary, run_sweep
from qclone.sweep._spec import Sweep, read_sweep

__all__ = [
    "Results",
    "Sweep",
    "SweepSummary",
    "axes_of",
    "draw_sweep",
    "identity_of",
    "key_of",
    "point_of",
    "read_sweep",
    "run_sweep",
]

del distributed, pyarrow
