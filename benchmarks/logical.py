"""Every figure that encoded clones are held to, sampled anew: asked, measured, and how sure it is.

    python benchmarks/logical.py accept --seed 7 [--only d3,joint] [--out stats.csv] [--scale 1]
    python benchmarks/logical.py speed

n = 2, rotated surface code, a round after every third layer, Tesseract with two orders. ``accept`` takes
about twenty minutes of one core; with ``--out`` it goes on where it was. SURE is the probability, given the
counts (Jeffreys' posterior, independent circuits), that what is asked holds of the true rates: yes from .95
on, no below .05, else open. Exact figures are sure. Times are processor seconds, sampling and counting too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import sinter
from numpy.typing import NDArray

from qclone.cli._table import table
from qclone.logical import (
    SETTINGS,
    Case,
    LabExperiment,
    Rate,
    collect,
    load_code,
    load_decoder,
    load_rates,
    rate,
)

Draws = NDArray[np.float64]
_DRAWS = 200_000


@dataclass(frozen=True)
class Figure:
    """A line of the table."""

    name: str
    asked: str
    measured: str
    error: str
    sure: float


class Lab:
    """Counts of cases, each sampled once, and draws from what they leave open."""

    def __init__(self, seed: int, out: Path | None, scale: float) -> None:
        self.seed, self.out, self.scale = seed, out, scale
        self.rng = np.random.default_rng(seed)

    def stats(self, task: sinter.Task, shots: int) -> sinter.TaskStats:
        return collect(task, max(16, round(shots * self.scale)), self.seed, self.out)

    def clone(self, case: Case, shots: int, outer: str = "none") -> tuple[Rate, sinter.TaskStats]:
        stats = self.stats(case.task(outer == "joint"), shots)
        return rate(stats, outer), stats

    def kept(self, case: Case, shots: int) -> Rate:
        return rate(self.stats(case.kept().task(), shots), "none")

    def draws(self, found: Rate) -> Draws:
        failures, shots = found.failures, found.shots
        return self.rng.beta(failures + 0.5, shots - failures + 0.5, _DRAWS)


def surface(d: int, p: str, storage: int = 0, clone: str | None = None) -> Case:
    return Case(load_code("surface", d), load_rates(p), storage=storage, clone=clone)


def line(name: str, asked: str, found: Rate, holds: NDArray[np.bool_]) -> Figure:
    measured = f"{found.infidelity:.2e} ({found.failures} of {found.shots:,})"
    return Figure(name, asked, measured, f"{found.error:.1e}", float(holds.mean()))


def ratio(name: str, asked: str, over: Draws, under: Draws, holds: NDArray[np.bool_]) -> Figure:
    low, best, high = np.quantile(over / under, [0.16, 0.5, 0.84])
    return Figure(name, asked, f"{best:.2f}", f"{low:.2f} to {high:.2f}", float(holds.mean()))


def distances(lab: Lab) -> Iterator[Figure]:
    """p = 1e-3: d = 3 and 5 without checks, their ratio, and what a shot takes."""
    (three, s3), (five, s5) = (lab.clone(surface(d, "1e-3"), n) for d, n in ((3, 80_000), (5, 60_000)))
    a, b = lab.draws(three), lab.draws(five)
    yield line("p = 1e-3, d = 3", "<= 7.5e-3", three, a <= 7.5e-3)
    yield line("p = 1e-3, d = 5", "<= 6e-4", five, b <= 6e-4)
    yield ratio("p = 1e-3, d = 3 over d = 5", ">= 10", a, b, a >= 10 * b)
    for d, stats, most in ((3, s3, 1.5), (5, s5, 10.0)):
        ms = 1e3 * stats.seconds / stats.shots
        yield Figure(f"ms a shot, d = {d}", f"<= {most:g}", f"{ms:.2f}", "timed", float(ms <= most))


def strong(lab: Lab) -> Iterator[Figure]:
    """p = 2e-3: every step in distance helps."""
    found = [lab.clone(surface(d, "2e-3"), n)[0] for d, n in ((3, 5_000), (5, 10_000), (7, 8_000))]
    a, b, c = map(lab.draws, found)
    yield line("p = 2e-3, d = 3", "> d = 5", found[0], a > b)
    yield line("p = 2e-3, d = 5", "> d = 7", found[1], b > c)
    yield line("p = 2e-3, d = 7", "<= 2e-3", found[2], c <= 2e-3)


def joint(lab: Lab) -> Iterator[Figure]:
    """Checks as detectors, against a kept block of as many rounds."""
    case = surface(3, "1e-3")
    found, kept = lab.clone(case, 40_000, "joint")[0], lab.kept(case, 100_000)
    a, b = lab.draws(found), lab.draws(kept)
    yield line("joint, d = 3", "<= 9e-4", found, a <= 9e-4)
    yield line("  kept as many rounds", "> joint", kept, a < b)


def joint5(lab: Lab) -> Iterator[Figure]:
    """The same at d = 5: asked by nobody, an open question."""
    case = surface(5, "1e-3")
    found, kept = lab.clone(case, 80_000, "joint")[0], lab.kept(case, 500_000)
    yield line("joint, d = 5", "(open)", found, np.ones(1, bool))
    yield line("  kept as many rounds", "> joint (open)", kept, lab.draws(found) < lab.draws(kept))


def storage(lab: Lab) -> Iterator[Figure]:
    """d = 3, 30 rounds: the checks against a kept block."""
    case = surface(3, "1e-3", storage=30)
    found, kept = lab.clone(case, 40_000, "corrected")[0], lab.kept(case, 60_000)
    a, b = lab.draws(found), lab.draws(kept)
    yield line("T = 30, corrected", "<= kept/2", found, a <= b / 2)
    yield line("  kept as many rounds", "", kept, np.ones(1, bool))


def lost(lab: Lab) -> Iterator[Figure]:
    """d = 3, T = 5: a server lost costs little."""
    whole = surface(3, "1e-3", storage=5, clone="S1")
    less = replace(whole, lost=("S2",))
    (none, _), (one, _) = (lab.clone(case, 60_000) for case in (whole, less))
    a, b = lab.draws(none), lab.draws(one)
    yield line("T = 5, none lost", "", none, np.ones(1, bool))
    yield line("T = 5, S2 lost", "<= 1.2 x none", one, b <= 1.2 * a)


def ions(_: Lab) -> Iterator[Figure]:
    """[[4,2,2]] on the preset for Helios, exactly."""
    noise = load_rates("helios")
    encoded, bare = (
        [LabExperiment(load_code(code)).rates(noise, setting) for setting in SETTINGS]
        for code in ("422", "bare")
    )
    wrong, accepted = sum(r.infidelity for r in encoded), min(r.accepted for r in encoded)
    plain = sum(r.infidelity for r in bare)
    yield Figure("[[4,2,2]], helios", "<= 2e-4", f"{wrong:.2e}", "exact", float(wrong <= 2e-4))
    yield Figure("  kept", ">= .90", f"{accepted:.4f}", "exact", float(accepted >= 0.9))
    yield Figure("  bare", ">= 1.3e-2", f"{plain:.2e}", "exact", float(plain >= 1.3e-2))


def speed(lab: Lab) -> Iterator[Figure]:
    """Shots a second of `collect` over sinter's own decoding: same circuit, decoder and run, in turns."""
    for name, every, batch in (("tesseract", 3, 3_000), ("matching", 1, 20_000)):
        case = replace(surface(3, "1e-3"), every=every, decoder=name)
        task = case.task()
        ratios = []
        for turn in range(5):
            started = time.process_time()
            collect(task, max(16, round(batch * lab.scale)), lab.seed + turn)
            mine = time.process_time() - started
            started = time.process_time()
            _by_sinter(task, max(16, round(batch * lab.scale)))
            ratios.append((time.process_time() - started) / mine)
        low, best, high = np.quantile(ratios, [0.16, 0.5, 0.84])
        error = f"{low:.2f} to {high:.2f}"
        yield Figure(f"speed of sinter's, {name}", ">= .9", f"{best:.2f}", error, float(best >= 0.9))


def _by_sinter(task: sinter.Task, shots: int) -> int:
    events, actual = task.circuit.compile_detector_sampler().sample(
        shots, separate_observables=True, bit_packed=True
    )
    predicted = sinter.predict_observables(
        dem=task.detector_error_model,
        dets=events,
        decoder=task.decoder,
        custom_decoders={task.decoder: load_decoder(task.decoder)},
        bit_pack_result=True,
    )
    return int((predicted != actual).any(axis=1).sum())


PARTS: dict[str, Callable[[Lab], Iterator[Figure]]] = {
    part.__name__: part for part in (ions, speed, distances, joint, storage, lost, strong, joint5)
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["accept", "speed"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, help="statistics, in sinter's format")
    parser.add_argument("--scale", type=float, default=1.0, help="of the shots: .01 only tries it out")
    given = parser.parse_args()
    names = ["speed"] if given.command == "speed" else (given.only or ",".join(PARTS)).split(",")
    if set(names) - set(PARTS):
        parser.error(f"there are {', '.join(PARTS)}")
    lab = Lab(given.seed, given.out, given.scale)
    started, rows = time.process_time(), []
    for name in names:
        for figure in PARTS[name](lab):
            held = "yes" if figure.sure >= 0.95 else "no" if figure.sure < 0.05 else "open"
            if not figure.asked:
                held = ""
            rows.append(
                [figure.name, figure.asked, figure.measured, figure.error, f"{figure.sure:.3f}", held]
            )
    print(f"seed {given.seed}; {(time.process_time() - started) / 60:.1f} minutes of processor time")
    print(table(["FIGURE", "ASKED", "MEASURED", "ERROR", "SURE", "HELD"], rows))


if __name__ == "__main__":
    main()
