"""Values and bytes as an attacker writes them, drawn from a seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

LARGE = 4 << 20
_NUMBERS = (-1, 0, 1, 2**31, 2**63, 2**64, 10**30, 1e308, -0.5, 10**4000)
_TEXTS = ("", "A" * 300, "\x00", "../../etc/passwd", "S1'; --", "\ud800", "1e999", "default:ab", "🙂" * 50)
_TOKENS = (b"{", b"[", b'"', b":", b",", b"NaN", b"1e999", b"\\u0000", b"\xff", b"null", b"-", b"REPEAT 9 {")


def value(random: Random, depth: int = 0) -> Any:
    """Return any JSON value, some of them large or deep."""
    kind = random.randrange(8 if depth < 4 else 4)
    if kind == 0:
        return random.choice(_NUMBERS)
    if kind == 1:
        return random.choice(_TEXTS)
    if kind == 2:
        return random.choice((None, True, False))
    if kind == 3:
        return [random.choice(_NUMBERS[:4])] * random.choice((1, 100, 10_000))
    if kind == 4:
        return {random.choice(_TEXTS): value(random, depth + 1) for _ in range(random.randrange(4))}
    if kind == 5:
        return scheme(random)
    return [value(random, depth + 1) for _ in range(random.randrange(4))]


def scheme(random: Random, depth: int = 0) -> Any:
    """Return what describes a scheme, perhaps, and perhaps one larger than the world."""
    kind = random.randrange(6 if depth < 12 else 1)
    number = random.choice((1, 2, 3, 1000, 10**6, 10**9, -(10**30), 10**30))
    if kind < 2:
        return {"scheme": "canonical", "num_clones": number}
    if kind == 2:
        return {"scheme": "parallel", "base": scheme(random, depth + 1), "copies": number}
    if kind == 3:
        levels = [number] * random.choice((1, 2, 1000))
        return {"scheme": "iterated", "base": scheme(random, depth + 1), "recloned": levels}
    if kind == 4:
        size = random.choice((2, 100, 5000))
        return {"scheme": "graph_state", "edges": [[0, 1]], "sectors": [list(range(size))]}
    size = random.choice((3, 50, 500))
    return {
        "scheme": "secret_sharing",
        "stabilizers": ["I" * size] * (size - 1),
        "logicals": [["X" * size, "Z" * size]],
        "key": [0],
        "remainders": [[i] for i in range(1, size)],
    }


def changed(random: Random, document: Any) -> bytes:
    """Return a document with something wrong in it, as JSON or as what was JSON once."""
    document = json.loads(json.dumps(document))
    if isinstance(document, dict) and document and random.random() < 0.7:
        key = random.choice(sorted(document))
        how = random.randrange(4)
        if how == 0:
            del document[key]
        elif how == 1:
            document[random.choice(_TEXTS)] = value(random)
        else:
            document[key] = scheme(random) if key == "scheme" else value(random)
        if random.random() < 0.5:
            return json.dumps(document).encode()
    return bytes_changed(random, json.dumps(document).encode())


def bytes_changed(random: Random, content: bytes) -> bytes:
    """Return bytes with some of them gone, swapped, put in or repeated; now and then by the million."""
    damaged = bytearray(content or b"{}")
    for _ in range(random.choice((1, 1, 2, 5, 20))):
        at = random.randrange(len(damaged) + 1)
        how = random.randrange(6)
        if how == 0:
            del damaged[at : at + random.choice((1, 4, 1000))]
        elif how == 1:
            damaged[at : at + 1] = bytes([random.randrange(256)])
        elif how == 2:
            damaged[at:at] = random.choice(_TOKENS)
        elif how == 3:
            damaged[at : at + 8] = random.choice((b"\x7f", b"\xff", b"\x00")) * 8
        elif how == 4:
            damaged[at:at] = damaged[at : at + random.choice((2, 50))] * random.choice((2, 100))
        elif random.random() < 0.05:
            token = random.choice(_TOKENS)
            damaged[at:at] = token * (random.randrange(LARGE) // len(token))
        if not damaged:
            damaged += b"{"
    return bytes(damaged)


Generator = Callable[[Random], bytes]
