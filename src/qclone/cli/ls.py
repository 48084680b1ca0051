"""List the stored objects."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._object import object_named
from qclone.cli._output import emit, json_option, short_id
from qclone.cli._refuse import refuse
from qclone.cli._table import table
from qclone.errors import InvalidInputError

RANK = 100

if TYPE_CHECKING:
    from qclone.store import Manifest

_STATES = ["sealed", "consuming", "consumed"]
_ORDERS: dict[str, Callable[[Manifest], Any]] = {
    "stored": lambda m: 0,
    "name": lambda m: m.name,
    "qubits": lambda m: m.qubits,
    "clones": lambda m: len(m.clones),
    "key": lambda m: _STATES.index(m.key.state.value),
}
"""All sorts are stable: what is alike stays in the order in which it was stored."""
_COLUMNS = ("id", "name", "qubits", "num_clones", "servers", "key", "created_at")
"""What --json and CSV say of an object."""


@click.command("ls")
@click.option("--name", "pattern", metavar="PATTERN", help="Only those called so; * and ? stand for any.")
@click.option("--key", type=click.Choice(_STATES), help="Only those whose key is in this state.")
@click.option("--server", metavar="SERVER", help="Only those of which this server was given a clone.")
@click.option("--sort", type=click.Choice(list(_ORDERS)), default="stored", show_default=True)
@click.option("--reverse", is_flag=True, help="The other way round: the newest, the largest first.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="So many at most; by default all.")
@click.option("--after", default="", metavar="ID", help="Only those put after this object, to go on from it.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "ids"]),
    default="table",
    show_default=True,
    help="For reading; all that --json has, for a spreadsheet; whole ids, for other commands.",
)
@cloud_option
@json_option
def command(
    *,
    pattern: str | None,
    key: str | None,
    server: str | None,
    sort: str,
    reverse: bool,
    limit: int | None,
    after: str,
    form: str,
    directory: Path,
    as_json: bool,
) -> None:
    """List the stored objects, oldest first."""
    refuse(("form",), "beside --json, which is a format", unless=not as_json)
    chosen = any(word is not None for word in (pattern, key, server))
    all_of_them = chosen or reverse or sort != "stored"
    with opened(directory) as cloud:
        if server is not None and server not in cloud.fabric.sites():
            raise InvalidInputError(
                f"There is no server {server!r}.", "List the servers with: qclone server ls"
            )
        since = cloud.ledger.find(object_named(cloud.ledger, after)).object_id if after else ""
        manifests = cloud.ledger.manifests(since, None if all_of_them else limit)
    manifests = [
        m
        for m in manifests
        if (pattern is None or fnmatchcase(m.name, pattern))
        and (key is None or m.key.state.value == key)
        and (server is None or server in m.servers)
    ]
    manifests.sort(key=_ORDERS[sort])
    manifests = (manifests[::-1] if reverse else manifests)[:limit]
    objects = [dict(zip(_COLUMNS, _values(m), strict=True)) for m in manifests]
    if form == "csv" and not as_json:
        return emit(False, {}, _csv(objects), folded=False)
    if form == "ids" and not as_json:
        return emit(False, {}, "\n".join(m.object_id for m in manifests), folded=False) if objects else None
    rows = [
        (short_id(m.object_id), m.name, m.qubits, len(m.clones), m.key.state.value, m.created_at)
        for m in manifests
    ]
    text = table(["ID", "NAME", "QUBITS", "CLONES", "KEY", "STORED"], rows) if rows else _none(after, chosen)
    return emit(as_json, {"objects": objects}, text)


def _values(manifest: Manifest) -> tuple[Any, ...]:
    m = manifest
    return m.object_id, m.name, m.qubits, m.num_clones, len(m.servers), m.key.state.value, m.created_at


def _csv(objects: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(objects)
    return text.getvalue().removesuffix("\n")


def _none(after: str, chosen: bool) -> str:
    if chosen:
        return "No object is so."
    if after:
        return "Nothing was stored after it."
    return "Nothing is stored yet. Store a register with: qclone put FILE"
