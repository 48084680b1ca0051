"""What a release is made of agrees: changelog, citation, what is not released yet, hooks and `make lint`."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEADING = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", re.MULTILINE)
FRAGMENT = re.compile(r"(?:\+?[a-z0-9][\w.-]*?)\.([a-z]+)(?:\.\d+)?\.md")


def test_the_newest_release_is_the_one_to_cite():
    newest = HEADING.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert newest is not None
    assert f"\nversion: {newest[1]}\ndate-released: {newest[2]}\n" in citation


def test_releases_are_listed_newest_first_below_the_line_that_towncrier_looks_for():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    start = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["start_string"]
    head, _, releases = text.partition(start)
    found = [tuple(map(int, version.split("."))) for version, _ in HEADING.findall(releases)]
    assert found and found == sorted(set(found), reverse=True)
    assert not HEADING.findall(head)


def test_every_change_has_a_kind_that_the_changelog_has_a_heading_for():
    kinds = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["fragment"]
    for path in (ROOT / "changes").iterdir():
        if path.name != "README.md":
            matched = FRAGMENT.fullmatch(path.name)
            assert matched and matched[1] in kinds, f"{path.name}: see changes/README.md"
            assert path.read_text(encoding="utf-8").strip()


def test_the_hooks_run_what_make_lint_runs():
    hooks = ROOT / ".pre-commit-config.yaml"
    if not hooks.exists():
        pytest.skip("an sdist has no hooks")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    made = re.findall(r"\$\(BIN\)/(.*)", recipe[1])
    assert re.findall(r"^ +entry: (.*)$", hooks.read_text(), re.MULTILINE) == made
