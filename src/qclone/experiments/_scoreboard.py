"""The scoreboard: how many clones does a machine make?"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

from qclone.device import Device, NoiseRules
from qclone.errors import InvalidInputError
from qclone.estimate import CLASSICAL_CHSH, WITNESS
from qclone.experiments._body import clone_with_ancilla
from qclone.experiments._exact import Exact
from qclone.experiments._experiment import Row, fidelity_bounds
from qclone.experiments._measurement import Chsh, Measurement, ParityOscillation
from qclone.experiments._parallel import ParallelGhz
from qclone.experiments._placement import has_native
from qclone.experiments._run import num_processors
from qclone.experiments._series import PHYSICAL
from qclone.experiments._setup import Setup
from qclone.scheme import Canonical, Iterated, Scheme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# How sure a measurement must be that a value is above its threshold, in standard deviations.
SURE = 3.0
# A value that needs more shots a setting than this is not measured on any machine of today.
MOST_SHOTS = 1_000_000
# Errors are taken at so many and scaled, where they go as one over the root.
_SHOTS = 10_000
# Beyond these nobody has asked; a search stops.
_MOST_CLONES, _MOST_QUBITS, _MOST_LEVELS = 48, 15, 6
_PUBLISHED_CHIP = (3, 9, 25)
"""The paper's largest: 77 clones on 154 qubits."""


@dataclass(frozen=True)
class Reach:
    """The largest of a kind of experiment that is above its threshold on the twin.

    Parameters
    ----------
    size : clones n, qubits r, clones on the chip, or levels l; 0 if not even the smallest is.
    value : there, exact on the twin.
    shots : a setting, that show the value to be above the threshold by `SURE` standard deviations.
    circuits : ``native`` or ``ladder``, which is routed.
    """

    size: int
    value: float
    shots: int
    circuits: str


@dataclass(frozen=True)
class Score:
    """What a machine does.

    Parameters
    ----------
    device, date, qubits : its name, the day of its calibration, and how many connected qubits it has.
    clones : largest n with an entanglement fidelity above 1/2.
    chsh : largest n with S above 2.
    register : largest r of a GHZ state of which every qubit is cloned, with a fidelity above 1/2.
    on_chip : most clones at once, clones of clones, with a fidelity above 1/2.
    levels : most levels of one clone cloned again, n = 2.
    chip_77 : fidelity of one of 77 clones on 154 qubits; None where they do not fit.
    """

    device: str
    date: str
    qubits: int
    clones: Reach
    chsh: Reach
    register: Reach
    on_chip: Reach
    levels: Reach
    chip_77: float | None

    def to_row(self) -> dict[str, Any]:
        """Return the score as JSON types."""
        return asdict(self)


def scoreboard(
    devices: Sequence[Device],
    progress: Callable[[int, int], None] = lambda done, total: None,
    seed: int = 0,
) -> list[Score]:
    """Return the score of every device, best first, on as many processes as there are processors.

    Circuits are those built for the device's lattice where they are known, else the paper's ladder, routed by
    what the calibration says; everything is exact on the twin, readout errors included.

    Parameters
    ----------
    seed : of routing.
    """
    workers = min(num_processors(), len(devices))
    found: list[Score] = []
    if workers < 2:
        for device in devices:
            found.append(score(device, seed))
            progress(len(found), len(devices))
        return found
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        # The widest first: they take the longest.
        order = sorted(devices, key=lambda d: -d.num_qubits)
        pending = [pool.submit(score, device, seed) for device in order]
        for future in as_completed(pending):
            found.append(future.result())
            progress(len(found), len(devices))
    return sorted(found, key=lambda s: (-s.clones.size, -s.clones.value))


def score(device: Device, seed: int = 0) -> Score:
    """Return the score of one device.

    Example
    -------
    >>> from qclone.device import all_to_all
    >>> score(all_to_all(6)).clones.size
    2
    """
    connected = len(device.connected_qubits)
    judge = partial(_value, device=device, seed=seed)
    fidelity, chsh = ParityOscillation(), Chsh()
    room = min(_MOST_CLONES, (connected - 2) // 2)
    chip = None
    if connected >= 154 and len(device.couplers) < connected**2 // 4:
        scheme = Iterated(Canonical(2, "ladder"), _PUBLISHED_CHIP)
        chip = judge(scheme, "S1/S1/S1/S1", fidelity)
    return Score(
        device=device.name,
        date=device.snapshot_date,
        qubits=connected,
        clones=_reach(lambda n: judge(Canonical(n, "ladder"), "S1", fidelity), range(2, room + 1)),
        chsh=_reach(lambda n: judge(Canonical(n, "ladder"), "S1", chsh), range(2, room + 1), CLASSICAL_CHSH),
        register=_reach(
            lambda r: _register(r, device, seed), range(1, min(_MOST_QUBITS, connected // 5) + 1)
        ),
        on_chip=_on_chip(judge, connected, chip),
        levels=_reach(
            lambda level: judge(
                Iterated.virtual(Canonical(2, "ladder"), level), "/".join(["S1"] * (level + 1)), fidelity
            ),
            range(1, _MOST_LEVELS + 1),
        ),
        chip_77=None if chip is None else chip[0],
    )


Judged = tuple[float, float, str]
"""A value, its error for one shot a setting, and the kind of circuits."""


def _value(
    scheme: Scheme, clone: str, measurement: Measurement, *, device: Device, seed: int
) -> Judged | None:
    row = Row(
        experiment="scoreboard",
        parameters={},
        scheme=scheme,
        clone=clone,
        body=partial(clone_with_ancilla, scheme, clone),
        measurement=measurement,
        bounds=fidelity_bounds(None),
        stages_only=True,
    )
    return _judged(row, device, seed)


def _register(r: int, device: Device, seed: int) -> Judged | None:
    return _judged(ParallelGhz(sizes=(r,)).rows()[0], device, seed)


def _judged(row: Row, device: Device, seed: int) -> Judged | None:
    """Return the row's exact value; None if it does not fit."""
    circuits = "native" if has_native(row, device) else "ladder"
    try:
        placed = Setup(device, circuits=circuits, seed=seed).place(row)
    except InvalidInputError:
        return None
    data = Exact(placed, row.measurement.settings(), device, NoiseRules(), _SHOTS)
    estimate = row.measurement.analyse(data).estimate
    return estimate.value, estimate.error * sqrt(_SHOTS), circuits


def _reach(judge: Callable[[int], Judged | None], sizes: range, threshold: float = WITNESS) -> Reach:
    """Return the largest size above the threshold: doubling, then halving what is left between."""
    best = Reach(0, 0.0, 0, "")
    low, high = sizes.start - 1, None
    for size in _asked(sizes):
        if high is not None:
            break
        found = judge(size)
        if found is not None and (reached := _above(size, found, threshold)) is not None:
            best, low = reached, size
        else:
            high = size
    while high is not None and high - low > 1:
        middle = (low + high) // 2
        found = judge(middle)
        if found is not None and (reached := _above(middle, found, threshold)) is not None:
            best, low = reached, middle
        else:
            high = middle
    return best


def _asked(sizes: range) -> Iterator[int]:
    size = sizes.start
    while size in sizes:
        yield size
        size = 2 * size if 2 * size in sizes or size == sizes[-1] else sizes[-1]


def _above(size: int, found: Judged, threshold: float) -> Reach | None:
    value, error, circuits = found
    if value <= threshold:
        return None
    shots = ceil((SURE * error / (value - threshold)) ** 2)
    return Reach(size, value, shots, circuits) if shots <= MOST_SHOTS else None


def _on_chip(
    judge: Callable[[Scheme, str, Measurement], Judged | None], connected: int, chip: Judged | None
) -> Reach:
    """Return the most clones at once: the paper's largest, or its rows of table III as far as they reach."""
    # Not the last of the rows only: where a circuit of it ships, smaller ones that are routed may fail.
    largest = Iterated(Canonical(2), _PUBLISHED_CHIP)
    if chip is not None and (reached := _above(len(largest.clones), chip, WITNESS)) is not None:
        return reached
    best = Reach(0, 0.0, 0, "")
    for recloned, clone in PHYSICAL.values():
        scheme = Iterated(Canonical(2, "ladder"), recloned)
        if scheme.num_qubits + 1 > connected or recloned == _PUBLISHED_CHIP:
            break
        found = judge(scheme, clone, ParityOscillation())
        reached = None if found is None else _above(len(scheme.clones), found, WITNESS)
        if reached is None:
            break
        best = reached
    return best


def draw_scoreboard(scores: Sequence[Score]) -> Figure:
    """Return the figure: for every machine its largest n, CHSH reach and register; needs matplotlib."""
    from qclone.experiments._pyplot import SERIES, pyplot

    plt = pyplot()
    figure, axes = plt.subplots(figsize=(7.2, 0.5 * len(scores) + 1.4))
    ordered = list(reversed(scores))
    kinds = {
        "clones n, fidelity > 1/2": "clones",
        "CHSH > 2": "chsh",
        "GHZ qubits r, fidelity > 1/2": "register",
    }
    for shift, color, (label, kind) in zip((0.26, 0.0, -0.26), SERIES, kinds.items(), strict=True):
        sizes = [getattr(s, kind).size for s in ordered]
        places = [i + shift for i in range(len(ordered))]
        axes.barh(places, sizes, height=0.24, color=color, label=label)
        for place, size in zip(places, sizes, strict=True):
            axes.annotate(
                str(size), (size, place), (3, 0), textcoords="offset points", va="center", fontsize=7
            )
    names = [f"{s.device}\n{s.date or 'published numbers'}" for s in ordered]
    axes.set_yticks(range(len(ordered)), names, fontsize=8)
    axes.set(xlabel="largest size above the threshold, predicted on the twin")
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower right", fontsize=8)
    return figure
