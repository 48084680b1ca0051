"""Schemes as people choose them on the page: a kind and a few numbers, or a drawing."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from qclone.errors import InvalidInputError
from qclone.scheme import (
    FIVE_QUBIT,
    STEANE,
    AnyScheme,
    Bounds,
    Canonical,
    Iterated,
    QuditScheme,
    SecretSharing,
    any_from_spec,
    size_of_spec,
    to_spec,
)
from qclone.web._questions import JSON, Said
from qclone.web._shell import quoted

BOUNDS = Bounds(qubits=401, work=10**8)
"""What is drawn wire by wire and answered within a click."""


class Chosen(NamedTuple):
    """A scheme and how the command line is asked for it."""

    scheme: AnyScheme
    options: str


def _canonical(said: Said) -> Chosen:
    n = said.whole("n", 4, low=1)
    return Chosen(_bounded({"scheme": "canonical", "num_clones": n}), f"--clones {n}")


def _iterated(said: Said) -> Chosen:
    n, levels, virtual = said.whole("n", 2, low=1), said.whole("levels", 1, 1, 20), said.flag("virtual")
    _require(2 * n < BOUNDS.qubits and (virtual or (n + 1) ** (levels + 1) < BOUNDS.qubits))
    scheme = (Iterated.virtual if virtual else Iterated.full)(Canonical(n), levels)
    _require(scheme.num_qubits <= BOUNDS.qubits)
    return Chosen(scheme, f"--clones {n} --iterate {levels}{' --virtual' if virtual else ''}")


def _parallel(said: Said) -> Chosen:
    n, copies = said.whole("n", 4, low=1), said.whole("copies", 2, low=1)
    base = {"scheme": "canonical", "num_clones": n}
    return Chosen(
        _bounded({"scheme": "parallel", "base": base, "copies": copies}), f"--clones {n} --copies {copies}"
    )


def _qudit(said: Said) -> Chosen:
    n, d = said.whole("n", 3, low=1), said.whole("d", 3, low=2)
    _require(2 * n + 1 <= BOUNDS.qubits and d <= 1000)
    return Chosen(QuditScheme(n, d), f"--clones {n} --dimension {d}")


def _graph(said: Said) -> Chosen:
    spec = {
        "scheme": "graph_state",
        "edges": said.body.get("edges"),
        "sectors": said.body.get("sectors"),
        "encoder": said.text("encoder", "XZ"),
    }
    return _by_file(_bounded(spec))


def _code(said: Said) -> Chosen:
    name = said.text("name", "five")
    if name not in CODES:
        raise InvalidInputError(f"There is no code {name!r} here.", f"Choose one of {', '.join(CODES)}.")
    return _by_file(CODES[name]())


def _access(said: Said) -> Chosen:
    sets = said.body.get("sets")
    if not isinstance(sets, list) or len(sets) > 40 or not all(isinstance(one, list) for one in sets):
        raise InvalidInputError("The qualified sets are not a list of lists.", 'Such as [["key", "east"]].')
    named = [Said({"parties": one}).texts("parties") for one in sets]
    _require(sum(map(len, named)) <= BOUNDS.qubits)
    return _by_file(SecretSharing.of_access_structure(named))


def _spec(said: Said) -> Chosen:
    try:
        spec = json.loads(said.text("text"))
    except (ValueError, RecursionError):
        raise InvalidInputError(
            "This is not JSON.", 'Such as {"scheme": "canonical", "num_clones": 4}.'
        ) from None
    return _by_file(_bounded(spec))


KINDS: dict[str, Callable[[Said], Chosen]] = {
    "canonical": _canonical,
    "iterated": _iterated,
    "parallel": _parallel,
    "qudit": _qudit,
    "graph": _graph,
    "code": _code,
    "access": _access,
    "spec": _spec,
}
CODES: dict[str, Callable[[], SecretSharing]] = {
    "five": lambda: SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,))),
    "steane": lambda: SecretSharing.of(STEANE, key=(0,), remainders=((1, 2), (3, 4), (5, 6))),
}
RING = {"kind": "graph", "edges": [[0, 1], [1, 2], [2, 3], [0, 3]], "sectors": [[0, 1]], "encoder": "XZ"}
EXAMPLES: tuple[tuple[str, JSON], ...] = (
    *((f"Canonical, n = {n}", {"kind": "canonical", "n": n}) for n in (1, 2, 3, 4, 5)),
    ("A clone cloned again", {"kind": "iterated", "n": 2, "levels": 1, "virtual": True}),
    ("Two qubits, n = 2", {"kind": "parallel", "n": 2, "copies": 2}),
    ("Graph state, a ring of four", RING),
    ("Five-qubit code", {"kind": "code", "name": "five"}),
    ("Steane code", {"kind": "code", "name": "steane"}),
    ("A key and either of two", {"kind": "access", "sets": [["key", "east"], ["key", "west"]]}),
    ("A key and any of three", {"kind": "access", "sets": [["key", "a"], ["key", "b"], ["key", "c"]]}),
    ("Qutrits, n = 3", {"kind": "qudit", "n": 3, "d": 3}),
)
"""Small ones to begin with, and what a static site can answer for."""


def chosen(said: Said) -> Chosen:
    """Return the scheme of a question. Raises InvalidInputError: none, or too large for the page."""
    choice = said.body.get("choice")
    return _made(json.dumps(choice, sort_keys=True))


@lru_cache(maxsize=64)
def _made(choice: str) -> Chosen:
    said = Said(json.loads(choice))
    kind = said.text("kind", "")
    if kind not in KINDS:
        raise InvalidInputError(f"There is no kind of scheme {kind!r}.", f"Choose one of {', '.join(KINDS)}.")
    return KINDS[kind](said)


def _bounded(spec: Any) -> AnyScheme:
    if not isinstance(spec, dict):
        raise InvalidInputError("A scheme is described by an object.", 'Such as {"scheme": "canonical"}.')
    BOUNDS.check(size_of_spec(spec))
    return any_from_spec(spec, BOUNDS)


def _by_file(scheme: AnyScheme) -> Chosen:
    _require(scheme.num_qubits <= BOUNDS.qubits)
    return Chosen(scheme, f"--scheme <(echo {quoted(json.dumps(to_spec(scheme)))})")


def _require(small: bool) -> None:
    if not small:
        raise InvalidInputError(
            f"This has more wires than the page draws, which is {BOUNDS.qubits}.",
            "Ask on the command line: qclone access",
        )
