"""The one place that imports bloqade-tsim: samples of circuits with few rotations that are not Clifford."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from math import pi
from typing import Any

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.device import Device, NoiseRules
from qclone.errors import MissingPackageError
from qclone.simulate._noisy import write
from qclone.simulate._steps import Kind, Step

# The rank grows exponentially with rotations, and below that many qubits Aer has the density matrix.
MOST_ROTATIONS = 20
FEWEST_QUBITS = 11
# Samples depend on the size of a batch; each size is compiled once.
_BATCH = 4096


def is_installed() -> bool:
    """Say whether bloqade-tsim is there."""
    return find_spec("tsim") is not None


def suits(steps: Sequence[Step]) -> bool:
    """Say whether steps are for tsim rather than for Aer: many qubits, few rotations about Z or ZZ."""
    turns = [step for step in steps if _is_rotation(step)]
    others = [s for s in steps if not s.text and s.kind not in (Kind.WAIT, Kind.CHANNEL)]
    qubits = {q for step in steps if step.kind is not Kind.WAIT for q in step.qubits}
    return len(turns) == len(others) and len(turns) <= MOST_ROTATIONS and len(qubits) >= FEWEST_QUBITS


def tsim_records(
    steps: Sequence[Step], device: Device, rules: NoiseRules, shots: int, seed: int
) -> NDArray[np.bool_]:
    """Return the measured bits of every shot, in the order of measurement, with the twin's noise."""
    words = [replace(step, text=_words(step)) if _is_rotation(step) else step for step in steps]
    circuit = _on_used_qubits(write(words, device, rules))
    sampler = _tsim().Circuit.from_stim_program(circuit).compile_sampler(seed=seed % 2**31)
    records: NDArray[np.bool_] = sampler.sample(shots, batch_size=min(shots, _BATCH)).astype(np.bool_)
    return records


def _is_rotation(step: Step) -> bool:
    return not step.text and step.source is not None and step.source.operation.name in ("rz", "rzz")


def _words(step: Step) -> str:
    assert step.source is not None
    # In half turns; without an exponent, which tsim does not read.
    turn = f"I[R_Z(theta={float(step.source.operation.params[0]) / pi:.18f}*pi)] {step.qubits[-1]}"
    if len(step.qubits) == 1:
        return turn
    both = "CX {} {}".format(*step.qubits)
    return f"{both}\n{turn}\n{both}"


def _on_used_qubits(circuit: stim.Circuit) -> stim.Circuit:
    """Number the qubits that are used from 0: a processor's others would be simulated too."""
    flat = circuit.flattened()
    used = sorted({q for i in flat for t in i.targets_copy() if (q := _qubit(t)) is not None})
    at = {q: i for i, q in enumerate(used)}
    numbered = stim.Circuit()
    for i in flat:
        targets = [_renamed(t, at) for t in i.targets_copy()]
        numbered.append(i.name, targets, i.gate_args_copy(), tag=i.tag)
    return numbered


def _qubit(target: stim.GateTarget) -> int | None:
    has_one = target.is_qubit_target or target.is_x_target or target.is_y_target or target.is_z_target
    return target.value if has_one else None


def _renamed(target: stim.GateTarget, at: dict[int, int]) -> stim.GateTarget:
    if target.is_qubit_target:
        place = at[target.value]
        return stim.target_inv(place) if target.is_inverted_result_target else stim.GateTarget(place)
    if (qubit := _qubit(target)) is not None:
        return stim.target_pauli(at[qubit], target.pauli_type)
    return target


def _tsim() -> Any:
    try:
        import tsim
    except ImportError:
        raise MissingPackageError("bloqade-tsim", "tsim") from None
    return tsim
