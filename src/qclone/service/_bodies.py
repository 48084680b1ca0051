"""What requests carry, with bounds: nothing is opened before it fits, and the first error is the last."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Annotated, Any, NoReturn, TypeVar

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from qclone.compute import ServerPart
from qclone.errors import InvalidInputError
from qclone.service._wire import MAX_FILE_BYTES
from qclone.store import Order, Uses

MAX_WIRES = 1_000_000
FORM = "See /openapi.json for what this takes."
MAX_PARTS = 3_000_000
"""Numbers, texts and so on in one body: more than twice the wires of the largest register."""
MAX_KEYS = 600_000
"""In one body: a key takes a parser several times as long as a number."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
MAX_CIRCUIT = 16 << 20
MAX_TARGETS = 4_000_000
"""Of the gates in one body."""

ObjectId = Annotated[
    str, Path(pattern=r"^[0-9A-Za-z]{1,64}$", description="An object's id, or how it starts.")
]
_REGISTER = r"^[a-z0-9][a-z0-9-]{0,62}:[0-9a-f]{1,64}$"
_IS_REGISTER = re.compile(_REGISTER.replace("$", r"\Z"))
RegisterName = Annotated[str, Path(pattern=_REGISTER, description="tenant:object")]
_SITE = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
_IS_SITE = re.compile(_SITE.replace("$", r"\Z"))
Site = Annotated[str, Field(pattern=_SITE)]
SiteName = Annotated[str, Path(pattern=_SITE)]


def _wires(value: object) -> list[int]:
    # Not by pydantic: it would tell of every single wire what is wrong with it.
    if not isinstance(value, list) or len(value) > MAX_WIRES:
        raise ValueError(f"not a list of at most {MAX_WIRES:,} wires")
    if not all(type(wire) is int and 0 <= wire < MAX_WIRES for wire in value):
        raise ValueError(f"wires are numbers from 0 to {MAX_WIRES - 1:,}")
    return value


def _by_site(value: object) -> dict[str, list[int]]:
    if not isinstance(value, dict) or not all(map(_IS_SITE.match, value)):
        raise ValueError("not wires by site")
    return {site: _wires(wires) for site, wires in value.items()}


def _sites(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > 100_000:
        raise ValueError("not a list of at most 100,000 servers")
    if not all(isinstance(site, str) and _IS_SITE.match(site) for site in value):
        raise ValueError("not names of servers")
    return value


def _registers(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > 1000:
        raise ValueError("not a list of at most 1,000 registers")
    if not all(isinstance(name, str) and _IS_REGISTER.match(name) for name in value):
        raise ValueError("registers are called tenant:object")
    return value


def _clones(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(len(label) <= 255 for label in value):
        raise ValueError("not servers by clone")
    if not all(isinstance(site, str) and _IS_SITE.match(site) for site in value.values()):
        raise ValueError("not names of servers")
    return value


def _circuit(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_CIRCUIT:
        raise ValueError(f"not a text of at most {MAX_CIRCUIT >> 20} MiB")
    if value.count(" ") + value.count("*") > MAX_TARGETS:
        raise ValueError(f"gates on more than {MAX_TARGETS:,} wires")
    return value


def _file(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > MAX_FILE_BYTES * 4 // 3 + 4:
        raise ValueError(f"not a file of at most {MAX_FILE_BYTES >> 20} MiB in base64")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"not base64: {error}") from None


def _qpy(value: object) -> bytes:
    data = _file(value)
    if not data.startswith(b"QISKIT"):
        raise ValueError("not a QPY file")
    return data


_SITE_SCHEMA = {"type": "string", "pattern": _SITE}
_WIRES_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0, "maximum": MAX_WIRES - 1},
    "maxItems": MAX_WIRES,
}
Wires = Annotated[list[int], BeforeValidator(_wires), WithJsonSchema(_WIRES_SCHEMA)]
Places = Annotated[
    dict[str, list[int]],
    BeforeValidator(_by_site),
    WithJsonSchema(
        {"type": "object", "propertyNames": _SITE_SCHEMA, "additionalProperties": _WIRES_SCHEMA},
    ),
]
Sites = Annotated[
    list[str],
    BeforeValidator(_sites),
    WithJsonSchema({"type": "array", "items": _SITE_SCHEMA, "maxItems": 100_000}),
]
Clones = Annotated[
    dict[str, str],
    BeforeValidator(_clones),
    WithJsonSchema(
        {"type": "object", "propertyNames": {"maxLength": 255}, "additionalProperties": _SITE_SCHEMA}
    ),
]
RegisterNames = Annotated[
    list[str],
    BeforeValidator(_registers),
    WithJsonSchema(
        {"type": "array", "items": {"type": "string", "pattern": _REGISTER}, "maxItems": 1000},
    ),
]
Circuit = Annotated[
    str,
    BeforeValidator(_circuit),
    WithJsonSchema(
        {"type": "string", "maxLength": MAX_CIRCUIT, "description": "Unitary Clifford gates, as stim text."}
    ),
]
Qpy = Annotated[bytes, BeforeValidator(_qpy), WithJsonSchema({"type": "string", "format": "byte"})]


class Body(BaseModel):
    """A request's body; what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class Load(Body):
    """A new register: QPY of its core, its wires and inputs; then gates, wires to send and to discard."""

    core: Qpy
    num_wires: int = Field(ge=1, le=MAX_WIRES)
    inputs: Wires
    circuit: Circuit = ""
    to: Places = {}
    discarded: Wires = []


class Run(Body):
    """Gates to apply."""

    circuit: Circuit


class Move(Body):
    """Site -> wires to send there."""

    to: Places


class WireList(Body):
    """Wires, by their numbers."""

    wires: Wires


class Registers(Body):
    """Registers to ask about."""

    registers: RegisterNames


class Core(Body):
    """A circuit in QPY or OpenQASM."""

    circuit: Annotated[bytes, BeforeValidator(_file), WithJsonSchema({"type": "string", "format": "byte"})]


class States(Body):
    """Servers and how they are from now on."""

    names: Sites
    state: Annotated[str, Field(pattern="^(up|down|lost|compromised)$")]


class Clock(Body):
    """How long to let the clock run."""

    seconds: float = Field(ge=0, le=1e12, allow_inf_nan=False)


class Object(Body):
    """A manifest, as it is written down when an object is being put."""

    name: str = Field(max_length=255)
    qubits: int = Field(ge=1, le=10_000)
    num_clones: int = Field(ge=1, le=MAX_WIRES)
    scheme: dict[str, object]
    clones: Clones
    created_at: str = Field(max_length=64)
    clock_s: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class Consumption(Body):
    """From which server a clone is to be decrypted, for which claim, and until when in the time here."""

    server: str = Field(max_length=100_000)
    claim: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    deadline: float | None = Field(default=None, allow_inf_nan=False)


class FeedbackTable(Body):
    """What to do about outcomes, the same for several groups of wires."""

    measured: list[Wires] = Field(max_length=MAX_WIRES)
    outputs: list[Wires] = Field(max_length=MAX_WIRES)
    table: Annotated[list[Annotated[int, Field(ge=0, lt=1 << 40)]], Field(max_length=1 << 20)]


Program = Annotated[str, Field(max_length=16 << 20, description="Gates, as stim text with tags.")]


class FinishBody(Body):
    """The key is read as bits, and what a server ran is finished by them."""

    site: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,63}$")] = ""
    wires: Wires
    program: Program
    rules: Annotated[
        list[tuple[Annotated[int, Field(ge=0, le=1)], Wires]], Field(min_length=2, max_length=20_000)
    ]


class PartBody(Body):
    """A server's part of a program: on the wires of its clone, with fresh wires that come back."""

    wires: Wires
    tails: Wires
    public: Circuit
    text: Program


class Reading(Body):
    """Key qubits to turn into bits, after gates on them; the receipt if none is left as a qubit."""

    circuit: Circuit
    wires: Wires
    receipt: str = Field(default="", max_length=200)


class RunNote(Body):
    """A program on a server's clone, as it is written down."""

    server: Site
    clone: str = Field(max_length=255)
    program: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    gates: int = Field(ge=0, le=1 << 31)
    late: int = Field(ge=0, le=1 << 31)
    first_tail: int = Field(ge=0, lt=1 << 31)
    tails: int = Field(ge=0, le=MAX_WIRES)
    at: str = Field(max_length=64)
    done: bool = False


class UsesBody(Body):
    """What was done with an object's clones and key."""

    runs: list[RunNote] = Field(default=[], max_length=100_000)
    kept: Annotated[list[Annotated[str, Field(max_length=255)]], Field(max_length=MAX_WIRES)] | None = None
    pairs: list[tuple[int, int]] = Field(default=[], max_length=MAX_WIRES)
    narrowed: bool = True
    committed: Site | None = None


class Note(Body):
    """What was written down before, and what is to be."""

    before: UsesBody
    after: UsesBody


def uses_of(body: UsesBody) -> Uses:
    """Return the uses that a body carries."""
    return Uses.of(body.model_dump())


def part_of(body: PartBody) -> ServerPart:
    """Return the server's part that a body carries."""
    return ServerPart(tuple(body.wires), tuple(body.tails), body.public, body.text)


class Ordered(Body):
    """Gates to run, wires to measure, what to do about outcomes, wires to hand over."""

    circuit: Circuit
    outputs: Wires
    measured: Wires = []
    feedback: list[FeedbackTable] = Field(default=[], max_length=10_000)
    finish: FinishBody | None = None
    then: Program = ""
    at: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,63}$")] = ""


def order_of(body: Ordered) -> Order:
    """Return the order that a body carries. Raises InvalidInputError if it contradicts itself."""
    return Order.of(body.model_dump())


class Rehearsal(Body):
    """What is going to be ordered."""

    order: Ordered


class Held(Body):
    """The ledger's receipt for a key that was consumed."""

    receipt: str = Field(max_length=200)


class Opening(Held):
    """An order, and the ledger's receipt for the key that was consumed for it."""

    order: Ordered


_Body = TypeVar("_Body", bound=Body)


def parse(kind: type[_Body], raw: bytes) -> _Body:
    """Return a body of a kind, from JSON.

    Raises
    ------
    InvalidInputError : it is none; says the first thing that is wrong.
    """
    if sum(map(raw.count, (b",", b"[", b"{"))) > MAX_PARTS or raw.count(b":") > MAX_KEYS:
        raise InvalidInputError("This body has too many parts.", "Store a smaller register.")
    try:
        document = json.loads(raw.decode(), parse_constant=_no_constant)
        if _HALF.search(raw):  # half a character, escaped: no text that could be written down
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise InvalidInputError("The body is not JSON.", FORM) from None
    if not isinstance(document, dict):
        raise InvalidInputError("The body is no JSON object.", FORM)
    if unknown := next((key for key in document if key not in kind.model_fields), None):
        raise InvalidInputError(f"{unknown[:40]!r} is not known here.", FORM)
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidInputError(f"body.{where}: {first['msg']}.", FORM) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
