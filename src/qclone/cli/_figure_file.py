"""The name of a file for a figure: its ending says the format, and nothing else is written than it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

FORMATS = (".png", ".svg", ".pdf")


class FigureFile(click.Path):
    """A path that ends in .png, .svg or .pdf, in a folder that is there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path; raises click.BadParameter before anything is computed."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if path.suffix not in FORMATS:
            self.fail(f"{path} names no format: end it in {', '.join(FORMATS)}.", param, ctx)
        if path.is_dir() or not path.parent.is_dir():
            self.fail(f"{path} is a directory, or in none that exists.", param, ctx)
        return path
