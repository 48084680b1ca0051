"""Native circuits against ladders routed by Qiskit's level 3, on the same twin: every row of the paper.

python benchmarks/native.py --seeds 20

Fidelities are exact, readout included. Of the routed circuits the best seed counts. The table goes to
docs/images/native.csv row by row; what is there already with as many seeds is not routed again (all of it
takes an hour on one core). `python docs/images/native.py` draws it.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import click
import stim

from qclone.circuits import to_stim
from qclone.device import Device, load_device
from qclone.errors import InvalidInputError, QcloneError
from qclone.experiments import ParallelGhz, Row, Sensitivity, Series
from qclone.native import NativeCircuit, build, fidelity, ghz_fidelity, measured
from qclone.simulate import noisy, record_expectations, route

TABLE = Path(__file__).parents[1] / "docs" / "images" / "native.csv"
COLUMNS = (
    *("row", "size"),
    *("native_layers", "native_gates", "native_fidelity", "native_chsh", "native_chsh_first"),
    *("routed_layers", "routed_gates", "routed_fidelity", "routed_chsh", "seeds"),
    *("published_layers", "published_gates", "published_fidelity"),
)


@dataclass(frozen=True)
class Measured:
    """One circuit on the twin; S only where there is one input."""

    layers: int
    gates: int
    fidelity: float
    chsh: float | None

    @classmethod
    def of(cls, circuit: NativeCircuit) -> Measured:
        """Measure a placed circuit, whoever placed it."""
        cost = circuit.cost
        if not circuit.references:
            return cls(cost.layers, cost.gates, ghz_fidelity(circuit), None)
        return cls(cost.layers, cost.gates, fidelity(circuit), chsh(circuit))

    def columns(self, kind: str) -> dict[str, object]:
        """The values under the names of the table's columns."""
        return {
            f"{kind}_layers": self.layers,
            f"{kind}_gates": self.gates,
            f"{kind}_fidelity": f"{self.fidelity:.6f}",
            f"{kind}_chsh": "" if self.chsh is None else f"{self.chsh:.4f}",
        }


def between_axes(qubit: int) -> stim.Circuit:
    """Measure the clone as along (Z +- X)/sqrt2: a direction between the axes takes one more pulse."""
    return stim.Circuit(f"X {qubit}\nM !{qubit}")


def chsh(circuit: NativeCircuit) -> float:
    """S = sqrt2 (<XX> + <ZZ>), both ends measured together."""
    (reference,), values = circuit.references, []
    for basis in "XZ":
        whole = measured(circuit, basis)[:-1] + stim.Circuit(f"M {reference}") + between_axes(circuit.output)
        values.append(float(record_expectations(noisy(whole, circuit.device), [[0, 1]])[0]))
    return sqrt(2) * sum(values)


def chsh_first(circuit: NativeCircuit) -> float:
    """S with the reference measured after encryption, while all others wait; then the clone is decrypted."""
    (reference,), values = circuit.references, []
    tick = stim.Circuit("TICK")
    for turn in ("H", "I"):
        ends = [stim.Circuit(f"{turn} {reference}\nM {reference}"), stim.Circuit(f"{turn} {circuit.output}")]
        whole = circuit.prepare + tick + circuit.encrypt + tick + ends[0] + tick + circuit.decrypt + ends[1]
        whole += between_axes(circuit.output)
        values.append(float(record_expectations(noisy(whole, circuit.device), [[0, 1]])[0]))
    return sqrt(2) * sum(values)


def routed(row: Row, device: Device, seed: int) -> NativeCircuit:
    """Return a row's ladder, routed, as a placed circuit: what is measured are its references and outputs."""
    circuit = route(row.body(), device, seed)
    ends = {
        circuit.find_bit(i.clbits[0]).index: circuit.find_bit(i.qubits[0]).index
        for i in circuit.data
        if i.operation.name == "measure"
    }
    clean = stim.Circuit()
    for instruction in to_stim(circuit):
        if instruction.name != "M":
            clean.append(instruction)
    while clean and clean[-1].name == "TICK":  # The barriers in front of the measurements.
        clean.pop()
    one_input = len(row.scheme.inputs) == 1 and row.experiment != "parallel"
    roles = {"R": ends.pop(0)} if one_input else {}
    outputs = tuple(ends[bit] for bit in sorted(ends))
    return NativeCircuit(device, str(row.clone), roles, outputs, stim.Circuit(), stim.Circuit(), clean)


def rows(device: Device, last: int) -> Iterator[tuple[str, int, Row]]:
    """Yield name, size and row: canonical schemes, iterated ones, registers."""
    for row in Sensitivity(clones=tuple(range(2, last + 1))).rows():
        if row.stages_only:
            yield "canonical", int(row.parameters["n"]), row
    series = [
        (f"{kind} n={n} l={level}", int(row.parameters["clones"]), row)
        for row in Series(capacity=max(map(len, connected(device)))).rows()
        for kind, n, level in [tuple(row.parameters[k] for k in ("kind", "n", "l"))]
    ]
    yield from (named for named in series if named[0].startswith("virtual"))
    for row in ParallelGhz().rows():
        yield "register", int(row.parameters["r"]), row
    yield from (named for named in series if named[0].startswith("physical"))


def connected(device: Device) -> Iterable[set[int]]:
    """The parts of a device that hang together."""
    import rustworkx

    return rustworkx.connected_components(device.graph)


@click.command()
@click.option("--device", "name", default="kingston")
@click.option("--seeds", default=20, show_default=True, help="Of each routed circuit; the best counts.")
@click.option("--last", default=18, show_default=True, help="The largest number of clones.")
@click.option("--only", default="", help="Rows whose names begin like this.")
def main(name: str, seeds: int, last: int, only: str) -> None:
    """Measure what is missing and write the table."""
    device = load_device(name)
    with TABLE.open() if TABLE.exists() else open("/dev/null") as file:
        table = {(record["row"], record["size"]): record for record in csv.DictReader(file)}
    for label, size, row in rows(device, last):
        if not label.startswith(only):
            continue
        try:
            native = build(row.scheme, device, row.clone)
        except InvalidInputError as error:
            click.echo(f"{label} {size}: {error}")
            continue
        own = Measured.of(native).columns("native")
        if native.references:
            own["native_chsh_first"] = f"{chsh_first(native):.4f}"
        record = table.setdefault((label, str(size)), {"row": label, "size": str(size)})
        if record.get("seeds") != str(seeds):
            tries = [Measured.of(routed(row, device, seed)) for seed in range(seeds)]
            best = max(tries, key=lambda m: m.fidelity)
            record |= {k: str(v) for k, v in best.columns("routed").items()} | {"seeds": str(seeds)}
        record |= {k: str(v) for k, v in own.items()}
        if row.published is not None:
            record |= {
                "published_layers": str(row.published.layers or ""),
                "published_gates": str(row.published.gates or ""),
                "published_fidelity": str(row.published.value),
            }
        table[label, str(size)] = record
        write(table.values())
        click.echo(" | ".join(record.get(column, "") for column in COLUMNS))


def write(records: Iterable[dict[str, str]]) -> None:
    """Write the table."""
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


if __name__ == "__main__":
    try:
        main()
    except QcloneError as error:
        sys.exit(str(error))
