"""Whether measuring in the middle could beat unitary preparation: a bound, exact on the twin.

python benchmarks/measured.py --device kingston --clones 5,10,15

Bell pairs across a lattice can be made in constant depth: measure what lies between, keep the outcomes as a
Pauli frame. In its favour all gates of preparation are taken as perfect, and so is readout. What is left is
waiting: of the n pairs only as many cross from signal to noise qubits at a time as there are rungs, so in the
best case all others wait for one measurement before their way is free. Printed are the time a measurement may
take until that costs as much as the whole unitary preparation; the same if every pair waits, as for
feed-forward; and the fidelity of the best case with the device's own measurement, one outcome a pair read
wrongly at its median rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from statistics import median

import click
import stim
from scipy.optimize import brentq

from qclone.device import idle_errors, load_device
from qclone.native import NativeCircuit, build, fidelity, measured
from qclone.scheme import Canonical
from qclone.simulate import noisy, record_expectations


def noise_after(native: NativeCircuit, basis: str, channels: stim.Circuit) -> stim.Circuit:
    """Return the measured circuit with the twin's noise, but perfect preparation and some channels after it.

    Waiting between a qubit's last gate of preparation and its next one is kept: encryption takes its time.
    """
    own = Counter(t.value for i in native.prepare for t in i.targets_copy())
    seen: Counter[int] = Counter()
    circuit, pending = stim.Circuit(), True
    for instruction in noisy(measured(native, basis), native.device):
        for group in instruction.target_groups():
            q = group[0].value
            one = stim.CircuitInstruction(instruction.name, group, instruction.gate_args_copy())
            if stim.gate_data(instruction.name).is_unitary:
                seen.update(t.value for t in group)
            elif seen[q] < own[q] or (seen[q] == own[q] and instruction.name.startswith("DEPOLARIZE")):
                continue
            if pending and instruction.name == "CZ" and seen[q] > own[q]:
                circuit, pending = circuit + channels, False
            circuit.append(one)
    return circuit


def value(native: NativeCircuit, channels: stim.Circuit) -> float:
    """The entanglement fidelity with preparation for free."""
    xx, yy, zz = (
        float(record_expectations(noise_after(native, basis, channels), [[0, 1]])[0]) for basis in "XYZ"
    )
    return (1 + xx - yy + zz) / 4


def waiting(native: NativeCircuit, qubits: Iterable[int], seconds: float) -> stim.Circuit:
    """Idling, as the twin has it."""
    circuit = stim.Circuit()
    for q in qubits:
        x_or_y, z = idle_errors(native.device.qubit(q), seconds)
        for name, probability in (("X_ERROR", x_or_y), ("Y_ERROR", x_or_y), ("Z_ERROR", z)):
            circuit.append(name, [q], probability)
    return circuit


def rungs(native: NativeCircuit) -> int:
    """How many ways lead from signal to noise qubits: couplers, and free qubits in between."""
    roles = native.roles
    kind = {q: label[0] for label, q in roles.items()}
    sides: dict[int, set[str]] = {}
    direct = 0
    for a, b in native.device.edges:
        direct += {kind.get(a), kind.get(b)} == {"S", "N"}
        for free, other in ((a, b), (b, a)):
            if free not in kind and other in kind:
                sides.setdefault(free, set()).add(kind[other])
    return direct + sum({"S", "N"} <= found for found in sides.values())


def break_even(worth: float, gain: Callable[[float], float], most: float) -> float:
    """Where a fidelity that falls from above `worth` reaches it."""
    return float(brentq(lambda x: gain(x) - worth, 0, most)) if gain(most) < worth < gain(0) else float("nan")


@click.command()
@click.option("--device", "name", default="kingston")
@click.option("--clones", default="5,10,15")
def main(name: str, clones: str) -> None:
    """Print, for each n, what a measurement may take."""
    device = load_device(name)
    click.echo(f"{name} measures in {device.measurement_duration_s * 1e6:.2f} us")
    click.echo("| n | Fe | Fe, preparation for free | rungs | us, best case | us, all wait | Fe, best case |")
    click.echo("|---" * 7 + "|")
    for n in map(int, clones.split(",")):
        show(build(Canonical(n), device), n)


def show(native: NativeCircuit, n: int) -> None:
    """Print a row."""
    worth = fidelity(native)
    pairs = [(native.roles[f"S{i}"], native.roles[f"N{i}"]) for i in range(1, n + 1)]
    pairs.sort(key=lambda pair: sum(1 / native.device.qubit(q).t2_s for q in pair))
    waits = pairs[: max(0, n - rungs(native))], pairs
    times = [
        break_even(worth, lambda t, some=some: value(native, waiting(native, chain(*some), t)), 1e-4)
        for some in waits
    ]
    error = median(native.device.qubit(q).readout_error for q in native.device.working_qubits)
    flips = stim.Circuit(f"X_ERROR({error}) " + " ".join(str(s) for s, _ in pairs))
    own = flips + waiting(native, chain(*waits[0]), native.device.measurement_duration_s)
    free = value(native, stim.Circuit())
    click.echo(
        f"| {n} | {worth:.3f} | {free:.3f} | {rungs(native)} "
        f"| {times[0] * 1e6:.2f} | {times[1] * 1e6:.2f} | {value(native, own):.3f} |"
    )


main()
