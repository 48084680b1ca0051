"""Results on disk: Parquet files that appear whole or not at all, every row under the key of its content."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from qclone.durable import rename
from qclone.errors import InvalidInputError, MissingPackageError, StorageError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class Results:
    """The rows that a sweep has finished, in one folder.

    Each finished batch is one file, written under a temporary name and renamed, so a reader or a
    restart sees whole batches only.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if self.folder.exists() and not self.folder.is_dir():
            raise InvalidInputError(f"{folder} is a file.", "Give a folder with --out.")
        self.folder.mkdir(parents=True, exist_ok=True)

    def keys(self) -> set[str]:
        """Return the keys of the finished points."""
        table = self.table()
        return set(table.column("key").to_pylist()) if table.num_rows else set()

    def table(self) -> pa.Table:
        """Return all rows as one table; columns that a batch lacks are null there.

        A point that two processes computed, or whose file was copied, is there once.
        """
        seen: set[str] = set()
        parts = [_first(_read(path), seen) for path in sorted(self.folder.glob("part-*.parquet"))]
        try:
            return pa.concat_tables(parts, promote_options="permissive") if parts else pa.table({})
        except pa.ArrowException:  # such as numbers in one and words in another
            raise StorageError(
                f"The parts of the sweep in {self.folder} do not belong together.",
                "Give every sweep a folder of its own.",
            ) from None

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a point: its parameters and what was computed for it, in columns.

        Raises
        ------
        MissingPackageError : pandas is not installed.

        Example
        -------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     results = Results(folder)
        ...     results.append([{"key": "a", "n": 2, "fidelity": 0.9}, {"key": "b", "n": 4, "fidelity": 0.8}])
        ...     frame = results.to_pandas()
        >>> frame["fidelity"].tolist()
        [0.9, 0.8]
        """
        try:
            import pandas  # noqa: F401
        except ImportError:
            raise MissingPackageError("pandas", "notebook") from None
        return self.table().to_pandas()

    def to_xarray(self) -> xr.Dataset:
        """Return what was computed as arrays over the grid: a dimension for each parameter that varies.

        Parameters with one value at all points are attributes. A point of the grid that is not there is nan,
        or None among texts.

        Raises
        ------
        MissingPackageError : pandas or xarray is not installed.
        InvalidInputError : the points are of several experiments, do not state the same parameters, or one is
            there twice, with other code or another calibration.

        Example
        -------
        >>> import tempfile
        >>> points = [("a", 2, 0.1), ("b", 2, 0.2), ("c", 4, 0.1), ("d", 4, 0.2)]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     results = Results(folder)
        ...     for key, n, p2 in points:
        ...         row = {"key": key, "experiment": "round_trip", "n": n, "p2": p2, "fidelity": 1 - n * p2}
        ...         results.append([row])
        ...     grid = results.to_xarray()
        >>> round(grid["fidelity"].sel(n=4, p2=0.1).item(), 6)
        0.6
        """
        from qclone.sweep._grid import grid_of

        return grid_of(self.table())

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write one batch of rows durably; each has a `key`."""
        final = self.folder / f"part-{rows[0]['key']}.parquet"
        partial = final.with_suffix(f".{os.getpid()}.partial")  # another process may write the same point
        with partial.open("wb") as file:
            pq.write_table(pa.Table.from_pylist(list(rows)), file)
            file.flush()
            os.fsync(file.fileno())
        rename(partial, final)


def _first(part: pa.Table, seen: set[str]) -> pa.Table:
    """Return the rows whose keys have not been seen, which then have."""
    keys = part["key"].to_pylist()
    fresh = [key not in seen and not seen.add(key) for key in keys]  # type: ignore[func-returns-value]
    return part if all(fresh) else part.filter(pa.array(fresh, pa.bool_()))


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        why = "it is empty or cut short" if isinstance(error, pa.ArrowException) else error.strerror
        raise StorageError(
            f"The part {path} of the sweep cannot be read: {why}.",
            "Delete it and run the sweep again: its points are run anew.",
        ) from None
