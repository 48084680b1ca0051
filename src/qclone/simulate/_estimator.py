"""Expectations behind Qiskit's V2 estimator: exact, as the device would measure them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.primitives import (
    BaseEstimatorV2,
    DataBin,
    EstimatorPubLike,
    PrimitiveJob,
    PrimitiveResult,
    PubResult,
)
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qclone.device import Device, NoiseRules
from qclone.simulate._aer import aer_parity
from qclone.simulate._exact import record_expectations
from qclone.simulate._learned import steps_of
from qclone.simulate._noisy import write
from qclone.simulate._steps import is_clifford

_PROJECTORS = {"0": ("Z", 1), "1": ("Z", -1), "+": ("X", 1), "-": ("X", -1), "r": ("Y", 1), "l": ("Y", -1)}


class TwinEstimator(BaseEstimatorV2):
    """Exact expectations from the digital twin of a device, as a `BaseEstimatorV2`.

    Each Pauli is measured as the device would: basis change, wait, readout, each with its noise (switch
    them off by rules), so the value is what `TwinSampler` finds in the limit of many shots. Standard
    deviations are 0, and a wanted precision is always met. Circuits that are not Clifford go to Aer's
    density matrix, if they fit.

    Parameters
    ----------
    device : its calibration; circuits are on its physical qubits and gates, as `route` returns them, and
        observables on physical qubits (`observable.apply_layout(circuit.layout)`).
    rules : which noise; all of it by default.

    Example
    -------
    >>> from qclone.device import line
    >>> circuit = QuantumCircuit(1)
    >>> circuit.x(0)  # doctest: +ELLIPSIS
    <qiskit...
    >>> result = TwinEstimator(line(1, readout_error=0.01)).run([(circuit, "Z")]).result()
    >>> result[0].data.evs.round(4)
    np.float64(-0.9796)
    """

    def __init__(self, device: Device, rules: NoiseRules | None = None) -> None:
        self.device = device
        self.rules = NoiseRules() if rules is None else rules

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> PrimitiveJob[PrimitiveResult[PubResult]]:
        """Return the expectation of every pub; parameters and observables broadcast as Qiskit says.

        Raises
        ------
        InvalidInputError : a circuit that is not placed on the device.
        UnsupportedCircuitError : a circuit that is not Clifford and too large for Aer.
        """
        coerced = [EstimatorPub.coerce(pub, 0.0 if precision is None else precision) for pub in pubs]
        job = PrimitiveJob(self._run, coerced)
        job._submit()
        return job

    def _run(self, pubs: list[EstimatorPub]) -> PrimitiveResult[PubResult]:
        return PrimitiveResult([self._run_pub(pub) for pub in pubs], metadata={"version": 2})

    def _run_pub(self, pub: EstimatorPub) -> PubResult:
        bound = pub.parameter_values.bind_all(pub.circuit)
        circuits, observables = np.broadcast_arrays(bound, pub.observables)
        values = np.zeros(circuits.shape)
        known: dict[tuple[int, str], float] = {}
        for index in np.ndindex(*circuits.shape):
            point = circuits.item(index)
            for term, weight in observables.item(index).items():
                for label, factor in paulis_of(term):
                    key = (id(point), label)
                    if key not in known:
                        known[key] = self._measured(point, label)
                    values[index] += weight * factor * known[key]
        data = DataBin(evs=values, stds=np.zeros_like(values), shape=values.shape)
        return PubResult(data, metadata={"circuit_metadata": pub.circuit.metadata})

    def _measured(self, circuit: QuantumCircuit, label: str) -> float:
        paulis = {q: p for q, p in enumerate(reversed(label)) if p != "I"}
        if not paulis:
            return 1.0
        marked = measuring(circuit, paulis)
        steps = steps_of(marked, self.device, self.rules)
        if is_clifford(steps):
            noisy = write(steps, self.device, self.rules)
            count = noisy.num_measurements
            return float(record_expectations(noisy, [range(count - len(paulis), count)])[0])
        return aer_parity(marked, len(paulis), self.device, self.rules)


def measuring(circuit: QuantumCircuit, paulis: Mapping[int, str]) -> QuantumCircuit:
    """Return the circuit with measurements of single-qubit Paulis at its end, one new bit each."""
    measured = circuit.copy()
    register = ClassicalRegister(len(paulis))
    measured.add_register(register)
    for qubit, pauli in paulis.items():
        if pauli == "X":
            measured.h(qubit)
        elif pauli == "Y":
            measured.sx(qubit)
    for bit, qubit in zip(register, paulis, strict=True):
        measured.measure(qubit, bit)
    return measured


def paulis_of(term: str) -> list[tuple[str, float]]:
    """Return a label of Paulis and projectors as Paulis with factors: the projector 0 is (I + Z)/2."""
    expanded = [("", 1.0)]
    for letter in term:
        if letter in _PROJECTORS:
            pauli, sign = _PROJECTORS[letter]
            expanded = [
                (label + p, factor * f)
                for label, factor in expanded
                for p, f in (("I", 0.5), (pauli, sign / 2))
            ]
        else:
            expanded = [(label + letter, factor) for label, factor in expanded]
    return expanded
