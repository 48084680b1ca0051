"""The published values, as data: arXiv:2602.10695, tables I to VI."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

Record = dict[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """One published result.

    Parameters
    ----------
    value, error : the fidelity or CHSH parameter and its standard deviation, as printed.
    layers, gates : two-qubit layers and gates of the published circuit, where stated.
    table : where it is from.
    """

    value: float
    error: float
    table: str
    layers: int | None = None
    gates: int | None = None


@cache
def table(name: str) -> tuple[Record, ...]:
    """Return the rows of a published table, such as ``experiment1_sensitivity``."""
    text = resources.files("qclone.experiments.published").joinpath(f"{name}.csv").read_text()
    return tuple(csv.DictReader(text.splitlines()))


def find(
    name: str,
    label: str,
    where: Mapping[str, object],
    *,
    value: str = "fidelity",
    error: str = "error",
    layers: str = "layers",
) -> Published | None:
    """Return a published result, if there is one.

    Parameters
    ----------
    name : of the file, such as ``experiment1_sensitivity``.
    label : of the table in the paper, such as ``I``.
    where : column -> value, which pick the row.
    value, error, layers : the columns to read; a table without layers or gates gives None for them.
    """
    for record in table(name):
        if all(record[column] == str(wanted) for column, wanted in where.items()):
            return Published(
                value=float(record[value]),
                error=float(record[error]),
                table=label,
                layers=int(record[layers]) if layers in record else None,
                gates=int(record["gates"]) if "gates" in record else None,
            )
    return None
