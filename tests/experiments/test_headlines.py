"""What the paper found on ibm_kingston is found on its twin, with no fitted parameter; arXiv:2602.10695."""

import pytest

from qclone.device import load_device
from qclone.experiments import Interleaving, ParallelGhz, Row, Sensitivity, Series, Setup, run_row

TWIN = Setup(load_device("kingston"), layout="topology", tries=5)


def value(row: Row) -> float:
    return run_row(row, TWIN)[0].estimate.value


@pytest.mark.parametrize(("clones", "witnessed"), [(6, True), (8, False)])
def test_entanglement_is_witnessed_up_to_six_or_seven_clones(clones, witnessed):
    bell_measurement, _ = Sensitivity(clones=(clones,)).rows()
    assert (value(bell_measurement) > 0.5) == witnessed


@pytest.mark.parametrize(("clones", "violated"), [(3, True), (4, False)])
def test_chsh_is_violated_up_to_three_clones(clones, violated):
    _, together, _ = Interleaving(clones=(clones,)).rows()
    assert (value(together) > 2) == violated


def test_entanglement_with_one_of_27_clones_is_witnessed():
    (row,) = Series(physical=("2",), virtual=()).rows()
    assert row.parameters["clones"] == 27 and value(row) > 0.5


@pytest.mark.parametrize(("size", "witnessed"), [(4, True), (6, False)])
def test_a_register_of_four_is_witnessed_and_one_of_six_is_not(size, witnessed):
    (row,) = ParallelGhz(sizes=(size,)).rows()
    assert (value(row) > 0.5) == witnessed
