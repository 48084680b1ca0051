"""Rows for analysis, as CSV, Parquet or JSON; some of them, and some of their columns."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from qclone.errors import InvalidInputError, MissingPackageError

FORMATS = ("csv", "parquet", "json")

Rows = Sequence[Mapping[str, Any]]


def column_names(rows: Rows) -> list[str]:
    """Return the columns that any row has, in the order in which they come up.

    >>> column_names([{"n": 2, "value": 0.9}, {"n": 3, "l": "2*", "value": 0.8}])
    ['n', 'value', 'l']
    """
    return list(dict.fromkeys(name for row in rows for name in row))


def in_columns(rows: Rows, names: str) -> list[dict[str, Any]]:
    """Return rows with the columns of a list such as ``n,value``, in its order. Raises InvalidInputError."""
    wanted = [name.strip() for name in names.split(",")]
    _require_known(wanted, rows)
    return [{name: row.get(name) for name in wanted} for row in rows]


def such_as(rows: Rows, conditions: Sequence[str]) -> Rows:
    """Return the rows that meet conditions such as ``n=4``: numbers compare as numbers.

    >>> such_as([{"p2": 0.001}, {"p2": 0.01}], ["p2=1e-3"])
    [{'p2': 0.001}]
    """
    for condition in conditions:
        name, sign, value = condition.partition("=")
        if not sign:
            raise InvalidInputError(f"{condition!r} is no condition.", "Write such as --where n=4")
        _require_known([name], rows)
        rows = [row for row in rows if _is(row.get(name), value)]
    if not rows:
        raise InvalidInputError("No row is so.", "See all of them without --where.")
    return rows


def as_document(rows: Rows) -> dict[str, Any]:
    """Return rows as JSON data: their columns, and every row by name; what is no number is null."""
    names = column_names(rows)
    return {"columns": names, "results": [{name: _plain(row.get(name)) for name in names} for row in rows]}


def as_bytes(rows: Rows, form: str) -> bytes:
    """Return rows as a file of one of `FORMATS`. Raises MissingPackageError."""
    if form == "json":
        return json.dumps(as_document(rows), indent=1, allow_nan=False).encode() + b"\n"
    return _parquet(rows) if form == "parquet" else _csv(rows)


def _csv(rows: Rows) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, column_names(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: Rows) -> bytes:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingPackageError("pyarrow", "sweep") from None
    columns = {name: _of_one_kind([row.get(name) for row in rows]) for name in column_names(rows)}
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed)
    return packed.getvalue()


def _of_one_kind(values: list[Any]) -> list[Any]:
    """A column of Parquet holds one kind: numbers beside texts, such as levels 1 and 2*, are texts."""
    if any(isinstance(value, str) for value in values):
        return [None if value is None else str(value) for value in values]
    return values


def _require_known(names: Sequence[str], rows: Rows) -> None:
    known = column_names(rows)
    if unknown := [name for name in names if name not in known]:
        raise InvalidInputError(
            f"The results have no column {unknown[0]!r}.", f"They have {', '.join(known)}."
        )


def _is(found: object, value: str) -> bool:
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            return float(value) == found
        except ValueError:
            return False
    return found is not None and str(found) == value


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
