"""Calibration that IQM's backends state beside their target: an error profile, in nanoseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Profile:
    """An error profile as `iqm.qiskit_iqm` has it.

    Its depolarising parameters p leave the state with 1 - p and mix it fully otherwise: an average
    infidelity of p (d - 1)/d with d = 2^k. Times are in nanoseconds.

    Parameters
    ----------
    profile : `IQMErrorProfile`.
    name_of : qubit index -> the profile's name of the qubit, such as QB1.
    """

    profile: Any
    name_of: Callable[[int], str]

    def qubit(self, index: int) -> dict[str, float | None]:
        """Return what is stated of a qubit: t1, t2, error, duration, readout."""
        name, p = self.name_of(index), self.profile
        depolarising: Mapping[str, float] = next(
            iter(p.single_qubit_gate_depolarizing_error_parameters.values()), {}
        )
        readout: Mapping[str, float] = p.readout_errors.get(name, {})
        t1, t2 = p.t1s.get(name), p.t2s.get(name)
        return {
            "t1": t1 and t1 * 1e-9,
            "t2": t2 and t2 * 1e-9,
            "error": depolarising[name] / 2 if name in depolarising else None,
            "duration": _first(p.single_qubit_gate_durations),
            "readout": sum(readout.values()) / len(readout) if readout else None,
        }

    def pair_error(self, a: int, b: int) -> float | None:
        """Return the average infidelity of a coupled pair's gate, if it is stated.

        On a star one qubit's state moves into the resonator, meets the other there and moves back: a CZ
        and two moves, whose errors add up (moves that are not stated are free).
        """
        pair = self.name_of(a), self.name_of(b)
        tables = self.profile.two_qubit_gate_depolarizing_error_parameters
        for errors in tables.values():
            for key in (pair, pair[::-1]):
                if key in errors:
                    return float(errors[key]) * 3 / 4
        entangling, moving = tables.get("cz", {}), tables.get("move", {})
        middles = {part for key in entangling for part in key if part not in pair}
        ways = [(first, second, c) for c in middles for first, second in (pair, pair[::-1])]
        found = [
            met + 2 * (_between(moving, first, middle) or 0.0)
            for first, second, middle in ways
            if (met := _between(entangling, second, middle)) is not None
        ]
        return min(found, default=None)

    @property
    def two_qubit_duration_s(self) -> float | None:
        """Duration of a two-qubit gate, seconds."""
        return _first(self.profile.two_qubit_gate_durations)

    @property
    def measurement_duration_s(self) -> float | None:
        """Profiles say nothing of how long a measurement lasts."""
        return None


def _between(errors: Mapping[tuple[str, str], float], a: str, b: str) -> float | None:
    """Return the average infidelity of a gate on two parts, in either order."""
    found = errors.get((a, b), errors.get((b, a)))
    return None if found is None else found * 3 / 4


def profile_of(backend: Any) -> Profile | None:
    """Return the error profile of a backend that has one."""
    profile, name_of = getattr(backend, "error_profile", None), getattr(backend, "index_to_qubit_name", None)
    if profile is None or name_of is None or not hasattr(profile, "t1s"):
        return None
    return Profile(profile, name_of)


def _first(durations_ns: Mapping[str, float]) -> float | None:
    values = list(durations_ns.values())
    return values[0] * 1e-9 if values else None
