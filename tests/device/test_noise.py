"""Noise rules against dense channels from Qiskit."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import Kraus, Pauli, SuperOp, average_gate_fidelity

from qclone.device import RULES, NoiseRules, Qubit, depolarizing, idle_errors
from qclone.errors import InvalidInputError


@pytest.mark.parametrize("num_qubits", [1, 2])
@given(st.floats(0, 0.7))
def test_depolarizing_has_the_average_infidelity_of_the_calibration(num_qubits: int, error: float) -> None:
    p = depolarizing(error, num_qubits)
    count = 4**num_qubits
    rest = p / (count - 1)
    labels = list(product("IXYZ", repeat=num_qubits))
    weights = [np.sqrt(1 - p if set(row) == {"I"} else rest) for row in labels]
    channel = Kraus([w * Pauli("".join(row)).to_matrix() for w, row in zip(weights, labels, strict=True)])
    worst = (4**num_qubits - 1) / 4**num_qubits * 2**num_qubits / (2**num_qubits + 1)
    assert 1 - average_gate_fidelity(channel) == pytest.approx(min(error, worst))


@given(st.floats(1e-6, 1e-3), st.floats(0.01, 2), st.floats(0, 1e-3))
def test_idling_is_the_twirl_of_relaxation_and_dephasing(t1_s: float, ratio: float, wait_s: float) -> None:
    qubit = Qubit(t1_s, ratio * t1_s, 0, 0, 0)
    q, r = idle_errors(qubit, wait_s)
    flips = {"X": q * (1 - q) * (1 - r) + (1 - q) * q * r}  # X alone, or Y and Z
    flips["Y"] = q * (1 - q) * (1 - r) + q * (1 - q) * r
    flips["Z"] = (1 - q) ** 2 * r + q**2 * (1 - r)
    # The device's own channel: amplitude damping, then pure dephasing.
    gamma, pure = 1 - np.exp(-wait_s / t1_s), np.exp(wait_s / (2 * t1_s) - wait_s / qubit.t2_s)
    damping = Kraus([[[1, 0], [0, np.sqrt(1 - gamma)]], [[0, np.sqrt(gamma)], [0, 0]]])
    dephasing = Kraus([np.sqrt((1 + pure) / 2) * np.eye(2), np.sqrt((1 - pure) / 2) * np.diag([1, -1])])
    channel = SuperOp(damping).compose(SuperOp(dephasing))
    paulis = {p: SuperOp(Pauli(p)) for p in "IXYZ"}
    twirled = sum((u @ channel @ u for u in paulis.values()), start=SuperOp(np.zeros((4, 4)))) / 4
    wanted = sum((flips[p] * paulis[p] for p in "XYZ"), start=(1 - sum(flips.values())) * paulis["I"])
    np.testing.assert_allclose(twirled.data, wanted.data, atol=1e-12)


def test_rules_switch_by_name() -> None:
    names = [rule.name for rule in RULES]
    assert all(rule.formula and rule.source and rule.meaning for rule in RULES)
    for name in names:
        without, only = NoiseRules().without(name), NoiseRules.only(name)
        assert [n for n in names if not getattr(without, n)] == [name]
        assert [n for n in names if getattr(only, n)] == [name]
    with pytest.raises(InvalidInputError, match="no noise rule 'gates'"):
        NoiseRules.only("gates")
    with pytest.raises(InvalidInputError, match="noise scale"):
        NoiseRules(scale=-1)
