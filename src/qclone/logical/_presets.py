"""Noise of machines: numbers as published, and what had to be assumed."""

from __future__ import annotations

from dataclasses import replace
from math import exp
from statistics import median

from qclone.device import depolarizing, load_device
from qclone.errors import InvalidInputError
from qclone.logical._noise import Rates, depolarised

_IONS = (
    "Pauli noise only: no leakage, nothing coherent; SPAM is split evenly between reset and readout, assumed"
)
_HELIOS = "Quantinuum Helios, 2511.05465: infidelities 7.9(2)e-4 and 2.5(1)e-5, SPAM 4.8(6)e-4, as published"

PRESETS: dict[str, Rates] = {
    rates.name: rates
    for rates in (
        Rates(
            "helios",
            f"{_HELIOS}; nothing happens while a qubit waits, assumed. {_IONS}",
            two_qubit=depolarizing(7.9e-4, 2),
            one_qubit=depolarizing(2.5e-5, 1),
            reset=2.4e-4,
            readout=2.4e-4,
        ),
        Rates(
            "helios-idle",
            f"{_HELIOS}; 2e-4 a waiting qubit and layer, assumed. {_IONS}",
            two_qubit=depolarizing(7.9e-4, 2),
            one_qubit=depolarizing(2.5e-5, 1),
            reset=2.4e-4,
            readout=2.4e-4,
            round_idle=depolarised(2e-4),
            layer_idle=depolarised(2e-4),
        ),
        Rates(
            "h2",
            "Quantinuum H2: infidelities 1.05e-3 and 3e-5, SPAM 1.5e-3 (1.6(1)e-3 in 2305.03828), and "
            f"3e-4 a waiting qubit and layer, all assumed. {_IONS}",
            two_qubit=depolarizing(1.05e-3, 2),
            one_qubit=depolarizing(3e-5, 1),
            reset=7.5e-4,
            readout=7.5e-4,
            round_idle=depolarised(3e-4),
            layer_idle=depolarised(3e-4),
        ),
        Rates(
            "atoms",
            "neutral atoms with errors of 3e-3 in everything (two-qubit infidelity as in 2304.05420), loss "
            "of 2e-3 a data atom and round, seen and replaced: assumed; no correlations",
            two_qubit=3e-3,
            one_qubit=3e-3,
            reset=3e-3,
            readout=3e-3,
            round_idle=depolarised(3e-3),
            loss=2e-3,
        ),
    )
}


def load_rates(noise: str | float, loss: float | None = None) -> Rates:
    """Return rates: a number for uniform noise, a preset, or ``device:NAME`` for medians of a processor.

    Parameters
    ----------
    loss : probability that a data qubit is lost in a round, in place of the preset's.

    Raises
    ------
    InvalidInputError : no such noise.

    Example
    -------
    >>> load_rates("1e-3").two_qubit, load_rates("helios").two_qubit
    (0.001, 0.0009875)
    """
    rates = _rates(noise)
    if loss is None:
        return rates
    return replace(rates, name=f"{rates.name} loss {loss:g}", loss=loss)


def _rates(noise: str | float) -> Rates:
    if noise in PRESETS:
        return PRESETS[str(noise)]
    if isinstance(noise, str) and noise.startswith("device:"):
        return device_rates(noise.removeprefix("device:"))
    try:
        return Rates.uniform(float(noise))
    except ValueError:
        raise InvalidInputError(
            f"There is no noise {noise!r}.",
            f"Give a number such as 1e-3, one of {', '.join(PRESETS)}, or device:kingston.",
        ) from None


def device_rates(name: str) -> Rates:
    """Return what blocks of a processor's median qubits would have, by the twin's rules.

    Gate infidelities become depolarising, readout errors flips; a round takes six two-qubit gates and a
    measurement, in which data qubits wait by the Pauli twirl of T1 and T2, and a layer one gate. Every pair
    of qubits that a code couples is taken to be a coupler.
    """
    device = load_device(name)
    if not device.couplers:
        raise InvalidInputError(f"{name} couples no qubits that work.", "Choose another device.")
    qubits = [q for q in device.qubits if q is not None]
    gate = median(c.duration_s for c in device.couplers)
    t1, t2 = median(q.t1_s for q in qubits), median(q.t2_s for q in qubits)
    readout = median(q.readout_error for q in qubits)
    measure = device.measurement_duration_s

    def idle(seconds: float) -> tuple[float, float, float]:
        x = (1 - exp(-seconds / t1)) / 4
        return x, x, max((1 - exp(-seconds / t2)) / 2 - x, 0.0)

    return Rates(
        f"device:{name}",
        f"medians of {name} under the twin's rules; a coupler wherever the code needs one",
        two_qubit=depolarizing(median(c.error for c in device.couplers), 2),
        one_qubit=depolarizing(median(q.gate_error for q in qubits), 1),
        reset=readout,
        readout=readout,
        round_idle=idle(6 * gate + measure),
        layer_idle=idle(gate),
    )
