"""Write the man pages into a folder."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._output import counted, emit, json_option

RANK = 320


@click.command("man")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Write the man pages of qclone and of every command into DIR, such as ~/.local/share/man/man1.

    A wheel brings them along, where man finds them if qclone's environment is on the path.
    """
    import qclone
    from qclone.cli._man import write_pages

    pages = write_pages(folder, qclone.__version__)
    document = {"pages": [str(path) for path in pages]}
    emit(as_json, document, f"Wrote {counted(len(pages), 'page')} into {folder}.", quiet="")
