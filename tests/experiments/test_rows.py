"""Every kind of row without noise is what the physics says; qubit counts are the published ones."""

from math import sqrt

import numpy as np
import pytest

from qclone.device import DEVICES, NoiseRules, heavy_hex, load_device
from qclone.experiments import (
    EXPERIMENTS,
    Checked,
    Computing,
    Interleaving,
    Mixedness,
    ParallelGhz,
    Recoverability,
    Row,
    Sensitivity,
    Series,
    Setup,
    Variability,
    run_row,
    table,
)

QUIET = Setup(heavy_hex(5), rules=NoiseRules.none())

ROWS = [
    *Sensitivity(clones=(2, 3)).rows(),
    *Interleaving(clones=(2, 3)).rows(),
    *Series(physical=("1",), virtual=((2, 1),)).rows(),
    *ParallelGhz(sizes=(1, 2, 3)).rows(),
    *Sensitivity(clones=(3,), synthesis="pair_tree").rows(),
    *Checked(clones=(2,)).rows(),
    *Recoverability(clones=(2, 3)).rows(),
    *Computing(sizes=(1, 2)).rows(),
]


def label(row: Row) -> str:
    return " ".join([row.experiment, *map(str, row.parameters.values())])


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_without_noise_every_protocol_is_perfect(row):
    result, _ = run_row(row, QUIET)
    perfect = 2 * sqrt(2) if result.quantity == "chsh" else 1.0
    expected = 0.0 if row.parameters.get("order") == "undecrypted" else perfect
    assert result.estimate.value == pytest.approx(expected, abs=1e-9)


def test_orders_of_measurement_share_their_gates():
    """What differs between the scenarios is who waits for whom, not how a circuit was routed."""
    setup = Setup(heavy_hex(5), layout="topology", seed=3)
    placed = [
        setup.place(r) for r in Interleaving(clones=(3,)).rows() if r.parameters["order"] != "undecrypted"
    ]
    gates = [
        [(i.operation.name, [circuit.find_bit(q).index for q in i.qubits]) for i in circuit.data]
        for circuit in placed
    ]
    two_qubit = [sorted(qubits for name, qubits in found if name == "cz") for found in gates]
    assert len(placed) == 3 and two_qubit[0] == two_qubit[1] == two_qubit[2]
    # In 2-1 the ancilla is measured before the last gates, in the others nothing follows.
    names = [[name for name, _ in found if name in ("cz", "measure")] for found in gates]
    assert [found[-2:] for found in names] == [["cz", "measure"], ["measure"] * 2, ["measure"] * 2]


@pytest.mark.parametrize("name", DEVICES)
def test_every_device_runs(name):
    """Better than guessing and worse than perfect, on the couplers that the device has."""
    row = Sensitivity(clones=(2,)).rows()[1]
    result, placed = run_row(row, Setup(load_device(name), layout="topology"))
    assert 0.25 < result.estimate.value < 1 and result.provenance["device"] == name
    used = {tuple(sorted(placed.find_bit(q).index for q in i.qubits)) for i in placed.get_instructions("cz")}
    assert used <= set(load_device(name).edges)


def test_correlations_are_nothing_before_decryption_and_a_bell_pair_after():
    before, after = (run_row(row, QUIET)[0] for row in Mixedness().rows())
    bell = np.diag([1.0, -1.0, 1.0])
    for wire in ("A", "S1", "S2", "N1", "N2"):
        np.testing.assert_allclose(before.matrices[wire][0], 0, atol=1e-9)
        np.testing.assert_allclose(after.matrices[wire][0], bell if wire == "S1" else 0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "table_name"),
    [
        ("series", "experiment3_series"),
        ("series", "experiment3_virtual"),
        ("parallel", "experiment4_parallel"),
    ],
)
def test_as_many_qubits_as_published(name, table_name):
    published = {(r["fidelity"], r["error"]): int(r["qubits"]) for r in table(table_name)}
    # Table VI's l = 0 and l = 1 are table III's.
    wanted = {"experiment3_series": "III", "experiment3_virtual": "VI", "experiment4_parallel": "IV"}
    rows = [r for r in EXPERIMENTS[name]().rows() if r.published and r.published.table == wanted[table_name]]
    assert len(rows) == len(table(table_name))
    for row in rows:
        qubits = published[f"{row.published.value:.3f}", f"{row.published.error:.3f}"]
        assert row.body().num_qubits == qubits, label(row)


def test_every_published_row_is_there():
    counts = {
        "I": 2 * len(table("experiment1_sensitivity")),
        "II": 3 * len(table("experiment2_interleaving")),
        "III": len(table("experiment3_series")),
        "IV": len(table("experiment4_parallel")),
        "VI": len(table("experiment3_virtual")),
    }
    rows = [
        r
        for name in ("sensitivity", "interleaving", "series", "parallel")
        for r in EXPERIMENTS[name]().rows()
    ]
    for name, count in counts.items():
        assert sum(r.published is not None and r.published.table == name for r in rows) == count


def test_the_full_chip_adapts_to_the_device():
    clones = [Series(physical=("3-full",), virtual=(), capacity=c).rows()[0] for c in (156, 150)]
    assert [r.body().num_qubits for r in clones] == [154, 150]
    assert [r.parameters["clones"] for r in clones] == [77, 75]


def test_published_spread_of_days_is_that_of_the_paper():
    """The paper states .833 +- .027 for n = 2."""
    published = Variability(clones=(2,)).rows()[0].published
    assert (round(published.value, 3), round(published.error, 3)) == (0.833, 0.027)
