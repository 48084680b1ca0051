"""Results that were kept, read back for analysis."""

from __future__ import annotations

import os
from pathlib import Path

from qclone.errors import InvalidInputError
from qclone.experiments._results import Results
from qclone.experiments._store import Folder


def read_results(folder: str | os.PathLike[str]) -> Results:
    """Return what `run` and `qclone experiment --out` kept in a folder.

    Raises
    ------
    InvalidInputError : there is no such folder, or it holds no results.
    StorageError : a result is there that nobody lets us read.

    Example
    -------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from qclone.device import line
    >>> from qclone.experiments import Sensitivity, Setup, run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = run(Sensitivity(clones=(2,)).rows(), Setup(line(6)), Path(folder))
    ...     frame = read_results(folder).to_pandas()
    >>> sorted(frame["method"]), set(frame["quantity"])
    (['bsm', 'pom'], {'fidelity'})
    """
    path = Path(folder)
    if not path.is_dir():
        raise InvalidInputError(
            f"There is no folder {path}.", "Make one with: qclone experiment NAME --out DIR"
        )
    return Results(Folder(path).results())
