"""The bound of a trial, by dense algebra: every unitary of all servers, on a real and a test register."""

import numpy as np
import pytest
import stim
from scipy.stats import unitary_group

from qclone.scheme import Canonical

ROOT = np.sqrt(0.5)
EIGENSTATES = [[1, 0], [0, 1], [ROOT, ROOT], [ROOT, -ROOT], [ROOT, 1j * ROOT], [ROOT, -1j * ROOT]]
X, ONE = np.array([[0, 1], [1, 0]]), np.eye(2)
REAL, TEST, REFERENCE, WIRES = range(5), range(6, 11), 5, 11


def unitary(circuit):
    return stim.Tableau.from_circuit(stim.Circuit(str(circuit))).to_unitary_matrix(endian="little")


def applied(vector, matrix, wires):
    """The first wire is the lowest bit."""
    size = vector.size.bit_length() - 1
    axes = [size - 1 - wire for wire in reversed(wires)]
    tensor = np.moveaxis(vector.reshape([2] * size), axes, range(len(axes)))
    tensor = (matrix @ tensor.reshape(len(matrix), -1)).reshape(tensor.shape)
    return np.moveaxis(tensor, range(len(axes)), axes).ravel()


def harmed_unseen(deviation):
    """P(the test passes and the real register is harmed), the servers not knowing which is which."""
    scheme, found = Canonical(2), 0.0
    encode = unitary(scheme.prepare() + scheme.encrypt())
    decode = unitary(scheme.decrypt("S1"))

    def encoded(state):
        return encode[:, :2] @ np.asarray(state)

    entangled = ROOT * (np.kron([1, 0], encoded([1, 0])) + np.kron([0, 1], encoded([0, 1])))
    bell = np.outer([ROOT, 0, 0, ROOT], [ROOT, 0, 0, ROOT])
    for state in EIGENSTATES:
        both = np.kron(encoded(state), entangled)
        for wires in ([1, 2, 7, 8], [7, 8, 1, 2]):
            after = applied(both, deviation, wires)
            for register in (REAL, TEST):
                after = applied(after, decode, register)
            passed = applied(after, np.outer(state, np.conj(state)), [7])
            whole = applied(passed, bell, [1, REFERENCE])
            found += (np.vdot(passed, passed) - np.vdot(whole, whole)).real / 12
    return found


def test_no_deviation_of_a_clifford_program_beats_the_bound():
    random = np.random.default_rng(12)
    assert harmed_unseen(np.eye(16)) == pytest.approx(0, abs=1e-6)
    on_one, on_both = np.kron(np.eye(8), X), np.kron(np.kron(ONE, X), np.kron(ONE, X))
    assert harmed_unseen(on_one) == pytest.approx(1 / 2, abs=1e-6)  # 1/r is reached
    assert harmed_unseen(on_both) == pytest.approx(1 / 3, abs=1e-6)  # 2/(3 r)
    for _ in range(6):
        assert harmed_unseen(unitary_group.rvs(16, random_state=random)) <= 1 / 2 + 1e-6
        alone = [unitary_group.rvs(4, random_state=random) for _ in range(2)]
        assert harmed_unseen(np.kron(*alone)) <= 1 / 2 + 1e-6
