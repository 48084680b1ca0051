"""The page for whichever command serves it."""

from __future__ import annotations

import os
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from html import escape
from pathlib import Path
from threading import Thread

from qclone.cli._cloud import opened
from qclone.cli._output import emit


def page(
    directory: Path | None,
    port: int,
    open_browser: bool,
    as_json: bool,
    results: tuple[Path, ...] = (),
    circuits: Path | None = None,
) -> None:
    """Serve the page of the cloud in a directory, or of a playground, until it is interrupted."""
    from qclone.web import Rooms, playground, serve

    def ready(address: str) -> None:
        where = "a playground in a temporary folder" if directory is None else f"the cloud in {directory}"
        text = f"The page of {where}, for this machine only:\n\n  {address}\n\nCtrl-C ends it."
        emit(as_json, {"address": address}, text, folded=False)
        if open_browser:
            with suppress(OSError):  # no room for a file: the address has been printed
                at = stack.enter_context(_leading_to(address)).as_uri()
                # Some browsers, in a terminal, are waited for; they are to be answered meanwhile.
                Thread(target=webbrowser.open, args=[at], daemon=True).start()

    with ExitStack() as stack:
        if directory is None:
            rooms = stack.enter_context(playground(results, circuits))
        else:
            rooms = Rooms(stack.enter_context(opened(directory)), results, circuits=circuits)
        serve(rooms, port, ready)


@contextmanager
def _leading_to(address: str) -> Iterator[Path]:
    """A file that only its owner reads and that leads a browser to an address, until the page ends.

    What a browser is started with, everybody on a machine can read, and the address holds a secret.
    Jupyter does the same.
    """
    # Browsers that are snaps have a temporary folder of their own; at home they read what is not hidden.
    snaps = sys.platform == "linux" and Path("/snap/bin").is_dir()
    descriptor, name = tempfile.mkstemp(".html", "qclone-", Path.home() if snaps else None)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            there = escape(address)
            file.write(
                f'<!doctype html><html lang="en"><title>qclone</title><meta http-equiv="refresh" '
                f'content="0; url={there}">'
                f'<p><a href="{there}">Open the page</a></p></html>\n'
            )
        yield Path(name)
    finally:
        with suppress(OSError):
            Path(name).unlink()
