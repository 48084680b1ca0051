"""The option that says which cloud, the same on every command that has one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qclone.store import Cloud


def cloud_option(run: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--cloud`; the command receives a path as `directory`."""
    return click.option(
        "--cloud",
        "directory",
        envvar="QCLONE_CLOUD",
        default="qclone-cloud",
        show_default=True,
        show_envvar=True,
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="The cloud's directory.",
    )(run)


@contextmanager
def opened(directory: Path) -> Iterator[Cloud]:
    """Open the cloud in a directory for one command: embedded, or the service that was started there."""
    cloud = _open(directory)
    try:
        yield cloud
    finally:
        cloud.close()


def _open(directory: Path) -> Cloud:
    if (directory / "service.json").exists():
        from qclone.service import RemoteCloud

        return RemoteCloud(directory)
    from qclone.store import Cloud

    return Cloud(directory)
