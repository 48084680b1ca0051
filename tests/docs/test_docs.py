"""Every Python block and every command in the README and the docs runs, in order, one session a page.

```python blocks share one namespace a page. In ```console blocks the lines after `$ ` are run by bash in an
empty folder, lines after `> ` continue them, and the lines below a command are its output, in which `...`
stands for anything. On the README `qclone` is what was installed, elsewhere the same, started `warm`.
"""

import doctest
import itertools
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.warm import INSTALLED, warm_command

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END_OF_OUTPUT = "--end of output--"


def blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(page.read_text()) if kind == language]


def commands(block: str) -> list[tuple[str, str]]:
    """Split a console block into (command, expected output); lines after `> ` continue a command."""
    pairs: list[tuple[str, str]] = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        more = list(itertools.takewhile(lambda text: text.startswith("> ") or text == ">\n", lines[1:]))
        command = "".join([lines[0], *(text[2:] or "\n" for text in more)]).rstrip("\n")
        pairs.append((command, "".join(lines[1 + len(more) :])))
    return pairs


def pages_with(language: str) -> list[pytest.param]:
    return [pytest.param(p, id=p.relative_to(ROOT).as_posix()) for p in PAGES if blocks(p, language)]


@pytest.mark.parametrize("page", pages_with("python"))
def test_python_blocks(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace: dict[str, object] = {"__name__": "__main__"}
    for number, block in enumerate(blocks(page, "python"), start=1):
        exec(compile(block, f"{page.name}, Python block {number}", "exec"), namespace)


@pytest.fixture(scope="module")
def warm():
    with warm_command() as folder:
        yield folder


@pytest.mark.parametrize("page", pages_with("console"))
def test_console_blocks(page, tmp_path, warm):
    pairs = [pair for block in blocks(page, "console") for pair in commands(block)]
    script = "".join(f"{command}\necho '{END_OF_OUTPUT}'\n" for command, _ in pairs)
    # A reader's shell: it finds qclone, and knows nothing else but what the page itself sets.
    found_first = [INSTALLED.parent] if page.name == "README.md" else [warm, INSTALLED.parent]
    path = os.pathsep.join([*map(str, found_first), os.environ["PATH"]])
    environment = {"PATH": path, "HOME": str(tmp_path), "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(
        ["bash"],
        input=script,
        cwd=tmp_path,
        env=environment,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    printed = run.stdout.split(f"{END_OF_OUTPUT}\n")
    assert len(printed) == len(pairs) + 1, run.stdout
    same = doctest.OutputChecker().check_output
    for (command, expected), got in zip(pairs, printed, strict=False):
        assert "Traceback" not in got, f"$ {command}\n{got}"
        if expected.strip():
            assert same(expected, got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), f"$ {command}\n{got}"


def test_every_page_can_be_reached_from_the_readme():
    readme = (ROOT / "README.md").read_text()
    missing = [p.name for p in PAGES[1:] if f"docs/{p.name}" not in readme]
    assert not missing


EVERY_PAGE = [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    outside_code = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", outside_code)
    inside = [link.partition("#") for link in links if not link.startswith("https://")]
    for path, _, heading in inside:
        target = (page.parent / path) if path else page
        assert target.exists(), path
        if heading:
            headings = re.findall(r"^#+ (.*)$", target.read_text(), flags=re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def test_every_page_is_reached_from_the_readme():
    linked = set(re.findall(r"\]\((docs/[\w-]+\.md)\)", (ROOT / "README.md").read_text()))
    assert {page.relative_to(ROOT).as_posix() for page in PAGES[1:]} <= linked


def test_the_reference_has_a_page_for_every_room():
    rooms = {path.parent.name for path in (ROOT / "src/qclone").glob("*/__init__.py")} - {"cli"}
    pages = {path.stem: path.read_text() for path in (ROOT / "docs/reference").glob("*.md")}
    assert {room for room in rooms if f".. automodule:: qclone.{room}\n" not in pages.get(room, "")} == set()
    listed = re.findall(r"^(\w+)$", pages["index"], flags=re.MULTILINE)
    assert sorted(listed) == sorted(pages.keys() - {"index"})
