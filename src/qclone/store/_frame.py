"""The Clifford frame: what the history of a register has done to the state that was put in.

The physical state of a stored register is Clifford gates and Pauli noise on |psi> (the inputs) and |0>
(all other wires). |psi> is never touched: what comes out on some wires is found by carrying their Paulis
back through the history to the inputs, which costs the length of the history however large 2^wires is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import NotRecoverableError

# The joint distribution of b observables takes 2^b numbers.
MAX_JOINT_OBSERVABLES = 20


@dataclass(frozen=True)
class Frame:
    """A register's history, seen as a map of its input state.

    Parameters
    ----------
    history : everything that happened: unitary gates and Pauli channels.
    num_wires : number of wires of the register.
    inputs : the wires that carried |psi> at the start; all others started in |0>.
    """

    history: stim.Circuit
    num_wires: int
    inputs: tuple[int, ...]

    def carried_back(self, wire: int, pauli: str) -> stim.PauliString:
        """Return the Pauli at the start that became `pauli` on `wire` (noise left out)."""
        observable = stim.PauliString(self.num_wires)
        observable[wire] = pauli
        return observable.before(self._noiseless)

    def logical(self, wire: int, pauli: str) -> stim.PauliString | None:
        """Return the input Pauli that `pauli` on `wire` equals, or None if it has none.

        On the wires that started in |0> a Z is +1; an X or Y there makes the observable uniformly
        random whatever the input was.
        """
        start = self.carried_back(wire, pauli)
        x, _ = start.to_numpy()
        x[list(self.inputs)] = False
        if x.any():
            return None
        image = stim.PauliString([start[i] for i in self.inputs])
        return -image if start.sign == -1 else image

    def recovered(self, outputs: Sequence[int]) -> stim.Tableau:
        """Return the Clifford L such that `outputs` hold L |psi> when there is no noise.

        Raises
        ------
        NotRecoverableError : the outputs are still entangled with other wires, so they hold no pure image.
        """
        images = {p: [self.logical(wire, p) for wire in outputs] for p in "XZ"}
        lost = [i for i, pair in enumerate(zip(images["X"], images["Z"], strict=True)) if None in pair]
        if lost or len(outputs) != len(self.inputs):
            raise NotRecoverableError(
                f"{len(lost)} of these {len(outputs)} qubits are still encrypted.",
                "Decrypt with an authorized set first.",
            )
        return stim.Tableau.from_conjugated_generators(xs=images["X"], zs=images["Z"]).inverse()

    def sample_noise(self, outputs: Sequence[int], seed: int | None = None) -> stim.PauliString:
        """Draw the Pauli that the noise of the history has left on `outputs`."""
        simulator = stim.FlipSimulator(
            batch_size=1, disable_stabilizer_randomization=True, num_qubits=self.num_wires, seed=seed
        )
        simulator.do(self.history)
        flips = simulator.peek_pauli_flips(instance_index=0)
        return stim.PauliString([flips[wire] for wire in outputs])

    def entanglement_fidelity(self, outputs: Sequence[int]) -> float | None:
        """Return the exact probability that the noise left all `outputs` unharmed, jointly.

        The noise is Pauli, so the recovered channel is a Pauli channel and its entanglement fidelity is
        the weight of the identity: for each group of outputs that share an error mechanism,
        2^-b sum_s prod_m (1 - 2 p_m)^[s . m], over mechanisms m with probability p_m that flip the
        subset m of the b observables X_i, Z_i. None if a group has more than 20 observables.
        """
        mechanisms = self._mechanisms(outputs)
        fidelity = 1.0
        for group in _independent_groups([bits for bits, _ in mechanisms]):
            inside = [(bits, p) for bits, p in mechanisms if bits <= group]
            if len(group) > MAX_JOINT_OBSERVABLES:
                return None
            fidelity *= _weight_of_identity(sorted(group), inside)
        return fidelity

    def _mechanisms(self, outputs: Sequence[int]) -> list[tuple[frozenset[int], float]]:
        """Merged error mechanisms: which of X_1, Z_1, X_2, Z_2, ... on the outputs they flip, how likely.

        Each input is half of a Bell pair here, so that every observable has a definite value to flip.
        """
        references = range(self.num_wires, self.num_wires + len(self.inputs))
        pairs = [w for pair in zip(references, self.inputs, strict=True) for w in pair]
        circuit = stim.Circuit(f"H {' '.join(map(str, references))}\nCX {' '.join(map(str, pairs))}")
        circuit += self.history
        for i, wire in enumerate(outputs):
            for j, pauli in enumerate("XZ"):
                image = self.logical(wire, pauli)
                assert image is not None, "recovered() is asked first"
                partners = (stim.target_pauli(r, p) for r, p in zip(references, image, strict=True) if p)
                targets = [stim.target_pauli(wire, pauli), *partners]
                circuit.append("OBSERVABLE_INCLUDE", targets, 2 * i + j)
        model = circuit.detector_error_model()
        return [
            (frozenset(t.val for t in error.targets_copy()), error.args_copy()[0])
            for error in model.flattened()
            if error.type == "error"
        ]

    @cached_property
    def _noiseless(self) -> stim.Circuit:
        return self.history.without_noise()


def pauli_gates(pauli: stim.PauliString) -> list[tuple[str, int]]:
    """Return the gates that apply a Pauli string: ("X", 3) and so on, identities left out."""
    return [("_XYZ"[p], i) for i, p in enumerate(pauli) if p]


def _independent_groups(sets: list[frozenset[int]]) -> list[frozenset[int]]:
    """Merge sets that overlap until none do."""
    group_of: dict[int, set[int]] = {}
    for members in sets:
        merged = set(members).union(*(group_of.get(m, set()) for m in members))
        for m in merged:
            group_of[m] = merged
    return list({id(g): frozenset(g) for g in group_of.values()}.values())


def _weight_of_identity(order: list[int], mechanisms: list[tuple[frozenset[int], float]]) -> float:
    position = {observable: i for i, observable in enumerate(order)}
    subsets: NDArray[np.uint32] = np.arange(2 ** len(order), dtype=np.uint32)
    products = np.ones(len(subsets))
    for bits, p in mechanisms:
        mask = np.uint32(sum(1 << position[b] for b in bits))
        products[np.bitwise_count(subsets & mask) % 2 == 1] *= 1 - 2 * p
    return float(products.mean())
