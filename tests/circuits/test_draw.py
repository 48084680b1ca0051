"""Drawings: what cannot be drawn is said, and nothing but the look is changed."""

import sys

import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qclone.circuits import draw, draw_text, round_trip
from qclone.circuits._draw import _with_links
from qclone.errors import InvalidInputError, MissingPackageError
from qclone.scheme import Canonical


@pytest.mark.parametrize("package", ["matplotlib", "pylatexenc"])
def test_a_missing_package_names_its_extra(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=r"qclone\[plot\]"):
        draw(QuantumCircuit(1))


@pytest.mark.parametrize("drawing", [draw, draw_text])
def test_too_many_wires_to_read(drawing):
    with pytest.raises(InvalidInputError, match="61 qubits cannot be read"):
        drawing(QuantumCircuit(61))


@pytest.mark.parametrize("n", [2, 3])
def test_what_is_drawn_is_the_circuit(n):
    circuit = round_trip(Canonical(n), "S1")
    assert Operator(_with_links(circuit)).equiv(circuit)


def test_stages_have_their_names():
    drawn = draw_text(round_trip(Canonical(2), "A"))
    assert drawn.index("encrypt") < drawn.index("decrypt")
