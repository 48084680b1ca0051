"""A static site of what needs no cloud: the same page, and every answer that it can ask for.

The answers are those of the live page, recorded under the questions; the page computes nothing by itself.
They are scripts and not JSON, for a page that was opened from a file may load the former only.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from qclone.errors import InvalidInputError, QcloneError, StorageError
from qclone.web import _lattice_room, _results_room, _secrets_room
from qclone.web._choices import EXAMPLES, chosen
from qclone.web._questions import JSON, Said
from qclone.web._rooms import Rooms
from qclone.web._static import static

ROOMS = ("secrets", "lattice", "results")
MAX_WIRES = 11
"""Of a scheme all of whose 2^wires sets are answered for."""
LARGE = tuple((f"Canonical, n = {n}", {"kind": "canonical", "n": n}) for n in (6, 8, 10))
"""Schemes of more wires, whose pairs are alike: one is answered for of sets that differ in names of pairs."""
SLIDER = 101
_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src data:; base-uri 'none'"
)

Progress = Callable[[int, int], None]
Answers = dict[str, Any]


def export(
    directory: Path,
    results: tuple[Path, ...] = (),
    progress: Progress = lambda done, of: None,
    circuits: Path | None = None,
) -> list[str]:
    """Write the site into a directory that is not there yet, or empty; return the names of its files.

    Parameters
    ----------
    results : folders of experiments and sweeps to show beside the published tables.
    circuits : a folder of native circuits that were found.
    progress : called with (parts written, parts).

    Raises
    ------
    InvalidInputError : there is something at `directory`.
    StorageError : it cannot be written.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InvalidInputError(f"There is something at {directory} already.", "Choose another directory.")
    parts = list(_parts(results, circuits))
    known: dict[str, str] = {}
    names = ["index.html", "app.js", "app.css", "site.js"]
    try:
        (directory / "answers").mkdir(parents=True)
        for number, (key, answers) in enumerate(parts):
            name = f"answers/{number}.js"
            (directory / name).write_text(_script("qcloneAnswers(", answers(), ")"), encoding="utf-8")
            known[key] = name
            names.append(name)
            progress(number + 1, len(parts))
        for name in ("app.js", "app.css"):
            (directory / name).write_bytes(static(name))
        alike = [question("secrets/scheme", **choice).partition(" ")[2] for _, choice in LARGE]
        site = {"rooms": list(ROOMS), "answers": {}, "parts": known, "alike": alike}
        (directory / "site.js").write_text(_script("qcloneExport=", site, ""), encoding="utf-8")
        (directory / "index.html").write_text(_index(), encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"The site cannot be written to {directory}: {error.strerror or error}.", "Choose another place."
        ) from None
    return names


def question(path: str, **said: Any) -> str:
    """Return a question as the page words it: its path, then what it says in the order of the alphabet.

    >>> question("secrets/loss", S=0.1, A=1.0, choice={"n": 4, "kind": "canonical"})
    'secrets/loss {"A":1,"S":0.1,"choice":{"kind":"canonical","n":4}}'
    """
    whole = {name: int(v) if isinstance(v, float) and v == int(v) else v for name, v in said.items()}
    return f"{path} {json.dumps(whole, sort_keys=True, separators=(',', ':'), ensure_ascii=False)}"


def part(path: str, choice: JSON) -> str:
    """Return by what the page knows the part that answers a kind of question about a scheme.

    >>> part("secrets/loss", {"n": 4, "kind": "canonical"})
    'secrets/loss {"kind":"canonical","n":4}'
    """
    return question(path, **choice)


def _parts(results: tuple[Path, ...], circuits: Path | None) -> Iterator[tuple[str, Callable[[], Answers]]]:
    """Yield by what the page knows each part, and what makes its answers."""
    nobody = Rooms(None, results, circuits=circuits)  # type: ignore[arg-type]
    yield question("secrets/choices"), lambda: {question("secrets/choices"): _examples()}
    for _, choice in _small():
        for path in ("secrets/scheme", "secrets/verdict", "secrets/decoder", "secrets/classes",
                     "secrets/minimal", "secrets/loss", "secrets/curve"):  # fmt: skip
            yield part(path, choice), lambda path=path, choice=choice: _secrets(path, choice)  # type: ignore[misc]
    shelf = _lattice_room.shelf(nobody, {})
    yield question("lattice/shelf"), lambda: {question("lattice/shelf"): shelf}
    for said in shelf["circuits"]:
        for path in ("lattice/placed", "lattice/worth", "lattice/ladder"):
            answer = _lattice_room.QUESTIONS[path]
            yield (
                question(path, **said),
                lambda path=path, said=said, answer=answer: {  # type: ignore[misc]
                    question(path, **said): _recorded(lambda: answer(nobody, said))
                },
            )
    folders = _results_room.shelf(nobody, {})
    yield question("results/shelf"), lambda: {question("results/shelf"): folders}
    for folder in folders["folders"]:
        said = {"folder": folder["id"]}
        yield (
            question("results/folder", **said),
            lambda said=said: {  # type: ignore[misc]
                question("results/folder", **said): _recorded(lambda: _results_room.folder(nobody, said))
            },
        )


def _small() -> list[tuple[str, JSON]]:
    return [
        (title, choice)
        for title, choice in EXAMPLES
        if chosen(Said({"choice": choice})).scheme.num_qubits <= MAX_WIRES
    ] + list(LARGE)


def _examples() -> JSON:
    return {"examples": [{"title": title, "choice": choice} for title, choice in _small()]}


def _secrets(path: str, choice: JSON) -> Answers:
    """Return the answers to all questions of one kind about a scheme."""
    answer = _secrets_room.QUESTIONS[path]
    every: Iterator[JSON]
    wires = [wire.label for wire in chosen(Said({"choice": choice})).scheme.wires]
    if path in ("secrets/verdict", "secrets/decoder"):
        every = ({"held": held} for held in _sets(wires))
    elif path == "secrets/loss":
        every = ({role: i / (SLIDER - 1) for role in "ASN"} for i in range(SLIDER))
    else:
        every = iter([{"limit": 24} if path == "secrets/minimal" else {}])
    answers: Answers = {}
    for said in every:
        body = {"choice": choice, **said}
        answers[question(path, **body)] = _recorded(lambda body=body: answer(None, body))  # type: ignore[arg-type,misc]
    return answers


def _sets(wires: list[str]) -> Iterator[list[str]]:
    """Yield the sets of wires that are answered for: all, or where pairs are alike one of each class.

    Its pairs are held whole first, then by their signal wires alone, then by their noise wires alone; the
    page renames the pairs of any other.

    >>> len(list(_sets(["A", "S1", "S2", "N1", "N2"]))), len(list(_sets(list(map(str, range(17))))))
    (32, 330)
    """
    if len(wires) <= MAX_WIRES:
        for size in range(len(wires) + 1):
            yield from map(list, itertools.combinations(wires, size))
        return
    n = len(wires) // 2
    for a, c, s, m in itertools.product((0, 1), range(n + 1), range(n + 1), range(n + 1)):
        if c + s + m <= n:
            yield [
                *wires[:a],
                *wires[1 : 1 + c + s],
                *wires[1 + n : 1 + n + c],
                *wires[1 + n + c + s : 1 + n + c + s + m],
            ]


def _recorded(answer: Callable[[], JSON]) -> JSON:
    """Return an answer, or the error that is one."""
    try:
        return answer()
    except QcloneError as error:
        return {"error": {"code": error.code, "message": error.message, "remedy": error.remedy}}


def _script(before: str, content: Any, after: str) -> str:
    """Return a script; names in it are text whatever they hold, and no text of theirs ends it."""
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return f"window.{before}{text}{after};\n"


def _index() -> str:
    page = static("index.html").decode()
    guarded = page.replace(
        "<title>", f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n<title>', 1
    )
    return guarded.replace(
        '<script src="app.js"', '<script src="site.js" defer></script>\n<script src="app.js"', 1
    )
