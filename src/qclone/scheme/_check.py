"""The contract of a scheme as a check, for whoever writes one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import stim

from qclone.errors import InvalidInputError
from qclone.scheme._hooks import AlikePairs, Composition
from qclone.scheme._modular import RowSpace
from qclone.scheme._qudit import QuditScheme
from qclone.scheme._scheme import AnyScheme, Scheme
from qclone.scheme._weyl import WeylCircuit, WeylRows

# Wires, of a scheme whose pairs are exchanged to see whether they are alike; some seconds.
_EXCHANGED = 200


def check_scheme(scheme: Scheme | QuditScheme, clones: Iterable[str] | None = None) -> None:
    """Prove exactly, phases included, that a scheme keeps the contract of `Scheme`.

    Wires, inputs and clones are named once each; ``prepare`` leaves the inputs alone; every ``decrypt``
    acts on its clone and key only, and gives every input back on the clone's outputs. For qubits the last is
    shown by a tableau with reference qubits, for qudits by carrying X and Z of the output back to the start.
    Pairs that are said to be alike are exchanged.

    Parameters
    ----------
    scheme : the scheme.
    clones : the clones to decrypt; all of them by default.

    Raises
    ------
    InvalidInputError : says which part of the contract is broken.

    Example
    -------
    >>> from qclone.scheme import Canonical, QuditScheme
    >>> check_scheme(Canonical(4))
    >>> check_scheme(QuditScheme(10, dimension=12))
    """
    labels = [w.label for w in scheme.wires]
    _require(scheme, len(set(labels)) == len(labels) == scheme.num_qubits, "two wires have the same label")
    _require(scheme, len(set(scheme.clones)) == len(scheme.clones) > 0, "two clones have the same label")
    _require(scheme, len(scheme.inputs) > 0, "it has no input")
    alike, made_of = scheme.alike, scheme.composition
    _require(scheme, alike is None or isinstance(alike, AlikePairs), "alike is neither AlikePairs nor None")
    known = made_of is None or isinstance(made_of, Composition)
    _require(scheme, known, "composition is neither a Composition nor None")
    _require(scheme, isinstance(scheme.core, Scheme | QuditScheme), "core is no scheme")
    inputs = scheme.indices(scheme.inputs)
    _require(scheme, not set(inputs) & _touched(scheme.prepare()), "prepare touches an input")
    recovers = _Qubits(scheme) if isinstance(scheme, Scheme) else _Qudits(scheme)
    for label in scheme.clones if clones is None else clones:
        clone = scheme.clone(label)
        allowed = set(scheme.indices(clone.wires + clone.key))
        outputs = scheme.indices(clone.outputs)
        touched = _touched(scheme.decrypt(label))
        _require(scheme, not set(clone.wires) & set(clone.key), f"clone {label} holds a part of its own key")
        _require(scheme, touched <= allowed, f"decrypt({label!r}) touches more than clone and key")
        _require(scheme, len(outputs) == len(inputs), f"clone {label} lacks an output for some input")
        _require(scheme, set(outputs) <= allowed, f"clone {label} has an output elsewhere")
        _require(scheme, recovers(label, outputs), f"clone {label} does not give the input back")
    if alike is not None and scheme.num_qubits <= _EXCHANGED:
        _require(scheme, _exchangeable(scheme, alike.num_pairs), "its pairs are not alike")


def _exchangeable(scheme: AnyScheme, n: int) -> bool:
    """Whether encryption looks the same after pairs 1 and 2 change places, and after all move on by one."""
    size, encoding = scheme.num_qubits, scheme.encoding()
    if size != 2 * n + 1:
        return False
    group, d = RowSpace.of(encoding.stabilizers, encoding.dimension), encoding.dimension
    logicals = np.vstack([encoding.logical_x, encoding.logical_z])
    for pairs in ([1, 0, *range(2, n)] if n > 1 else [0], [*range(1, n), 0]):
        moved = np.array([0, *(1 + p for p in pairs), *(1 + n + p for p in pairs)])
        columns = np.concatenate([moved, moved + size])
        # A logical operator may change by a stabiliser.
        differences = (logicals[:, columns] - logicals) % d
        if any(group.solve(row) is None for row in (*encoding.stabilizers[:, columns], *differences)):
            return False
    return True


class _Qubits:
    """The encrypted state, every input half of a Bell pair with a reference qubit."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.references = range(scheme.num_qubits, scheme.num_qubits + len(scheme.inputs))
        self.encrypted = stim.TableauSimulator()
        for reference, wire in zip(self.references, scheme.indices(scheme.inputs), strict=True):
            self.encrypted.h(reference)
            self.encrypted.cx(reference, wire)
        self.encrypted.do(scheme.prepare())
        self.encrypted.do(scheme.encrypt())

    def __call__(self, label: str, outputs: tuple[int, ...]) -> bool:
        decrypted = self.encrypted.copy()
        decrypted.do(self.scheme.decrypt(label))
        return all(
            decrypted.peek_observable_expectation(stim.PauliString({reference: pauli, output: pauli})) == 1
            for reference, output in zip(self.references, outputs, strict=True)
            for pauli in "XZ"
        )


class _Qudits:
    """X and Z of the output, carried back, are X and Z of the input times Z of wires that began in |0>."""

    def __init__(self, scheme: QuditScheme) -> None:
        self.scheme = scheme
        self.encrypt = scheme.prepare() + scheme.encrypt()
        (self.input,) = scheme.indices(scheme.inputs)

    def __call__(self, label: str, outputs: tuple[int, ...]) -> bool:
        d, size = self.scheme.dimension, self.scheme.num_qubits
        backwards = (self.encrypt + self.scheme.decrypt(label)).inverse()
        origin = backwards.conjugate(WeylRows.single(d, size, x=outputs, z=outputs))
        goal = WeylRows.single(d, size, x=[self.input], z=[self.input])
        same_z = (origin.z == goal.z)[:, self.input].all()
        return bool((origin.x == goal.x).all() and same_z and not origin.t.any())


def _touched(circuit: stim.Circuit | WeylCircuit) -> set[int]:
    if isinstance(circuit, WeylCircuit):
        return {wire for gate in circuit.gates for wire in gate.wires}
    # An identity acts on nothing.
    gates = (gate for gate in circuit if gate.name != "I")
    return {t.value for gate in gates for t in gate.targets_copy() if not t.is_combiner}


def _require(scheme: AnyScheme, holds: bool, otherwise: str) -> None:
    if not holds:
        raise InvalidInputError(f"{scheme} breaks the contract of a scheme: {otherwise}.", "Mend the scheme.")
