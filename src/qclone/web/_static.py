"""The files of the page, as they were built."""

from __future__ import annotations

from importlib import resources


def static(name: str) -> bytes:
    """Return one of them."""
    return resources.files("qclone.web").joinpath("static", name).read_bytes()
