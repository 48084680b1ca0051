"""The benchmarks measure what they say: the ways they compare agree on the answer."""

import json

import pytest

from qclone.bench import compare, run_scale
from qclone.bench._dense import dense_ideal_fidelity, dense_noisy_fidelity
from qclone.cli import main
from qclone.scheme import Canonical
from qclone.simulate import UniformNoise, round_trip_fidelity


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_dense_way_recovers_the_state(n):
    assert dense_ideal_fidelity(n) == pytest.approx(1, abs=1e-12)


def test_the_dense_way_sees_the_same_noise():
    # A Pauli channel that is not depolarising treats states differently; over all it is (2 Fe + 1)/3.
    exact = (2 * round_trip_fidelity(Canonical(2, "ladder"), "S1", UniformNoise(p2=1e-3)) + 1) / 3
    assert dense_noisy_fidelity(2, 0.0) == pytest.approx(1, abs=1e-12)
    assert dense_noisy_fidelity(2, 1e-3) == pytest.approx(exact, abs=0.3 * (1 - exact))


def test_scale_reports_the_exact_fidelity_and_samples_agree():
    scale = run_scale(300, shots=20_000, seed=5)
    noise = UniformNoise(p1=1 / 30_000, p2=1 / 3_000)
    assert scale.fidelity == round_trip_fidelity(Canonical(300), "S1", noise)
    assert abs(scale.sampled_fidelity - scale.fidelity) < 5 * scale.sampled_error
    assert scale.seconds > scale.build_seconds > 0
    assert scale.peak_bytes > 1_000_000


def test_a_ratio_is_their_time_over_ours():
    ratio = compare("sums", ("short", lambda: sum(range(10))), ("long", lambda: sum(range(10**6))))
    assert ratio.speedup == ratio.their_seconds / ratio.our_seconds > 1


def test_command_line(capsys):
    assert main(["bench", "scale", "--clones", "50", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["clones"] == 50
    assert {"seconds", "peak_bytes", "fidelity"} <= document.keys()
    assert main(["bench", "scale", "--clones", "0"]) == 2
    assert main(["bench", "scale", "--clones", "10", "--shots", "-1"]) == 2
