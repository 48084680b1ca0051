"""The Clifford frame: what the history of a register has done to the state that was put in.

The physical state of a stored register is Clifford gates and Pauli noise on |psi> (the inputs) and |0>
(all other wires). |psi> is never touched: what comes out on some wires is found by carrying their Paulis
back through the history to the inputs, which costs the length of the history however large 2^wires is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import stim

from qclone.errors import InvalidInputError


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

    def logical(self, observable: stim.PauliString) -> stim.PauliString | None:
        """Return the input Pauli that an observable now equals (noise left out), or None if it has none.

        Carried back to the start, a Z on a wire that was |0> is +1; an X or Y there makes the observable
        uniformly random whatever the input was.
        """
        start = observable.before(self._noiseless)
        x, _ = start.to_numpy()
        x[list(self.inputs)] = False
        if x.any():
            return None
        return start.sign * stim.PauliString([start[i] for i in self.inputs])

    def entanglement_fidelity(self, outputs: Sequence[int]) -> float | None:
        """Return the exact probability that the noise left all `outputs` unharmed, jointly.

        The noise is Pauli, so the recovered channel is a Pauli channel and its entanglement fidelity is
        the weight of the identity: that no mechanism, or mechanisms that cancel, flip X_i or Z_i of any
        output. None where errors overlap too widely for an exact answer (it takes a scheme of blocks
        larger than 24 qubits).
        """
        from qclone.estimate import Mechanisms, no_flip_probability

        observables = [self._one(wire, pauli) for wire in outputs for pauli in "XZ"]
        flips, probabilities = self._mechanisms(observables)
        try:
            return no_flip_probability(Mechanisms(flips, probabilities, len(observables)))
        except InvalidInputError:
            return None

    def damping(self, observables: Sequence[stim.PauliString]) -> list[float]:
        """Return by what factor the noise shrinks the expectation of each observable that has a logical one.

        The product of 1 - 2p over the independent mechanisms that flip it.
        """
        factors = [1.0] * len(observables)
        for flipped, p in zip(*self._mechanisms(observables), strict=True):
            for i in flipped:
                factors[i] *= 1 - 2 * p
        return factors

    def _mechanisms(
        self, observables: Sequence[stim.PauliString]
    ) -> tuple[tuple[frozenset[int], ...], tuple[float, ...]]:
        """Independent mechanisms: which of the observables each flips, and how likely it strikes.

        Each input is half of a Bell pair here, so that every observable has a definite value to flip.
        """
        references = range(self.num_wires, self.num_wires + len(self.inputs))
        pairs = [w for pair in zip(references, self.inputs, strict=True) for w in pair]
        circuit = stim.Circuit(f"H {' '.join(map(str, references))}\nCX {' '.join(map(str, pairs))}")
        circuit += self.history
        for i, observable in enumerate(observables):
            image = self.logical(observable)
            assert image is not None, "it would be random without any noise"
            targets = [
                stim.target_pauli(offset + wire, paulis[wire])
                for offset, paulis in ((0, observable), (self.num_wires, image))
                for wire in paulis.pauli_indices()
            ]
            circuit.append("OBSERVABLE_INCLUDE", targets, i)
        errors = [error for error in circuit.detector_error_model().flattened() if error.type == "error"]
        flips = tuple(frozenset(target.val for target in error.targets_copy()) for error in errors)
        return flips, tuple(error.args_copy()[0] for error in errors)

    def _one(self, wire: int, pauli: str) -> stim.PauliString:
        observable = stim.PauliString(self.num_wires)
        observable[wire] = pauli
        return observable

    @cached_property
    def _noiseless(self) -> stim.Circuit:
        return self.history.without_noise()
