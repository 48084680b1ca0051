"""See and play with it in a browser."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from qclone.cli._cloud import cloud_option
from qclone.cli._output import counted, emit, json_option
from qclone.cli._page import page
from qclone.cli._progress import progress_bar
from qclone.cli._refuse import refuse

RANK = 270


@click.command("web")
@cloud_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="P", help="By default one that is free."
)
@click.option(
    "--results",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="A folder of an experiment or a sweep to show; any number of them.",
)
@click.option(
    "--circuits",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="A folder of native circuits that were found: qclone circuit --native --search S --out DIR/X.json",
)
@click.option(
    "--export",
    "site",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Serve nothing; write a static site of what needs no cloud into DIR.",
)
@click.option("--no-open", is_flag=True, help="Open no browser; only print the address.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    *,
    directory: Path,
    port: int,
    results: tuple[Path, ...],
    circuits: Path | None,
    site: Path | None,
    no_open: bool,
    as_json: bool,
) -> None:
    """Serve a page that shows a cloud and lets you play with it, until Ctrl-C.

    The page answers to this machine only, and only to whoever has the address with its secret. Without a
    cloud it makes one in a temporary folder, which goes when the page does.
    """
    if site is not None:
        refuse(("directory", "port", "no_open"), "with --export, which serves no cloud", unless=False)
        return _export(site, results, circuits, as_json)
    named = context.get_parameter_source("directory") is not ParameterSource.DEFAULT
    page(directory if named or directory.exists() else None, port, not no_open, as_json, results, circuits)


def _export(site: Path, results: tuple[Path, ...], circuits: Path | None, as_json: bool) -> None:
    from qclone.web import export

    with progress_bar("computing answers") as progress:
        files = export(site, results, progress, circuits)
    wrote = f"Wrote {counted(len(files), 'file')}."
    text = f"{wrote} Open {site / 'index.html'}, or let any web server serve {site}."
    emit(as_json, {"site": str(site), "files": files}, text, quiet="")
