"""Points of a sweep as labelled arrays over its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from qclone.errors import InvalidInputError, MissingPackageError
from qclone.sweep._points import point_of

if TYPE_CHECKING:
    import xarray as xr


def grid_of(table: pa.Table) -> xr.Dataset:
    """Return the rows of one experiment as arrays over the parameters that vary; see `Results.to_xarray`."""
    try:
        import pandas  # noqa: F401
        import xarray
    except ImportError as error:
        raise MissingPackageError(str(error.name), "notebook") from None
    if not table.num_rows:
        return xarray.Dataset()
    experiments = pc.unique(table["experiment"]).to_pylist()
    if len(experiments) > 1:
        raise InvalidInputError(
            f"The folder has points of {', '.join(sorted(experiments))}: they have no grid in common.",
            "Give every experiment a folder of its own, or take to_pandas.",
        )
    parameters = [c for c in table.column_names if c in point_of(experiments[0]).parameters]
    if holes := [c for c in parameters if table[c].null_count]:
        raise InvalidInputError(
            f"Some points do not state {', '.join(holes)}: they have no grid in common.",
            "Give every sweep a folder of its own, or take to_pandas.",
        )
    values = {c: pc.unique(table[c]).to_pylist() for c in parameters}
    dimensions = [c for c in parameters if len(values[c]) > 1]
    computed = [c for c in table.column_names if c not in {*parameters, "key", "experiment"}]
    frame = table.select([*dimensions, *computed]).to_pandas()
    constants = {"experiment": experiments[0]} | {c: values[c][0] for c in parameters if c not in dimensions}
    if frame.duplicated(dimensions).any() if dimensions else len(frame) > 1:
        raise InvalidInputError(
            "A point is there more than once, with other code or another calibration of its device.",
            "Give the new sweep a folder of its own, or take to_pandas.",
        )
    arrays = (
        xarray.Dataset.from_dataframe(frame.set_index(dimensions))
        if dimensions
        else xarray.Dataset({c: frame[c].iloc[0] for c in computed})
    )
    return arrays.assign_attrs(constants)
