"""The twin's noise rules as data: what each gate, readout and wait costs, with formula and source."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import exp

from qclone.device._device import Device, Qubit
from qclone.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Rule:
    """One noise rule: its name in `NoiseRules`, what it does, why."""

    name: str
    meaning: str
    formula: str
    source: str


_NIELSEN = "M. A. Nielsen, quant-ph/0205035: F_average = (d F_entanglement + 1)/(d + 1)"

RULES = (
    Rule(
        "two_qubit",
        "two-qubit depolarising after each two-qubit gate",
        "p = 5/4 e, one of 15 Paulis at random; e is the coupler's average infidelity",
        _NIELSEN,
    ),
    Rule(
        "one_qubit",
        "depolarising after each sx, x or id pulse; rz is virtual and free",
        "p = 3/2 e, one of 3 Paulis at random; e is the qubit's average infidelity",
        _NIELSEN + "; virtual Z: D. McKay et al., 1612.00858",
    ),
    Rule(
        "readout",
        "a measured bit is flipped",
        "p = the qubit's readout error, the mean of both assignments",
        "calibration data of the processor",
    ),
    Rule(
        "idle",
        "relaxation and dephasing while a qubit waits between its first and last operation, "
        "scheduled as late as possible",
        "Pauli twirl: px = py = (1 - exp(-t/T1))/4, pz = (1 - exp(-t/T2))/2 - px",
        "J. Ghosh, A. Fowler, M. Geller, 1210.5799",
    ),
    Rule(
        "measurement_time",
        "a measurement lasts: whatever is ordered after it waits (without the rule it is instantaneous)",
        "t = the device's measurement duration, 2.28 us on kingston",
        "calibration data of the processor; 2602.10695 states about 3 us",
    ),
)

LEARNED = Rule(
    "learned",
    "after a layer of two-qubit gates that was learned its Pauli-Lindblad channel, in place of two_qubit on "
    "its gates, of one_qubit on the pulses right before them, and of idle while it lasts",
    "each generator P of rate r strikes with p = (1 - exp(-2 r))/2, independently",
    "E. van den Berg, Z. Minev, A. Kandala, K. Temme, 2201.09866",
)
"""The rule of devices whose noise was learned, see `Device.with_learned`."""


def rules_of(device: Device) -> tuple[Rule, ...]:
    """Return the rules that make the noise of a device: `RULES`, and `LEARNED` where something was."""
    return RULES if device.learned is None else (*RULES, LEARNED)


@dataclass(frozen=True)
class NoiseRules:
    """Which rules are on, and one factor on all error rates and waiting times.

    Parameters
    ----------
    two_qubit, one_qubit, readout, idle, measurement_time : see `RULES`.
    scale : factor on every error probability, on waiting times in the idle rule and on learned rates; 1 is
        the device as calibrated.
    learned : see `LEARNED`; without it learned layers are as calibrated.

    Example
    -------
    >>> NoiseRules().without("idle").idle
    False
    >>> NoiseRules.only("readout")
    NoiseRules(two_qubit=False, one_qubit=False, readout=True, idle=False, measurement_time=False, \
scale=1.0, learned=False)
    """

    two_qubit: bool = True
    one_qubit: bool = True
    readout: bool = True
    idle: bool = True
    measurement_time: bool = True
    scale: float = 1.0
    learned: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.scale < float("inf"):
            raise InvalidInputError(
                f"The noise scale must be a finite number of at least 0, not {self.scale}.",
                "1 is the device as calibrated.",
            )

    @classmethod
    def none(cls) -> NoiseRules:
        """Return a noiseless set of rules."""
        return cls(**dict.fromkeys(_NAMES, False))

    @classmethod
    def only(cls, name: str) -> NoiseRules:
        """Return the set with one rule."""
        return replace(cls.none(), **{_known(name): True})

    def without(self, name: str) -> NoiseRules:
        """Return these rules less one."""
        return replace(self, **{_known(name): False})

    def to_dict(self, device: Device) -> dict[str, bool | float]:
        """Return the rules as JSON types: what decides a number on a device."""
        document = asdict(self)
        if device.learned is None:
            del document["learned"]
        return document


_NAMES = (*(rule.name for rule in RULES), LEARNED.name)


def _known(name: str) -> str:
    if name not in _NAMES:
        raise InvalidInputError(f"There is no noise rule {name!r}.", f"Choose one of {', '.join(_NAMES)}.")
    return name


def depolarizing(error: float, num_qubits: int, scale: float = 1.0) -> float:
    """Return the probability that one of the 4^k - 1 Paulis strikes, for an average infidelity e.

    p = e (d + 1)/d with d = 2^k; at most (d^2 - 1)/d^2, where the state is maximally mixed.

    Example
    -------
    >>> depolarizing(0.004, 2), depolarizing(0.02, 1)
    (0.005, 0.03)
    """
    dimension = 2**num_qubits
    return min(scale * error * (dimension + 1) / dimension, 1 - dimension**-2)


def idle_errors(qubit: Qubit, duration_s: float) -> tuple[float, float]:
    """Return probabilities (q, r) of independent X, Y errors (q each) and Z errors (r) of a wait.

    Together they are the Pauli twirl of T1 and T2 exactly: the Z eigenvalue of the channel is
    (1 - 2q)^2 = exp(-t/T1), that of X and Y is (1 - 2q)(1 - 2r) = exp(-t/T2). Needs T2 <= 2 T1.
    """
    relaxed = duration_s / qubit.t1_s
    x_or_y = (1 - exp(-relaxed / 2)) / 2
    z = (1 - exp(relaxed / 2 - duration_s / qubit.t2_s)) / 2
    return x_or_y, max(z, 0.0)
