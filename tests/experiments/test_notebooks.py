"""What notebooks show is short, and says what matters."""

import dataclasses

import pytest

from qclone.device import line, load_device
from qclone.experiments import Sensitivity, Setup, run
from qclone.native import build
from qclone.scheme import Canonical


def test_reprs_are_short():
    results = run(Sensitivity(clones=(2,)).rows(), Setup(line(6)))
    shown = [load_device("kingston"), build(Canonical(2), "kingston"), results[0], results, Setup(line(6))]
    for thing in shown:
        assert len(repr(thing)) < 400
    assert (
        repr(load_device("kingston")) == "<Device kingston: 151 of 156 qubits, 164 couplers cz, 2026-04-15>"
    )
    assert "11 layers, 13 gates" in repr(shown[1])


def test_results_are_a_table():
    device = dataclasses.replace(line(8), name="<b>&")
    results = run(Sensitivity(clones=(2, 3)).rows(), Setup(device))
    frame = results.to_pandas()
    assert list(frame["n"]) == [2, 2, 3, 3]
    assert list(frame["value"]) == pytest.approx([r.estimate.value for r in results])
    assert results == list(results)
    page = results._repr_html_()
    assert page.count("<tr>") == 5 and "0.823 ± 0.004" in page
    for shown in (page, results[0]._repr_html_()):
        assert "&lt;b&gt;&amp;" in shown and "<b>&" not in shown


def test_a_device_shows_what_was_left_out():
    page = load_device("fake:cairo")._repr_html_()
    assert "25 cx/ecr" in page and "Left out: 1 coupler: (19, 20) of 26" in page
