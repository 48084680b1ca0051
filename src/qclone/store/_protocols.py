"""What a client needs of the world. In-process and over a network, these are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qclone.store._links import Links
from qclone.store._manifest import Manifest
from qclone.store._memory import Memory

if TYPE_CHECKING:
    from qclone.store._preparation import Preparation

CLIENT = "client"
"""The site where the client's qubits are: its keys, and what it recovers."""
ADVERSARY = "adversary:"
"""Prefix of the sites of an adversary who has taken over a server."""


class SiteState(StrEnum):
    """How a server is."""

    UP = "up"
    DOWN = "down"
    """Does not answer; its qubits are there and age."""
    LOST = "lost"
    """Its qubits were erased."""
    COMPROMISED = "compromised"
    """An adversary holds its qubits."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who acts: where they are, and what proves that a register is theirs."""

    site: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Qubits that left the fabric: the circuit of the state that was put in and the Clifford on top of it.

    Parameters
    ----------
    core : QPY bytes of the state preparation, as the user gave it.
    frame : what to apply after it, as stim text; empty when nothing went wrong.
    entanglement_fidelity : of the channel from put to here, exact; None where it is out of reach.
    """

    core: bytes
    frame: str
    entanglement_fidelity: float | None


class Fabric(Protocol):
    """The (simulated) quantum hardware: it owns every qubit, knows where each one is, and never copies one.

    A register is a set of wires that were made together. A party acts only on wires at its own site.
    """

    def sites(self) -> dict[str, SiteState]:
        """Every server and how it is, in order."""
        ...

    def load(self, party: Party, register: str, preparation: Preparation) -> None:
        """Make a register at the party's site, all of it or nothing.

        Then apply gates, send wires to other sites and throw wires away, as `run`, `move` and `discard` do.
        """
        ...

    def run(self, party: Party, register: str, circuit: str) -> None:
        """Apply unitary Clifford gates to wires at the party's site."""
        ...

    def measure(self, party: Party, register: str, wires: Sequence[int]) -> tuple[int, ...]:
        """Measure wires at the party's site in the Z basis; without noise each outcome must be certain."""
        ...

    def move(self, party: Party, register: str, to: Mapping[str, Sequence[int]]) -> None:
        """Send wires from the party's site to other sites; what is lost on the way is nowhere then."""
        ...

    def discard(self, party: Party, register: str, wires: Sequence[int]) -> None:
        """Throw wires away."""
        ...

    def forget(self, party: Party, register: str) -> None:
        """Throw a whole register away; its maker may, wherever the wires are."""
        ...

    def release(self, party: Party, register: str, outputs: Sequence[int]) -> Delivery:
        """Take a recovered register out of the fabric; the register is gone afterwards."""
        ...

    def whereabouts(self, register: str) -> dict[str, tuple[int, ...]]:
        """Site -> wires of the register there; erased wires are nowhere."""
        ...

    def whereabouts_of(self, registers: Sequence[str]) -> dict[str, dict[str, tuple[int, ...]]]:
        """Register -> its whereabouts, for many at once."""
        ...

    def now(self) -> float:
        """The fabric's clock, in seconds."""
        ...

    def memory(self) -> Memory:
        """How long this fabric's qubits keep."""
        ...

    def links(self) -> Links:
        """What travelling from site to site does to this fabric's qubits; the same for ever."""
        ...

    def fidelity(self, register: str, circuit: bytes) -> float:
        """Diagnostic, possible only in simulation: |<psi|phi>|^2 of what was put in and a QPY circuit."""
        ...


class World(Fabric, Protocol):
    """A fabric as its operator sees it: who fails, the clock, and looks that only simulation allows."""

    def set_state(self, names: Sequence[str], state: SiteState) -> None:
        """Let servers fail, heal, lose their qubits or fall to an adversary; all of them or none."""
        ...

    def advance(self, seconds: float) -> float:
        """Let the clock run; every qubit ages. Returns the new time."""
        ...

    def qubits_at(self) -> dict[str, int]:
        """Number of qubits at each site that has any."""
        ...

    def view(self, register: str, site: str) -> NDArray[np.complex128]:
        """Diagnostic, possible only in simulation: the exact reduced state of the wires at a site."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class Ledger(Protocol):
    """The durable classical record: which objects there are, where their clones went, each key's state."""

    def reserve(self, manifest: Manifest) -> None:
        """Write down an object that is being put; it is not stored yet."""
        ...

    def stored(self, object_id: str) -> None:
        """The put is complete: from now on the object is there. Raises NoSuchObjectError if abandoned."""
        ...

    def abandon(self, object_id: str) -> None:
        """The put will never be complete, whatever arrives late. Raises InvalidInputError if it is."""
        ...

    def strike(self, object_id: str) -> None:
        """Remove an object whose put did not complete."""
        ...

    def unfinished(self) -> list[str]:
        """Ids of puts that have not completed."""
        ...

    def find(self, prefix: str) -> Manifest:
        """Return the stored object whose id starts so. Raises NoSuchObjectError."""
        ...

    def manifests(self, after: str = "", limit: int | None = None) -> list[Manifest]:
        """Stored objects, oldest first: those put after the one with this id, and so many at most."""
        ...

    def consume(self, object_id: str, server: str) -> None:
        """sealed -> consuming, for one caller ever; durable when it returns. Raises KeyConsumedError."""
        ...

    def consumed(self, object_id: str) -> None:
        """consuming -> consumed: the recovered register was handed over."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class Server(Protocol):
    """One server's classical control: it holds clones and gives them back."""

    @property
    def name(self) -> str:
        """Its name, which is also its site."""
        ...

    def surrender(self, register: str, wires: Sequence[int]) -> None:
        """Send these wires to the client's site."""
        ...
