"""List, fail, heal, lose or compromise servers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._output import emit, json_option
from qclone.cli._table import table

RANK = 130

if TYPE_CHECKING:
    from qclone.store import Cloud


@click.group("server")
def command() -> None:
    """List the servers, or let something happen to them."""


@command.command("ls")
@cloud_option
@json_option
def ls(directory: Path, as_json: bool) -> None:
    """List the servers and how they are."""
    with opened(directory) as cloud:
        servers = _servers(cloud)
    text = table(["SERVER", "STATE", "QUBITS"], [list(server.values()) for server in servers])
    emit(as_json, {"servers": servers}, text)


def _servers(cloud: Cloud) -> list[dict[str, str | int]]:
    qubits = cloud.fabric.qubits_at()
    return [
        {"name": name, "state": state.value, "qubits": qubits.get(name, 0)}
        for name, state in cloud.fabric.sites().items()
    ]


_EVENTS = {
    "fail": ("NAME.. stop answering; their qubits are there and age.", "down"),
    "heal": ("NAME.. are up again: with their qubits if they were down, otherwise empty.", "up"),
    "lose": ("NAME.. and the qubits at them are gone for good.", "lost"),
    "compromise": ("NAME.. fall to an adversary, with the qubits at them.", "compromised"),
}


def _event(verb: str, meaning: str, state: str) -> click.Command:
    @click.argument("names", metavar="NAME..", nargs=-1, required=True)
    @cloud_option
    @json_option
    def run(names: Sequence[str], directory: Path, as_json: bool) -> None:
        names = list(dict.fromkeys(names))
        with opened(directory) as cloud:
            getattr(cloud, verb)(*names)
            servers = [server for server in _servers(cloud) if server["name"] in names]
        are = "is" if len(names) == 1 else "are"
        emit(as_json, {"servers": servers}, f"{', '.join(names)} {are} {state}.", quiet="")

    return click.command(verb, help=meaning)(run)


for _verb, (_meaning, _state) in _EVENTS.items():
    command.add_command(_event(_verb, _meaning, _state))
