"""Every notebook of the site is one, its cells are Python, and the site lists it; `make docs` runs them."""

import ast
import re
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parents[2] / "docs/tutorials"
NOTEBOOKS = sorted(set(TUTORIALS.glob("*.md")) - {TUTORIALS / "index.md"})
FRONT = re.compile(r"---\n.*?^    format_name: myst$.*?^  name: python3$.*?^---\n", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"^```\{code-cell\} python3\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_there_are_eight_and_the_site_lists_them():
    listed = re.findall(r"^([a-z-]+)$", (TUTORIALS / "index.md").read_text(), flags=re.MULTILINE)
    assert sorted(listed) == [page.stem for page in NOTEBOOKS]
    assert len(NOTEBOOKS) >= 8


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda page: page.stem)
def test_cells_are_python(page):
    text = page.read_text()
    assert FRONT.match(text)
    cells = CELL.findall(text)
    assert len(cells) == text.count("{code-cell}") >= 3
    for cell in cells:
        ast.parse(cell)


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https:)([^)#\s]+)", page.read_text())
    assert links
    for link in links:
        assert (page.parent / link).exists(), link
