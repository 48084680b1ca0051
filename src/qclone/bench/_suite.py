"""The benchmark suite: ratios against what people would otherwise use, each pair measured in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import stim

from qclone.bench._dense import dense_ideal_fidelity, dense_noisy_fidelity
from qclone.bench._measured import Ratio, compare
from qclone.scheme import Canonical
from qclone.simulate import UniformNoise, noisy_round_trip, round_trip_fidelity, sampled_fidelity

SHOTS = 10_000


def suite(*, full: bool = False) -> dict[str, Callable[[], Ratio]]:
    """Return the benchmarks by name; `full` takes the sizes of the published claims, which last minutes."""
    noisy_n, ideal_n = (5, 12) if full else (3, 9)
    return {
        "building": lambda: _building(70_000 if full else 20_000),
        "sampling": lambda: _sampling(10_000),
        "noisy": lambda: _noisy(noisy_n),
        "ideal": lambda: _ideal(ideal_n),
    }


def _building(num_clones: int) -> Ratio:
    scheme = Canonical(num_clones)
    built = scheme.prepare() + scheme.encrypt() + scheme.decrypt("S1")
    gates = [(g.name, [t.value for t in group]) for g in built for group in g.target_groups()]

    def one_by_one() -> stim.Circuit:
        circuit = stim.Circuit()
        for name, targets in gates:
            circuit.append(name, targets)
        return circuit

    def in_bulk() -> stim.Circuit:
        fresh = Canonical(num_clones)
        return fresh.prepare() + fresh.encrypt() + fresh.decrypt("S1")

    name = f"build a round trip of {num_clones} clones, {len(gates)} gates"
    return compare(
        name, ("text in bulk", in_bulk), ("stim.Circuit.append, gate by gate", one_by_one), rounds=1
    )


def _sampling(num_clones: int) -> Ratio:
    scheme, noise = Canonical(num_clones), UniformNoise(p1=1e-6, p2=1e-5)
    circuit = noisy_round_trip(scheme, "S1", noise)
    reference, output = scheme.num_qubits, scheme.index("S1")
    measured = circuit + stim.Circuit(f"CX {reference} {output}\nH {reference}\nM {reference} {output}")
    return compare(
        f"{SHOTS} noisy samples of {num_clones} clones",
        ("in blocks of 2048", lambda: sampled_fidelity(circuit, reference, output, SHOTS)),
        (
            "stim alone, all at once",
            lambda: measured.compile_sampler(skip_reference_sample=True).sample(SHOTS),
        ),
    )


def _noisy(num_clones: int) -> Ratio:
    noise = UniformNoise(p2=0.01)
    return compare(
        f"noisy fidelity, n = {num_clones}",
        ("exact, carried back", lambda: round_trip_fidelity(Canonical(num_clones, "ladder"), "S1", noise)),
        ("density matrix, dense unitaries", lambda: dense_noisy_fidelity(num_clones, noise.p2)),
        rounds=1,
    )


def _ideal(num_clones: int) -> Ratio:
    return compare(
        f"ideal fidelity, n = {num_clones}",
        ("exact, carried back", lambda: round_trip_fidelity(Canonical(num_clones), "S1", UniformNoise())),
        ("state vector, dense unitaries", lambda: dense_ideal_fidelity(num_clones)),
        rounds=1,
    )


def run_suite(*, full: bool = False) -> Iterator[Ratio]:
    """Run the benchmarks one after the other."""
    for run in suite(full=full).values():
        yield run()
