"""Give objects up for good: release sealed and committed ones, forget consumed ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._object import object_named
from qclone.cli._output import counted, emit, json_option, short_id
from qclone.errors import InvalidInputError

RANK = 102

if TYPE_CHECKING:
    from qclone.store import Manifest


@click.command("rm")
@click.argument("object_ids", metavar="ID...", nargs=-1)
@click.option("--consumed", is_flag=True, help="All objects whose key is consumed: nothing is destroyed.")
@click.option("--dry-run", "-n", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before registers are destroyed.")
@cloud_option
@json_option
def command(
    object_ids: tuple[str, ...], consumed: bool, dry_run: bool, yes: bool, directory: Path, as_json: bool
) -> None:
    """Give the objects ID... up for good.

    Of an object whose key is consumed the record goes. One whose key is sealed, or committed to a server, is
    released: its clones and its key are thrown away and no one can recover the register, so you are asked
    first, unless you say --yes. What has another client's key, or is being recovered, stays.

    Exit status: 2 it is not removed, 10 no such object, 12 the key is another client's.
    """
    if not object_ids and not consumed:
        raise click.UsageError("Say which objects: ID..., or --consumed.")
    with opened(directory) as cloud:
        ledger, client = cloud.ledger, cloud.client
        named = [ledger.find(object_named(ledger, word)) for word in object_ids]
        also = [one for one in ledger.manifests() if consumed and _is_consumed(one)]
        chosen = list({one.object_id: one for one in [*named, *also]}.values())
        for manifest in chosen:
            client.require_removable(manifest)
        destroyed = [manifest for manifest in chosen if not _is_consumed(manifest)]
        if destroyed and not (dry_run or yes):
            _ask(destroyed, as_json)
        for manifest in [] if dry_run else chosen:
            client.remove(manifest.object_id)
    document = {
        "removed": [] if dry_run else [one.object_id for one in chosen],
        "objects": [
            {"id": one.object_id, "name": one.name, "destroyed": not _is_consumed(one)} for one in chosen
        ],
        "dry_run": dry_run,
    }
    would = "Would remove" if dry_run else "Removed"
    lines = [f"{would} {_told(one)}." for one in chosen] or ["No object has a consumed key."]
    emit(as_json, document, "\n".join(lines), quiet=None if dry_run else "")


def _is_consumed(manifest: Manifest) -> bool:
    return manifest.key.state.value == "consumed"


def _told(manifest: Manifest) -> str:
    key = f"committed to {manifest.committed_to}" if manifest.committed_to else manifest.key.state.value
    what = "consumed before" if _is_consumed(manifest) else f"{key}: its register is destroyed"
    return f"{short_id(manifest.object_id)} {manifest.name}, {what}"


def _ask(destroyed: list[Manifest], as_json: bool) -> None:
    what = f"{counted(len(destroyed), 'register')} that can still be recovered"
    if as_json or not sys.stdin.isatty():
        raise InvalidInputError(f"This destroys {what}; nothing was changed.", "Say that you mean it: --yes")
    for manifest in destroyed:
        click.echo(f"{_told(manifest)}.", err=True)
    click.confirm(f"Destroy {what}?", abort=True, err=True)
