"""A round trip with very many clones and noise on every gate: building, the exact fidelity, samples."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qclone.bench._measured import peak_bytes, stopwatch
from qclone.scheme import Canonical
from qclone.simulate import UniformNoise, entanglement_fidelity, noisy_round_trip, sampled_fidelity


@dataclass(frozen=True)
class Scale:
    """One round trip: its size, its fidelity and what it cost.

    Parameters
    ----------
    clones, qubits : size, without the reference qubit.
    build_seconds, seconds : building the noisy circuit; that and the exact fidelity.
    peak_bytes : most memory held until then.
    sampled_fidelity, sampled_error : from samples, with its standard error; None without samples.
    sampled_seconds, sampled_peak_bytes : what the samples took.
    """

    clones: int
    qubits: int
    build_seconds: float
    seconds: float
    peak_bytes: int
    fidelity: float
    sampled_fidelity: float | None = None
    sampled_error: float | None = None
    sampled_seconds: float | None = None
    sampled_peak_bytes: int | None = None


def run_scale(num_clones: int, shots: int = 0, seed: int | None = None) -> Scale:
    """Measure a round trip of the canonical scheme with depolarising noise on every gate.

    The noise is set so that about one gate in the whole circuit fails: 1/(10 n) a two-qubit gate,
    1/(100 n) a one-qubit gate.
    """
    scheme = Canonical(num_clones)
    noise = UniformNoise(p1=1 / (100 * num_clones), p2=1 / (10 * num_clones))
    circuit, build = stopwatch(lambda: noisy_round_trip(scheme, "S1", noise))
    ends = scheme.num_qubits, scheme.index("S1")
    fidelity, carry_back = stopwatch(lambda: entanglement_fidelity(circuit, *ends))
    scale = Scale(num_clones, scheme.num_qubits, build, build + carry_back, peak_bytes(), fidelity)
    if shots == 0:
        return scale
    sampled, sampled_seconds = stopwatch(lambda: sampled_fidelity(circuit, *ends, shots, seed))
    return replace(
        scale,
        sampled_fidelity=sampled[0],
        sampled_error=sampled[1],
        sampled_seconds=sampled_seconds,
        sampled_peak_bytes=peak_bytes(),
    )
