"""How a register comes into the world: prepared, encrypted and handed out in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qclone.errors import InvalidInputError
from qclone.scheme import Parallel, Role
from qclone.store._placement import clone_wires
from qclone.store._protocols import CLIENT


@dataclass(frozen=True, slots=True)
class Preparation:
    """A register that is to be made at a party's site.

    Parameters
    ----------
    core : QPY bytes of the state preparation of the inputs; the other wires start in |0>.
    num_wires : of the register; wires are numbered from 0.
    inputs : the wires of the core's qubits, in their order.
    circuit : unitary Clifford gates on all wires, as stim text.
    to : site -> wires to send there afterwards.
    discarded : wires to throw away.

    Raises
    ------
    InvalidInputError : a wire that is not there, an input named twice, a wire that is to go to two places.
    """

    core: bytes
    num_wires: int
    inputs: Sequence[int]
    circuit: str = ""
    to: Mapping[str, Sequence[int]] = field(default_factory=dict)
    discarded: Sequence[int] = ()

    def __post_init__(self) -> None:
        gone = [*self.discarded, *(wire for wires in self.to.values() for wire in wires)]
        for what, wires in (("The inputs", self.inputs), ("What is sent and discarded", gone)):
            if len({wire for wire in wires if 0 <= wire < self.num_wires}) < len(wires):
                raise InvalidInputError(
                    f"{what} are not different wires of {self.num_wires}.",
                    "Number wires from 0; each is at one place.",
                )


def encryption(core: bytes, scheme: Parallel, clones: Mapping[str, str], *, keep_spare: bool) -> Preparation:
    """Return how to encrypt a register: every clone to its holder, the noise qubits to who encrypts.

    Parameters
    ----------
    core : QPY bytes of the register's state preparation.
    clones : label -> who holds it.
    keep_spare : keep wires that are neither clone nor key instead of discarding them.
    """
    to: dict[str, list[int]] = {}
    for label, holder in clones.items():
        to.setdefault(holder, []).extend(clone_wires(scheme, label))
    kept = {i for i, wire in enumerate(scheme.wires) if wire.role is Role.NOISE}.union(*to.values())
    spare = () if keep_spare else tuple(i for i in range(scheme.num_qubits) if i not in kept)
    to.pop(CLIENT, None)
    circuit = str(scheme.prepare() + scheme.encrypt())
    return Preparation(core, scheme.num_qubits, scheme.indices(scheme.inputs), circuit, to, spare)
