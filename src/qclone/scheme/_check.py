"""The contract of a scheme as a check, for whoever writes one."""

from __future__ import annotations

from collections.abc import Iterable

import stim

from qclone.errors import InvalidInputError
from qclone.scheme._scheme import Scheme


def check_scheme(scheme: Scheme, clones: Iterable[str] | None = None) -> None:
    """Prove by tableau that a scheme keeps the contract of `Scheme`; signs included.

    Wires, inputs and clones are named once each; ``prepare`` leaves the inputs alone; every ``decrypt``
    acts on its clone and key only; and with each input half of a Bell pair with a reference qubit, the
    round trip leaves every reference in that same Bell state with the clone's output.

    Parameters
    ----------
    scheme : the scheme.
    clones : the clones to decrypt; all of them by default.

    Raises
    ------
    InvalidInputError : says which part of the contract is broken.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> check_scheme(Canonical(4))
    """
    labels = [w.label for w in scheme.wires]
    _require(scheme, len(set(labels)) == len(labels) == scheme.num_qubits, "two wires have the same label")
    _require(scheme, len(set(scheme.clones)) == len(scheme.clones) > 0, "two clones have the same label")
    _require(scheme, len(scheme.inputs) > 0, "it has no input")
    inputs = set(scheme.indices(scheme.inputs))
    _require(scheme, not inputs & _touched(scheme.prepare()), "prepare touches an input")

    references = range(scheme.num_qubits, scheme.num_qubits + len(inputs))
    encrypted = stim.TableauSimulator()
    for reference, wire in zip(references, scheme.indices(scheme.inputs), strict=True):
        encrypted.h(reference)
        encrypted.cx(reference, wire)
    encrypted.do(scheme.prepare())
    encrypted.do(scheme.encrypt())
    _require(scheme, encrypted.num_qubits <= scheme.num_qubits + len(inputs), "a circuit leaves its wires")

    for label in scheme.clones if clones is None else clones:
        clone = scheme.clone(label)
        decrypt = scheme.decrypt(label)
        allowed = set(scheme.indices(clone.wires + clone.key))
        _require(scheme, len(clone.outputs) == len(inputs), f"clone {label} lacks an output for some input")
        _require(scheme, not set(clone.wires) & set(clone.key), f"clone {label} holds a part of its own key")
        _require(scheme, _touched(decrypt) <= allowed, f"decrypt({label!r}) touches more than clone and key")
        decrypted = encrypted.copy()
        decrypted.do(decrypt)
        for reference, output in zip(references, scheme.indices(clone.outputs), strict=True):
            recovered = output in allowed and all(
                decrypted.peek_observable_expectation(_pair(pauli, reference, output)) == sign
                for pauli, sign in (("X", 1), ("Z", 1))
            )
            _require(scheme, recovered, f"clone {label} does not give the input back")


def _pair(pauli: str, a: int, b: int) -> stim.PauliString:
    return stim.PauliString({a: pauli, b: pauli})


def _touched(circuit: stim.Circuit) -> set[int]:
    # An identity acts on nothing.
    return {
        t.qubit_value
        for gate in circuit
        if gate.name != "I"
        for t in gate.targets_copy()
        if not t.is_combiner
    }


def _require(scheme: Scheme, holds: bool, otherwise: str) -> None:
    if not holds:
        raise InvalidInputError(f"{scheme} breaks the contract of a scheme: {otherwise}.", "Mend the scheme.")
