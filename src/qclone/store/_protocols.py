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
from qclone.store._uses import Uses

if TYPE_CHECKING:
    from qclone.compute import ServerPart
    from qclone.store._order import Order
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
    """Qubits that left the fabric: the circuit of the state that was put in and what is on top of it.

    Parameters
    ----------
    core : QPY bytes of the state preparation, as the user gave it.
    frame : Clifford gates and resets to apply after it, as stim text; empty when nothing went wrong.
    outcomes : of what was measured, in the order that was asked for.
    entanglement_fidelity : of the channel from put to here, given the outcomes, computed from everything
        that happened; None where it is out of reach.
    """

    core: bytes
    frame: str
    outcomes: tuple[int, ...]
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
        """Apply unitary Clifford gates to wires at a server's site; for the client's there is `deliver`."""
        ...

    def measure(self, party: Party, register: str, wires: Sequence[int]) -> tuple[int, ...]:
        """Measure wires at a server's site in the Z basis; what is not certain is drawn."""
        ...

    def move(self, party: Party, register: str, to: Mapping[str, Sequence[int]]) -> None:
        """Send wires from a server's site to other sites; what is lost on the way is nowhere then."""
        ...

    def discard(self, party: Party, register: str, wires: Sequence[int]) -> None:
        """Throw wires away."""
        ...

    def forget(self, party: Party, register: str) -> None:
        """Throw a whole register away; its maker may, wherever the wires are."""
        ...

    def compute(self, party: Party, register: str, part: ServerPart) -> None:
        """Apply a program to a clone at a server's site, once: the same again changes nothing.

        Its tails are fresh qubits there, |0> before, numbered from the register's last wire on.
        """
        ...

    def read_key(
        self, party: Party, register: str, circuit: str, wires: Sequence[int], receipt: str = ""
    ) -> None:
        """Turn key qubits at the client's site into bits, which stay there; once, for the same wires.

        Parameters
        ----------
        circuit : Clifford gates on these wires alone; then each is measured in the Z basis.
        receipt : of the ledger, where no key qubit is left afterwards: that is a decryption.
        """
        ...

    def rehearse(self, party: Party, register: str, order: Order) -> None:
        """Do beforehand what `deliver` would take long for, and refuse what it could not do.

        What comes out is drawn and kept sealed; nothing is decrypted, and nobody learns anything.
        """
        ...

    def deliver(self, party: Party, register: str, order: Order, receipt: str) -> Delivery:
        """Carry out an order on wires at the client's site and take the register out of the fabric.

        The first receipt that opens a register opens it for ever: it gets the same delivery again until it
        is acknowledged, whatever order comes with it, and no other receipt gets any.

        Raises
        ------
        KeyConsumedError : no receipt of the ledger, or another one opened the register.
        """
        ...

    def acknowledge(self, party: Party, register: str, receipt: str) -> None:
        """The delivery is safe with who holds the receipt: forget it."""
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
        """Diagnostic, possible only in simulation: |<psi|phi>|^2 of what was put in and a circuit in QPY.

        It may be a `Compared`, which says how it was found.
        """
        ...


class World(Fabric, Protocol):
    """A fabric as its operator sees it: who fails, the clock, and looks that only simulation allows."""

    def set_state(self, names: Sequence[str], state: SiteState) -> None:
        """Let servers fail, heal, lose their qubits or fall to an adversary; all of them or none."""
        ...

    def advance(self, seconds: float) -> float:
        """Let the clock run; every qubit ages. Returns the new time."""
        ...

    def qubits_at(self, tenant: str | None = None) -> dict[str, int]:
        """Number of qubits at each site that has any: a tenant's, or all that the asker may see."""
        ...

    def revision(self) -> str:
        """A text that is another one once anything here has changed; it may change without that."""
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

    def remove(self, object_id: str) -> None:
        """Take a stored object off the list, durable when it returns.

        One whose key is consumed is gone. A sealed one can be consumed by nobody from here on and, as one
        whose key is committed, is what an abandoned put is, until `strike`; the same again changes nothing.

        Raises
        ------
        NoSuchObjectError : there is none. InvalidInputError : a recovery has begun.
        """
        ...

    def unfinished(self) -> list[str]:
        """Ids of puts and removals that have not completed."""
        ...

    def find(self, prefix: str) -> Manifest:
        """Return the stored object whose id starts so. Raises NoSuchObjectError."""
        ...

    def manifests(self, after: str = "", limit: int | None = None) -> list[Manifest]:
        """Stored objects, oldest first: those put after the one with this id, and so many at most."""
        ...

    def search(self, text: str = "", start: int = 0, limit: int = 100) -> tuple[int, list[Manifest]]:
        """Stored objects whose name holds a text or whose id starts so, in any case, newest first.

        Returns
        -------
        how many there are, and `limit` of them from the one numbered `start` on.
        """
        ...

    def revision(self) -> str:
        """A text that is another one once anything here has changed; it may change without that."""
        ...

    def consume(self, object_id: str, server: str, claim: str, within_s: float | None = None) -> str:
        """sealed -> consuming, for one claim ever; durable when it returns with a receipt.

        Parameters
        ----------
        server : whose clone is to be decrypted.
        claim : the digest of a secret of the caller. The same claim gets the same receipt again; until it is
            acknowledged it may name another server, when the first one's clone is out of reach by now.
        within_s : how long the caller waits; what would take effect later does not.

        Raises
        ------
        KeyConsumedError : another claim was first. TooLateError : nobody waits any more.
        """
        ...

    def note(self, object_id: str, before: Uses, after: Uses) -> None:
        """Write down what is about to be done with an object, or has been, in place of what was written.

        Raises
        ------
        InvalidInputError : it is not what it was. KeyConsumedError : the key is not sealed any more.
        """
        ...

    def consumed(self, object_id: str) -> None:
        """consuming -> consumed: what was recovered is safe with its owner; the same again changes nothing.

        Raises
        ------
        NoSuchObjectError : there is none. KeySealedError : nothing was recovered.
        """
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

    def compute(self, register: str, part: ServerPart) -> None:
        """Apply a program to a clone here, once."""
        ...
