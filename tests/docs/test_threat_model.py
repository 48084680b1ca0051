"""Every claim of the threat model names a test, and that test is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/threat-model.md").read_text()
DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)
NAMED = re.compile(r"`(test_\w+)`")


def test_every_test_that_the_threat_model_names_exists():
    tests = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in DEFINED.findall(path.read_text())
    }
    named = set(NAMED.findall(PAGE))
    assert len(named) > 15
    assert named - tests == set()


def test_every_row_of_the_threat_model_says_what_shows_it():
    rows = [line for line in PAGE.splitlines() if line.startswith("| c")]
    assert len(rows) > 8
    assert [row for row in rows if not NAMED.search(row) and "nothing in the fabric" not in row] == []
