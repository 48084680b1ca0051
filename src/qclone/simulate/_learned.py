"""Which layers of a placed circuit were learned: the gates of each together, and then its channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import stim
from qiskit import QuantumCircuit

from qclone.device import Device, LearnedLayer, NoiseRules
from qclone.simulate._steps import Kind, Step, read

Pair = tuple[int, int]


@dataclass(frozen=True)
class Coverage:
    """How much of a placed circuit learned noise speaks of.

    Parameters
    ----------
    gates : number of its two-qubit gates.
    learned : how many of them are in learned layers.
    calibrated : the pairs of the others, whose noise is that of the calibration, and how many gates each has.
    """

    gates: int
    learned: int
    calibrated: dict[Pair, int]

    def __str__(self) -> str:
        others = ", ".join(f"{a}-{b}" for a, b in self.calibrated)
        said = f"{self.learned} of {self.gates} two-qubit gates are in learned layers"
        return f"{said}; as calibrated: {others}" if others else said


def steps_of(circuit: stim.Circuit | QuantumCircuit, device: Device, rules: NoiseRules) -> list[Step]:
    """Return the steps of a placed circuit, those of learned layers together; raises as `read` does."""
    return together(read(circuit, device, rules), device, rules)


def together(steps: list[Step], device: Device, rules: NoiseRules) -> list[Step]:
    """Return the steps with those of learned layers together.

    Two-qubit gates are ready when what they need is done, barriers included. Ready gates of no layer run as
    calibrated; of the others the largest learned layer, together; where none is complete, the first gate
    as calibrated. Pulses come as late as they can: those of a qubit that idles in a layer, after it.
    """
    if device.learned is None or not rules.learned:
        return steps
    used = {q for step in steps if step.kind is not Kind.WAIT for q in step.qubits}
    grouped: list[Step] = []
    clock = _Clock(steps)
    layers = device.learned.layers
    known = {pair for layer in layers for pair in layer.pairs}
    for layer, units in _runs(steps, _largest(layers), known):
        for step in (s for unit in units for s in (*unit.pulses, unit.step)):
            inside = layer is not None and step.kind is Kind.COUPLER
            grouped.append(replace(step, kind=Kind.IN_LAYER, duration_s=0.0) if inside else step)
            clock.passed(grouped[-1], len(grouped) - 1)
        if layer is not None:
            for i in clock.pulses_before(layer.qubits):
                grouped[i] = replace(grouped[i], kind=Kind.IN_LAYER)
            grouped.append(_channel(layer, [unit.step for unit in units], used, clock))
            clock.ended(layer.qubits)
    return grouped


def learned_coverage(circuit: stim.Circuit | QuantumCircuit, device: Device) -> Coverage:
    """Return which gates of a placed circuit are in layers that were learned; raises as `noisy` does.

    Example
    -------
    >>> from qclone.device import Generator, LearnedNoise, line
    >>> layer = LearnedLayer(((0, 1),), (Generator.of("Z0 Z1", 0.002),), (0, 1))
    >>> device = line(3).with_learned(LearnedNoise((layer,)))
    >>> print(learned_coverage(stim.Circuit("CZ 0 1\\nCZ 1 2"), device))
    1 of 2 two-qubit gates are in learned layers; as calibrated: 1-2
    """
    steps = steps_of(circuit, device, NoiseRules())
    calibrated = Counter(_pair(step) for step in steps if step.kind is Kind.COUPLER)
    learned = sum(step.kind is Kind.IN_LAYER and len(step.qubits) == 2 for step in steps)
    return Coverage(learned + calibrated.total(), learned, dict(sorted(calibrated.items())))


def layers_to_learn(circuit: QuantumCircuit, device: Device) -> QuantumCircuit:
    """Return the layers of a placed circuit, each once, for a NoiseLearner, with barriers between.

    What a NoiseLearner finds of this circuit covers the placed one. It learns four layers unless its option
    ``max_layers_to_learn`` says more; those that run most often come first.

    Example
    -------
    >>> from qclone.device import line
    >>> placed = QuantumCircuit(4)
    >>> for a, b in [(0, 1), (2, 3), (1, 2), (0, 1), (2, 3)]:
    ...     _ = placed.cz(a, b)
    >>> [[placed.find_bit(q).index for q in i.qubits] for i in layers_to_learn(placed, line(4)).data]
    [[0, 1], [2, 3], [0, 1, 2, 3], [1, 2]]
    """
    steps = read(circuit, device, NoiseRules())
    found: dict[frozenset[Pair], list[Step]] = {}
    often: Counter[frozenset[Pair]] = Counter()
    for layer, units in _runs(steps, _all_ready):
        if layer is not None:
            pairs = frozenset(layer.pairs)
            found.setdefault(pairs, [unit.step for unit in units])
            often[pairs] += 1
    learning = QuantumCircuit(circuit.num_qubits)
    used = sorted({q for step in steps if step.kind is not Kind.WAIT for q in step.qubits})
    for place, (pairs, _) in enumerate(often.most_common()):
        if place:
            learning.barrier(used)
        for step in sorted(found[pairs], key=_pair):
            if step.source is not None:
                learning.append(step.source.operation, step.qubits)
    return learning


@dataclass(frozen=True)
class _Unit:
    """A step that is no pulse, and the pulses right before it on its qubits."""

    step: Step
    pulses: tuple[Step, ...]


Choice = Callable[[dict[Pair, int]], LearnedLayer | None]


def _largest(layers: Sequence[LearnedLayer]) -> Choice:
    def choose(ready: dict[Pair, int]) -> LearnedLayer | None:
        fitting = [layer for layer in layers if all(pair in ready for pair in layer.pairs)]
        return max(fitting, key=lambda layer: len(layer.pairs), default=None)

    return choose


def _all_ready(ready: dict[Pair, int]) -> LearnedLayer | None:
    pairs = tuple(sorted(ready))
    return LearnedLayer(pairs, (), tuple(sorted(q for pair in pairs for q in pair)))


def _runs(
    steps: Sequence[Step], choose: Choice, known: Collection[Pair] | None = None
) -> Iterator[tuple[LearnedLayer | None, list[_Unit]]]:
    """Yield what runs together, in an order in which everything has what it needs: layers, or one unit."""
    units, needs, trailing = _units(steps)
    followers: list[list[int]] = [[] for _ in units]
    for i, before in enumerate(needs):
        for j in before:
            followers[j].append(i)
    missing = [len(before) for before in needs]
    ready = {i for i, count in enumerate(missing) if not count}
    while ready:
        layer, chosen = _next(units, ready, choose, known)
        yield layer, [units[i] for i in chosen]
        for i in chosen:
            ready.remove(i)
            for j in followers[i]:
                missing[j] -= 1
                if not missing[j]:
                    ready.add(j)
    if trailing:
        *first, last = trailing
        yield None, [_Unit(last, tuple(first))]


def _next(
    units: Sequence[_Unit], ready: set[int], choose: Choice, known: Collection[Pair] | None
) -> tuple[LearnedLayer | None, list[int]]:
    order = sorted(ready)
    for i in order:
        if units[i].step.kind is Kind.WAIT:
            return None, [i]
    couplers = [i for i in order if units[i].step.kind is Kind.COUPLER]
    if not couplers:
        # Measurements come as late as they can, as in the schedule.
        return None, order[:1]
    # A gate that no layer knows may free one that completes a layer, and is in nobody's way.
    for i in couplers:
        if known is not None and (not units[i].step.text or _pair(units[i].step) not in known):
            return None, [i]
    at = {_pair(units[i].step): i for i in couplers if units[i].step.text}
    layer = choose(at) if at else None
    return layer, couplers[:1] if layer is None else sorted(at[pair] for pair in layer.pairs)


def _units(steps: Sequence[Step]) -> tuple[list[_Unit], list[set[int]], list[Step]]:
    """Return the units, for each the units that it needs, and the pulses after which nothing comes."""
    units: list[_Unit] = []
    needs: list[set[int]] = []
    pulses: dict[int, list[Step]] = {}
    last: dict[int, int] = {}
    recorded: int | None = None
    for step in steps:
        if step.kind in (Kind.PULSE, Kind.VIRTUAL):
            pulses.setdefault(step.qubits[0], []).append(step)
            continue
        needed = {last[q] for q in step.qubits if q in last}
        if step.kind in (Kind.MEASURE, Kind.FEEDBACK):
            # Records are counted back from where they are used: their order stays.
            needed |= set() if recorded is None else {recorded}
            recorded = len(units)
        last.update(dict.fromkeys(step.qubits, len(units)))
        units.append(_Unit(step, tuple(p for q in step.qubits for p in pulses.pop(q, ()))))
        needs.append(needed)
    return units, needs, [step for left in pulses.values() for step in left]


class _Clock:
    """What the qubits are at: whether they have begun and are not done, and pulses since the last gate."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._left = Counter(q for step in steps if step.kind is not Kind.WAIT for q in step.qubits)
        self._begun: set[int] = set()
        self._pulses: dict[int, list[int]] = {}

    def passed(self, step: Step, place: int) -> None:
        """Take note of a step, and of where it stands."""
        if step.kind is Kind.WAIT:
            if step.duration_s:
                self.ended(step.qubits)
            return
        self._left.subtract(step.qubits)
        if step.kind is Kind.VIRTUAL:
            return
        self._begun.update(step.qubits)
        if step.kind is Kind.PULSE:
            self._pulses.setdefault(step.qubits[0], []).append(place)
        elif step.kind is not Kind.IN_LAYER:
            self.ended(step.qubits)

    def runs(self, qubit: int) -> bool:
        """Whether the qubit can wait for others: it has begun, and something is still to come."""
        return qubit in self._begun and self._left[qubit] > 0

    def pulses_before(self, qubits: Sequence[int]) -> list[int]:
        """Return where the pulses stand that lie between the last gates of qubits and now."""
        return [place for q in qubits for place in self._pulses.get(q, ())]

    def ended(self, qubits: Sequence[int]) -> None:
        """Forget the pulses of qubits: something else has come."""
        for q in qubits:
            self._pulses.pop(q, None)


def _channel(layer: LearnedLayer, gates: Sequence[Step], used: set[int], clock: _Clock) -> Step:
    """Return the noise of a layer; its qubits, and neighbours that idle meanwhile, are busy with it."""
    busy = {q for gate in gates for q in gate.qubits}
    busy |= {q for q in layer.qubits if clock.runs(q)}
    # What nobody uses is traced out.
    channel = tuple(left for g in layer.generators if (left := g.on(used)) is not None)
    lasts = max(gate.duration_s for gate in gates)
    return Step(Kind.CHANNEL, tuple(sorted(busy)), lasts, "", channel=channel)


def _pair(step: Step) -> Pair:
    a, b = sorted(step.qubits)
    return a, b
