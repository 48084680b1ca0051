"""What a store of qubits has to live with: losses, memories, links and gates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

import stim

from qclone.errors import InvalidInputError
from qclone.simulate import UniformNoise
from qclone.store import Memory

MAX_SERVERS = 10_000


@dataclass(frozen=True)
class Scenario:
    """The hardware of a store and how long a qubit stays in it.

    Parameters
    ----------
    servers : number of servers, each with room for any number of qubits.
    server_loss, client_loss, link_loss : probability that a server (with all it holds), a qubit at the
        client, or a qubit on its way through a link is lost; losses are noticed.
    memories : relaxation and dephasing of every memory.
    teleported : qubits do not travel themselves but are teleported, through Bell pairs that are made again
        until one arrives: no qubit is lost on its way, for the noise of two more gates a journey.
    time_s : storage time in seconds.
    link_fidelity : entanglement fidelity of sending a qubit (or half a Bell pair) through a link once.
    gate_error : average infidelity of a two-qubit gate; the twin's rule, depolarising with 5/4 of it.

    Raises
    ------
    InvalidInputError : a probability outside its range, no server, a negative time.
    """

    servers: int
    server_loss: float = 0.0
    client_loss: float = 0.0
    link_loss: float = 0.0
    memories: Memory = field(default_factory=Memory)
    time_s: float = 0.0
    link_fidelity: float = 1.0
    gate_error: float = 0.0
    teleported: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.servers <= MAX_SERVERS:
            raise InvalidInputError(
                f"A plan is for 1 to {MAX_SERVERS:,} servers, not {self.servers:,}.",
                "Beyond nine servers all that more of them allow is more clones.",
            )
        for name, least, most in (
            ("server_loss", 0, 1),
            ("client_loss", 0, 1),
            ("link_loss", 0, 1),
            ("link_fidelity", 1 / 4, 1),
            ("gate_error", 0, 3 / 4),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise InvalidInputError(f"The {name} must be between {least} and {most}, not {value}.")
        if not 0 <= self.time_s < inf:
            raise InvalidInputError(f"The storage time must be finite and not negative, not {self.time_s} s.")

    @property
    def gates(self) -> UniformNoise:
        """Noise of the gates at the client."""
        return UniformNoise(p2=5 / 4 * self.gate_error)

    @property
    def journey_loss(self) -> float:
        """Probability that a qubit is lost on its way to a server or back: 1 - (1-l)^2."""
        return 0.0 if self.teleported else 1 - (1 - self.link_loss) ** 2

    @property
    def wire_loss(self) -> float:
        """Probability that a qubit sent to a server does not come back: 1 - (1-s)(1-l)^2."""
        return 1 - (1 - self.server_loss) * (1 - self.journey_loss)

    def memory(self, qubits: Iterable[int]) -> stim.Circuit:
        """Return what waiting for the storage time does to qubits."""
        return stim.Circuit(self.memories.decay(list(qubits), self.time_s))

    def link(self, qubits: Iterable[int]) -> stim.Circuit:
        """Return the noise of sending qubits through a link once: depolarising with 1 - F.

        Teleporting takes two gates, the one that makes the Bell pair and the one that measures it. Of the 15
        errors of each, 4 are X, 4 Y and 4 Z on the qubit that arrives, and 3 are nothing: depolarising with
        4/5 of the gate's.
        """
        wires = list(qubits)
        circuit = stim.Circuit()
        circuit.append("DEPOLARIZE1", wires, 1 - self.link_fidelity)
        if self.teleported:
            for _ in range(2):
                circuit.append("DEPOLARIZE1", wires, 4 / 5 * self.gates.p2)
        return circuit
