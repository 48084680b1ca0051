"""Links to other projects, without asking them: `_inventories/NAME.txt` lists the names it links to.

Its first line is where the project's pages are; every other line is a name, what kind of thing it is, and its
page there, relative to the first line; `$` stands for the name. With QCLONE_DOCS_ONLINE=1 the projects that
publish a list of all their names are asked for it.
"""

import os
import zlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

LISTS = Path(__file__).parents[1] / "_inventories"
PUBLISHED = {"python", "numpy", "scipy", "qiskit"}


def write(source: Path, target: Path) -> str:
    """Write a list as an inventory of Sphinx, and return where the pages are."""
    address, *lines = [line for line in source.read_text().splitlines() if line and not line.startswith("#")]
    rows = (line.split() for line in lines)
    body = "".join(f"{name} {kind} 1 {page} -\n" for name, kind, page in rows)
    head = f"# Sphinx inventory version 2\n# Project: {source.stem}\n# Version: \n# zlib\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(head.encode() + zlib.compress(body.encode()))
    return address


def configure(app: Sphinx, config: Config) -> None:
    asked = "QCLONE_DOCS_ONLINE" in os.environ
    for source in sorted(LISTS.glob("*.txt")):
        target = Path(app.doctreedir) / "inventories" / f"{source.stem}.inv"
        address = write(source, target)
        own = str(target)
        config.intersphinx_mapping[source.stem] = (
            address,
            (None, own) if asked and source.stem in PUBLISHED else (own,),
        )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", configure, priority=100)  # before intersphinx checks the table
    return {"parallel_read_safe": True}
