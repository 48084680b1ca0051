"""The page for whichever command serves it."""

from __future__ import annotations

import webbrowser
from contextlib import ExitStack
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
        if open_browser:  # some browsers, in a terminal, are waited for; they are to be answered meanwhile
            Thread(target=webbrowser.open, args=[address], daemon=True).start()

    with ExitStack() as stack:
        if directory is None:
            rooms = stack.enter_context(playground(results, circuits))
        else:
            rooms = Rooms(stack.enter_context(opened(directory)), results, circuits=circuits)
        serve(rooms, port, ready)
