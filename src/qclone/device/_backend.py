"""The device of any Qiskit backend, with a report of what was left out or assumed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median
from typing import Any

from qiskit.circuit import Gate
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.transpiler import InstructionProperties, Target

from qclone.device._assumed import Assumed
from qclone.device._device import ENTANGLERS, Coupler, Device, Qubit
from qclone.device._entangler import entangler_of
from qclone.device._noise_model import NoiseModel, name_of, noise_model_of, own_target
from qclone.device._profile import Profile, profile_of
from qclone.errors import InvalidInputError

# One-qubit gates that pulse, the usual first; all else that is diagonal or waits is none.
_PULSES = ("sx", "r", "prx", "u", "u3", "rx", "ry", "gpi2", "x", "h")
_NO_PULSE = {"rz", "id", "delay", "measure", "reset", "p", "u1", "z", "s", "sdg", "t", "tdg", "barrier"}
_ABSENT = InstructionProperties()
# Gates that take longer are none, but a number in other units.
_LONGEST_S = 1
_MIXED = 0.7499
# Of a simulator that does not say; as many as Aer has.
_WIDTH = 30
# More qubits that are all coupled are no machine's.
_MOST = 1000
# A list of more than this is counted, not told.
_TOLD = 8


def from_backend(backend: Any, assumed: Assumed | None = None) -> Device:
    """Return the device of any Qiskit backend: any Clifford-equivalent two-qubit gate, any one-qubit gates.

    A backend that couples without a map couples all to all. Errors are those of its target, or of the noise
    model that it simulates. What does not work is left out: a qubit or coupler whose error is 1, or that
    states nothing where the others do. What no qubit states is assumed, or switched off. A reported T2 above
    2 T1 (a fit's scatter) is cut. `Device.notes` says all that.

    Parameters
    ----------
    assumed : for what the backend leaves open.

    Raises
    ------
    InvalidInputError : the backend does not say how many qubits it has, or entangles none of them.
    """
    return _Reading(backend, assumed or Assumed()).device()


@dataclass
class _Reading:
    backend: Any
    assumed: Assumed
    notes: list[str] = field(default_factory=list)

    def device(self) -> Device:
        name = name_of(self.backend)
        target, noise = own_target(self.backend), noise_model_of(self.backend)
        if target is not None and target.operation_names and _is_unbounded(target):
            target = self._wide(target)
        if target is None or not target.num_qubits:
            raise InvalidInputError(
                f"The backend {name} does not say which qubits and gates it has.",
                "Describe the device in a JSON file, or name its lattice, see docs/twin.md.",
            )
        profile = profile_of(self.backend)
        qubits = self._qubits(target, noise, profile)
        couplers = self._couplers(target, noise, profile, qubits)
        measured = self._longest(target, "measure")
        measurement_s = self._time("A measurement", measured, self.assumed.measurement_duration_s)
        reset_s = self._longest(target, "reset")
        if reset_s is None and self.assumed.reset_duration_s is None and measurement_s:
            self.notes.append(
                "How long a reset takes is not stated: as long as a measurement, it is assumed."
            )
            reset_s = measurement_s
        if noise is not None and (left := noise.beside):
            self.notes.append(f"The twin has no rule for the noise of {', '.join(left)}: it is left out.")
        free = [e.error for e in self._entries(target, "rz").values() if e.error]
        if free:
            self.notes.append(f"The rz has an error, {median(free):.2g}, which the twin takes for none.")
        return Device(
            name=name.removeprefix("fake_").removeprefix("ibm_"),
            qubits=qubits,
            couplers=couplers,
            measurement_duration_s=measurement_s,
            reset_duration_s=self._time("A reset", reset_s, self.assumed.reset_duration_s),
            snapshot_date=_calibration_date(self.backend),
            notes=tuple(self.notes),
        )

    def _wide(self, target: Target) -> Target:
        """Return the gates of a simulator of any width on as many qubits as its name does not deny."""
        stated = target.num_qubits or getattr(self.backend, "num_qubits", None)
        width = stated if stated and stated <= _MOST else _WIDTH
        said = (
            f"{stated} qubits are stated, all coupled"
            if stated
            else "How many qubits there are is not stated"
        )
        self.notes.append(f"{said}: {width} are assumed.")
        wide = Target(num_qubits=width)
        for name in target.operation_names:
            wide.add_instruction(_operation(target, name), None, name=name)
        return wide

    def _qubits(
        self, target: Target, noise: NoiseModel | None, profile: Profile | None
    ) -> tuple[Qubit | None, ...]:
        width = range(target.num_qubits)
        pulse = _pulse_of(target)
        pulses, readouts = self._entries(target, pulse), self._entries(target, "measure")
        times = target.qubit_properties or [None] * target.num_qubits

        def stated(i: int) -> dict[str, float | None]:
            p, m, t = pulses.get((i,), _ABSENT), readouts.get((i,), _ABSENT), times[i]
            found = {
                "t1": _time(getattr(t, "t1", None)),
                "t2": _time(getattr(t, "t2", None)),
                "error": p.error,
                "duration": _time(p.duration),
                "readout": m.error,
            }
            if noise is not None:
                own = {"error": noise.infidelity(pulse, (i,)), "readout": noise.readout_error(i)}
                found |= {k: v for k, v in own.items() if v is not None}
            if profile is not None:
                found |= {k: v for k, v in profile.qubit(i).items() if found[k] is None}
            return found

        rows = [stated(i) for i in width]
        if noise is not None:  # who has no noise in a model is perfect, not broken
            for key in ("error", "readout"):
                self._perfect(rows, key)
        known = {k: [v for r in rows if (v := r[k]) is not None] for k in rows[0]}
        broken = {i for i in width if not self._works(rows[i], known)}
        # A time of nought is how a fit that failed is written down.
        given = {
            "t1": self._given("T1", known["t1"], self.assumed.t1_s, math.inf, "waiting relaxes nothing"),
            "t2": self._given("T2", known["t2"], self.assumed.t2_s, math.inf, "waiting dephases nothing"),
            "error": self._given(
                "The error of a one-qubit gate", known["error"], self.assumed.one_qubit_error, 0.0, "none"
            ),
            "duration": self._given(
                "The duration of a one-qubit gate",
                known["duration"],
                self.assumed.one_qubit_duration_s,
                0.0,
                "it takes no time",
            ),
            "readout": self._given(
                "The readout error", known["readout"], self.assumed.readout_error, 0.0, "none"
            ),
        }
        qubits: list[Qubit | None] = []
        cut = 0
        for i in width:
            if i in broken:
                qubits.append(None)
                continue
            full = {k: given[k] if x is None else float(x) for k, x in rows[i].items()}
            cut += full["t2"] > 2 * full["t1"]
            times_s = (full["t1"], min(full["t2"], 2 * full["t1"]))
            qubits.append(Qubit(*times_s, full["error"], full["duration"], full["readout"]))
        if broken:
            self.notes.append(f"Left out: {_told(sorted(broken), 'qubit')} without a working calibration.")
        if cut and known["t2"]:
            self.notes.append(f"T2 is above 2 T1 on {cut} qubits and was cut to it.")
        return tuple(qubits)

    def _perfect(self, rows: Sequence[dict[str, float | None]], key: str) -> None:
        """Fill in 0 where a noise model has nothing on some qubits, and note it."""
        silent = [i for i, row in enumerate(rows) if row[key] is None]
        if len(silent) < len(rows):
            for i in silent:
                rows[i][key] = 0.0
            if silent:
                what = "gates" if key == "error" else "readout"
                self.notes.append(f"The noise model has no noise of {what} on {_told(silent, 'qubit')}.")

    @staticmethod
    def _works(row: Mapping[str, float | None], known: Mapping[str, Sequence[float]]) -> bool:
        """Whether a qubit works: it states what others do, its errors are below one, its times are times."""
        rates = [row[k] for k in ("error", "readout")]
        if any(rate is not None and not 0 <= rate < 1 for rate in rates):
            return False
        if any(row[k] is None and known[k] for k in row):
            return False
        if row["duration"] is not None and not 0 <= row["duration"] < _LONGEST_S:
            return False
        return all(time is None or time > 0 for time in (row["t1"], row["t2"]))

    def _couplers(
        self,
        target: Target,
        noise: NoiseModel | None,
        profile: Profile | None,
        qubits: Sequence[Qubit | None],
    ) -> tuple[Coupler, ...]:
        gates = {n: e for n in target.operation_names if (e := entangler_of(_operation(target, n)))}
        if not gates:
            names = ", ".join(sorted(n for n in target.operation_names if n not in _NO_PULSE))
            name = name_of(self.backend)
            raise InvalidInputError(
                f"The backend {name} has no two-qubit gate that makes a CZ (it has {names}).",
                f"Clifford-equivalent are {', '.join(ENTANGLERS)}.",
            )
        found: dict[tuple[int, int], list[tuple[float | None, float | None, str]]] = {}
        alone, silent = set(), set()
        for name, gate in gates.items():
            for (a, b), entry in self._pairs(target, name):
                if a == b:
                    alone.add(a)
                    continue
                error, duration = entry.error, _time(entry.duration)
                if noise is not None and (own := noise.infidelity(name, (a, b))) is not None:
                    error = own
                elif noise is not None and noise.pairs and error is None:
                    error = 0.0  # it runs there, and perfectly
                    silent.add((min(a, b), max(a, b)))
                if profile is not None:
                    error = profile.pair_error(a, b) if error is None else error
                    duration = profile.two_qubit_duration_s if duration is None else duration
                found.setdefault((min(a, b), max(a, b)), []).append((error, duration, gate))
        stated = [e for ways in found.values() for e, _, _ in ways if e is not None]
        lasting = [d for ways in found.values() for _, d, _ in ways if d is not None]
        missing = self._given(
            "The error of a two-qubit gate", stated, self.assumed.two_qubit_error, 0.0, "none"
        )
        length = self._given(
            "The duration of a two-qubit gate",
            lasting,
            self.assumed.two_qubit_duration_s,
            0.0,
            "it takes no time",
        )
        couplers, broken = [], []
        for (a, b), ways in sorted(found.items()):
            working = [
                w
                for w in ways
                if _works(w[0], bool(stated)) and (not lasting if w[1] is None else 0 <= w[1] < _LONGEST_S)
            ]
            if qubits[a] is None or qubits[b] is None or not working:
                broken.append((a, b))
                continue
            made = [Coupler(a, b, _or(e, missing), _or(d, length), g) for e, d, g in working]
            # Some backends report both directions, or two gates: the better one is the native one.
            couplers.append(min(made, key=lambda c: (c.cz_error, list(ENTANGLERS).index(c.gate))))
        if broken:
            self.notes.append(
                f"Left out: {_told(broken, 'coupler')} of {len(found)}, with error 1, without calibration, "
                "with a duration that is none, or on a qubit that does not work."
            )
        if alone:
            self.notes.append(
                f"Left out: two-qubit gates of one qubit with itself, {_told(sorted(alone), 'qubit')}."
            )
        if silent:
            self.notes.append(f"The noise model has no noise of gates on {_told(sorted(silent), 'coupler')}.")
        if noise is not None and noise.pairs and not getattr(self.backend, "coupling_map", None):
            self.notes.append(
                "No map says what is coupled: those pairs whose gates have noise, it is assumed."
            )
        others = {g for g in gates.values() if all(c.gate != g for c in couplers)}
        if others and couplers:
            self.notes.append(f"Not used, as others are better everywhere: {', '.join(sorted(others))}.")
        return tuple(couplers)

    def _given(
        self, what: str, stated: Sequence[Any], assumed: float | None, off: float, means: str
    ) -> float:
        """Return what stands for a value that no qubit states, and note it."""
        if stated:
            return off
        if assumed is None:
            self.notes.append(f"{what} is not stated and off: {means}.")
            return off
        self.notes.append(f"{what} is not stated: {assumed:g} is assumed ({self.assumed.source}).")
        return assumed

    def _time(self, what: str, stated: float | None, assumed: float | None) -> float:
        if stated is not None:
            return stated
        if assumed is None:
            self.notes.append(f"{what} has no stated duration: it takes no time.")
            return 0.0
        self.notes.append(f"{what} has no stated duration: {assumed:g} s ({self.assumed.source}).")
        return assumed

    @staticmethod
    def _entries(target: Target, name: str) -> dict[tuple[int, ...], InstructionProperties]:
        if name not in target.operation_names:
            return {}
        entries = target[name] or {}
        everywhere = entries.get(None)
        if everywhere is not None:
            return {(i,): everywhere for i in range(target.num_qubits)}
        return {qubits: entry for qubits, entry in entries.items() if qubits and entry is not None}

    @staticmethod
    def _pairs(target: Target, name: str) -> Iterable[tuple[tuple[int, int], InstructionProperties]]:
        entries = target[name] or {None: None}
        if None in entries:
            entry = entries[None] or _ABSENT
            # Aer's target has a map beside gates that are of no pairs.
            known = target.build_coupling_map()
            every = combinations(range(target.num_qubits), 2) if known is None else known.get_edges()
            return [((a, b), entry) for a, b in every]
        return [(pair, entry or _ABSENT) for pair, entry in entries.items()]

    def _longest(self, target: Target, operation: str) -> float | None:
        stated = {q: _time(e.duration) for q, e in self._entries(target, operation).items()}
        durations = {q: d for q, d in stated.items() if d is not None}
        odd = [q for (q,), d in durations.items() if not 0 <= d < _LONGEST_S]
        if odd:
            self.notes.append(
                f"Left out: the duration of a {operation} on {_told(odd, 'qubit')}, which is below 0 or not "
                f"below {_LONGEST_S} s."
            )
        return max((d for (q,), d in durations.items() if q not in odd), default=None)


def _is_unbounded(target: Target) -> bool:
    """Whether no number of qubits is stated, or one that only bounds a simulator's memory."""
    if not target.num_qubits:
        return True
    return target.num_qubits > _MOST and any(
        entangler_of(_operation(target, name)) and None in (target[name] or {None: None})
        for name in target.operation_names
    )


def _pulse_of(target: Target) -> str:
    """Return the name of the one-qubit gate whose error is the qubit's."""
    names: list[str] = [name for name in _PULSES if name in target.operation_names]
    for name in target.operation_names:
        operation = _operation(target, name)
        if isinstance(operation, Gate) and operation.num_qubits == 1 and name not in _NO_PULSE:
            names.append(name)
    return names[0] if names else ""


def _operation(target: Target, name: str) -> Any:
    found = target.operation_from_name(name)
    # Some targets hold classes of gates, for any number of qubits.
    return get_standard_gate_name_mapping().get(name, found) if isinstance(found, type) else found


def _works(error: float | None, stated: bool) -> bool:
    if error is None:
        return not stated
    # The average infidelity of a gate after which nothing is left is 3/4; calibrations write 1 for it.
    return 0 <= error < _MIXED


def _time(seconds: float | None) -> float | None:
    """Return a time; None also for one that is no number, which some write for what was not measured."""
    return None if seconds is None or math.isnan(seconds) else seconds


def _or(value: float | None, other: float) -> float:
    return other if value is None else float(value)


def _told(items: Sequence[Any], what: str) -> str:
    named = f": {', '.join(map(str, items))}" if len(items) <= _TOLD else ""
    return f"{len(items)} {what}{'s' if len(items) > 1 else ''}{named}"


def _calibration_date(backend: Any) -> str:
    properties: Callable[[], Any] | None = getattr(backend, "properties", None)
    found = properties() if callable(properties) else None
    date: Any = getattr(found, "last_update_date", None)
    return date.date().isoformat() if hasattr(date, "date") else str(date or "")[:10]
