"""Gates of OpenQASM 2: built in, plain words of its library, or defined by a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from qclone.circuits._body import Body, Part, body_of
from qclone.circuits._expression import evaluate
from qclone.circuits._words import WORDS, Params

# Parameters for which what a gate makes is remembered.
_MAX_MADE = 64


class Defined(NamedTuple):
    """A gate of the file: what it takes and what it makes of its parameters."""

    num_params: int
    num_qubits: int
    make: Callable[[Params], tuple[str | Body, Params]]


def _word(name: str, params: Callable[..., Params] | None = None, count: int | None = None) -> Defined:
    word = WORDS[name]
    given = word.num_params if count is None else count
    if params is None:
        return Defined(given, word.num_qubits, lambda p: (name, p))
    return Defined(given, word.num_qubits, lambda p: (name, params(*p)))


_NOTHING = Body(1, ())
BUILT_IN = {"U": _word("u"), "CX": _word("cx")}
# The same up to a phase of the whole register.
LIKE_WORDS = {
    **{name: _word(name) for name in WORDS},
    "u1": _word("p"),
    "u2": _word("u", lambda phi, lam: (math.pi / 2, phi, lam), 2),
    "u3": _word("u"),
    "cu1": _word("cp"),
    "cu3": _word("cu", lambda theta, phi, lam: (theta, phi, lam, 0.0), 3),
    "id": Defined(0, 1, lambda p: (_NOTHING, ())),
    "u0": Defined(1, 1, lambda p: (_NOTHING, ())),
}


class OpaqueError(Exception):
    """A gate has no definition; the text completes a sentence about it."""


class Step(NamedTuple):
    gate: Defined
    tokens: Sequence[str]
    qubits: tuple[int, ...]


def opaque(params: Params) -> tuple[str | Body, Params]:
    raise OpaqueError("is not a unitary gate: it is opaque, without a definition")


def count_of(tokens: Sequence[str]) -> int:
    """Return how many expressions there are, with commas between them."""
    depth = count = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        count += token == "," and not depth
    return count + (tokens[-1] != ",")


def maker(
    names: tuple[str, ...], num_qubits: int, steps: Sequence[Step]
) -> Callable[[Params], tuple[str | Body, Params]]:
    """Return what makes the body of a defined gate of its parameters; it remembers those of few of them."""
    made: dict[Params, Body] = {}

    def make(params: Params) -> tuple[str | Body, Params]:
        body = made.get(params)
        if body is None:
            numbers = dict(zip(names, params, strict=True))
            parts: list[Part] = []
            for step in steps:
                values = evaluate(step.tokens, numbers) if step.tokens else ()
                what, given = step.gate.make(values)
                parts.append((what, given, step.qubits))
            body = body_of(num_qubits, parts)
            if len(made) >= _MAX_MADE:
                made.clear()
            made[params] = body
        return body, ()

    return make
