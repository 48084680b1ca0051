"""Every claim of the threat model names a test, and that test is there and can fail."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/threat-model.md").read_text()
NAMED = re.compile(r"`(test_\w+)`")
# Of each table the lines after the one below its heading.
TABLES = re.findall(r"^\|[-|]+\|\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
ROWS = [row for table in TABLES for row in table.splitlines()]


def functions(path):
    """The functions of a file by name, those within others too."""
    return {
        node.name: node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
    }


TESTS = {
    name: (function, found)
    for path in sorted((ROOT / "tests").rglob("test_*.py"))
    for found in [functions(path)]
    for name, function in found.items()
    if name.startswith("test_")
}


def claims(function, found, seen=()):
    """Whether something in a function, or in one of its file that it calls, can fail."""
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)) or "raises" in ast.unparse(function):
        return True
    others = [found[name] for name in names & found.keys() if name not in (*seen, function.name)]
    return any(claims(other, found, (*seen, function.name)) for other in others)


def test_the_page_is_read():
    assert len(ROWS) > 25


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.strip("| ")[:50])
def test_every_row_names_tests_that_exist_and_can_fail(row):
    named = NAMED.findall(row)
    assert named, row
    for name in named:
        assert name in TESTS, name
        assert claims(*TESTS[name]), name


def test_every_test_that_the_page_names_exists():
    assert set(NAMED.findall(PAGE)) - TESTS.keys() == set()
