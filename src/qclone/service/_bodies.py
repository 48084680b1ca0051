"""What requests carry, with bounds: nothing is opened before it fits."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

MAX_WIRES = 1_000_000
ObjectId = Annotated[
    str, Path(pattern=r"^[0-9A-Za-z]{1,64}$", description="An object's id, or how it starts.")
]
_REGISTER = r"^[a-z0-9][a-z0-9-]{0,62}:[0-9a-f]{1,64}$"
Register = Annotated[str, Field(pattern=_REGISTER)]
RegisterName = Annotated[str, Path(pattern=_REGISTER, description="tenant:object")]
_SITE = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
Site = Annotated[str, Field(pattern=_SITE)]
SiteName = Annotated[str, Path(pattern=_SITE)]
Wires = Annotated[list[Annotated[int, Field(ge=0, lt=MAX_WIRES)]], Field(max_length=MAX_WIRES)]
Circuit = Annotated[str, Field(max_length=16 << 20, description="Unitary Clifford gates, as stim text.")]


def _qpy(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None
    if not data.startswith(b"QISKIT"):
        raise ValueError("not a QPY file")
    return data


Qpy = Annotated[bytes, BeforeValidator(_qpy), WithJsonSchema({"type": "string", "format": "byte"})]


class Body(BaseModel):
    """A request's body; what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class Load(Body):
    """A new register: QPY of its core, its wires and inputs; then gates, wires to send and to discard."""

    core: Qpy = Field(max_length=16 << 20)
    num_wires: int = Field(ge=1, le=MAX_WIRES)
    inputs: Wires
    circuit: Circuit = ""
    to: dict[Site, Wires] = {}
    discarded: Wires = []


class Run(Body):
    """Gates to apply."""

    circuit: Circuit


class Move(Body):
    """Site -> wires to send there."""

    to: dict[Site, Wires]


class Some(Body):
    """Some wires."""

    wires: Wires


class Registers(Body):
    """Registers to ask about."""

    registers: list[Register] = Field(max_length=1000)


class Core(Body):
    """QPY of a circuit."""

    circuit: Qpy = Field(max_length=16 << 20)


class States(Body):
    """Servers and how they are from now on."""

    names: list[Site] = Field(max_length=100_000)
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
    clones: dict[Annotated[str, Field(max_length=255)], Site]
    created_at: str = Field(max_length=64)
    clock_s: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class Consumption(Body):
    """From which server a clone is about to be decrypted."""

    server: str = Field(max_length=1000)
