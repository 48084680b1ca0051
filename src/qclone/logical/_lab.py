"""An experiment that a laboratory can do: errors are detected, each block prepared and read out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import stim

from qclone.errors import InvalidInputError
from qclone.logical._block import Block
from qclone.logical._code import Code
from qclone.logical._exact import distribution
from qclone.logical._layers import layered
from qclone.logical._noise import Rates
from qclone.logical._outer import Rate, rate_from
from qclone.logical._program import Program, round_trip_program
from qclone.logical._writer import Writer
from qclone.scheme import Canonical

SETTINGS = ("Z", "X")


@dataclass(frozen=True)
class LabRates:
    """What a setting gives, or both together.

    Parameters
    ----------
    infidelity, accepted : a recovered qubit is wrong among the shots in which no block and no flag shows an
        error, and the fraction of these. The sum of both settings bounds 1 - entanglement fidelity.
    infidelity_checked, accepted_checked : the same where all checks of decryption hold too.
    """

    infidelity: float
    accepted: float
    infidelity_checked: float
    accepted_checked: float


@dataclass(frozen=True)
class LabExperiment:
    """Encrypted cloning on n = 2 pairs in Iceberg blocks, for trapped ions.

    Five blocks are prepared, each verified by an ancilla of its own; all gates are transversal; at the end
    every qubit is measured. Nothing is measured in between, and nothing corrected: shots that show an error
    are left out. Setting Z has |0> as input and reads the output in Z, setting X has |+> and reads it in X.

    Parameters
    ----------
    code : an Iceberg code such as the [[4,2,2]] code, or ``bare``: five ions without one.
    clone : which is decrypted. H and CZ move qubits about, and so one fault can reach a block twice: with
        S2 that is not seen of one fault of about 400; with S1 its probability is larger, with A of three.

    Example
    -------
    >>> from qclone.logical import load_code
    >>> LabExperiment(load_code("422")).num_qubits, LabExperiment(load_code("bare")).num_qubits
    (25, 5)
    """

    code: Code
    clone: str = "S2"

    def __post_init__(self) -> None:
        whole = frozenset(range(self.code.num_qubits))
        checks = (*self.code.x_checks, *self.code.z_checks)
        if self.code.distance > 2 or any(frozenset(check) != whole for check in checks):
            raise InvalidInputError(
                f"The experiment detects errors and corrects none, which {self.code} is not made for.",
                "Take 422, iceberg4, iceberg6, or bare.",
            )
        _ = self.program

    @cached_property
    def program(self) -> Program:
        """The logical gates."""
        return round_trip_program(Canonical(2), self.clone)

    @property
    def num_qubits(self) -> int:
        """Data qubits and one ancilla a block."""
        return len(self.program.labels) * (self.code.num_qubits + (1 if self.code.x_checks else 0))

    def circuit(self, setting: str) -> stim.Circuit:
        """Return the noiseless circuit of a setting.

        Detectors: the verification of each block, then the parity of each block's readout. Observables: the
        checks, each for all logical qubits of a block, and then the recovered qubits.
        """
        if setting not in SETTINGS:
            raise InvalidInputError(f"There is no setting {setting!r}.", "There are Z and X.")
        writer, code, program = Writer(), self.code, self.program
        blocks = [Block.fresh(code, i) for i in range(len(program.labels))]
        plus = set(program.plus) | (set(program.inputs) if setting == "X" else set())
        self._prepare(writer, blocks, plus)
        pairs = self._pairs()
        measured_x = {first for first, _ in pairs} | ({program.outputs[0]} if setting == "X" else set())
        bell = stim.Circuit()
        for first, second in pairs:
            bell.append("CX", [first, second])
        for layer in layered(program.before + program.after + bell):
            targets: dict[str, list[int]] = {}
            busy: set[int] = set()
            for name, wires in layer:
                busy.update(wires)
                targets.setdefault(name, []).extend(self._act(name, [blocks[w] for w in wires]))
            for name, qubits in targets.items():
                writer.do(name, qubits)
            writer.do("I[layer]", [q for b in blocks if b.index not in busy for q in b.data])
            writer.tick()
        self._read(writer, blocks, measured_x, pairs)
        return writer.circuit

    def openqasm(self, setting: str) -> str:
        """Return the circuit of a setting as OpenQASM 3: gates, resets and measurements in Z only."""
        plain = stim.Circuit()
        for gate in self.circuit(setting):
            if gate.name in ("I", "DETECTOR", "OBSERVABLE_INCLUDE", "TICK"):
                continue
            if gate.name == "MX":
                plain.append("H", gate.targets_copy())
            in_x = gate.name in ("RX", "MX")
            plain.append(gate.name[0] if in_x else gate.name, gate.targets_copy())
            if gate.name == "RX":
                plain.append("H", gate.targets_copy())
        return plain.to_qasm(open_qasm_version=3)

    def rates(self, noise: Rates, setting: str) -> LabRates:
        """Return the exact rates of a setting: the joint distribution of all detectors and observables."""
        circuit = noise.apply(self.circuit(setting))
        joint = distribution(circuit)
        detectors, outputs = circuit.num_detectors, self.code.num_logical
        checks = circuit.num_observables - outputs
        # Axes: outputs, checks, detectors.
        table = joint.reshape(2**outputs, 2**checks, 2**detectors)[:, :, 0]
        accepted, clean = float(table.sum()), float(table[:, 0].sum())
        return LabRates(float(table[1:].sum()) / accepted, accepted, float(table[1:, 0].sum()) / clean, clean)

    def analyse(self, counts: Mapping[str, int], setting: str) -> tuple[Rate, Rate]:
        """Return what counts of a machine say: errors detected, and checks used to select as well.

        Parameters
        ----------
        counts : bitstring -> shots; the first character is the first record.

        Raises
        ------
        InvalidInputError : bitstrings of another length or letters, or no shots.
        """
        circuit = self.circuit(setting)
        length = circuit.num_measurements
        wrong = [bits for bits in counts if len(bits) != length or set(bits) - {"0", "1"}]
        if wrong or any(not isinstance(n, int) or n < 0 for n in counts.values()) or not sum(counts.values()):
            raise InvalidInputError(
                f"The counts of setting {setting} are not of bitstrings of {length} bits.",
                "Give an object of bitstrings and numbers of shots, the first record first.",
            )
        shots = np.array([[int(bit) for bit in bits] for bits in counts], dtype=np.bool_)
        numbers = np.array(list(counts.values()))
        # The converter knows the signs: what is compared is the noiseless circuit.
        events, flips = circuit.compile_m2d_converter().convert(measurements=shots, separate_observables=True)
        kept = ~events.any(axis=1)
        bad = flips[:, -self.code.num_logical :].any(axis=1)
        checked = kept & ~flips[:, : -self.code.num_logical].any(axis=1)
        total = int(numbers.sum())
        return tuple(  # type: ignore[return-value]
            rate_from(int(numbers[chosen & bad].sum()), int(numbers[chosen].sum()), total)
            for chosen in (kept, checked)
        )

    def sample(self, noise: Rates, setting: str, shots: int, seed: int = 0) -> dict[str, int]:
        """Return counts as a machine with this noise would give them."""
        found = noise.apply(self.circuit(setting)).compile_sampler(seed=seed).sample(shots)
        rows, numbers = np.unique(found, axis=0, return_counts=True)
        return {
            "".join("01"[bit] for bit in row): int(n)
            for row, n in zip(rows.astype(int), numbers, strict=True)
        }

    def _pairs(self) -> list[tuple[int, int]]:
        """The Bell pairs that are left, by wires."""
        return sorted({(a, b) for a, b in (tuple(p.pauli_indices()) for p in self.program.checks)})

    def _prepare(self, writer: Writer, blocks: list[Block], plus: set[int]) -> None:
        n = self.code.num_qubits
        ancilla = {b.index: len(blocks) * n + b.index for b in blocks}
        data = {b.index: list(range(b.index * n, (b.index + 1) * n)) for b in blocks}
        for block in blocks:
            block.data[:] = data[block.index]
        if not self.code.x_checks:
            writer.do("R", [b.data[0] for b in blocks if b.index not in plus])
            writer.do("RX", [b.data[0] for b in blocks if b.index in plus])
            writer.tick()
            return
        # |0..0>: a GHZ state, grown along a chain, in whose ends an ancilla sees an error that spread; in the
        # basis of X for |+..+>.
        for gate, in_plus, first in (
            ("RX", False, True),
            ("R", True, True),
            ("R", False, False),
            ("RX", True, False),
        ):
            chosen = [b for b in blocks if (b.index in plus) == in_plus]
            writer.do(gate, [q for b in chosen for q in (b.data[:1] if first else b.data[1:])])
            if not first:
                writer.do(gate, [ancilla[b.index] for b in chosen])
        writer.tick()
        ends = [(k, k + 1) for k in range(n - 1)]
        for a, b in ends:
            self._chain(writer, [(blk.data[a], blk.data[b], blk.index in plus) for blk in blocks])
        for end in (0, n - 1):
            self._chain(writer, [(blk.data[end], ancilla[blk.index], blk.index in plus) for blk in blocks])
        for gate, in_plus in (("M", False), ("MX", True)):
            chosen = [b for b in blocks if (b.index in plus) == in_plus]
            for block, record in zip(
                chosen, writer.measure(gate, [ancilla[b.index] for b in chosen]), strict=True
            ):
                writer.detector([record], (0, block.index, 0))
        writer.tick()

    def _chain(self, writer: Writer, pairs: list[tuple[int, int, bool]]) -> None:
        writer.do("CX", [q for a, b, swapped in pairs for q in ((b, a) if swapped else (a, b))])
        writer.tick()

    def _act(self, name: str, blocks: list[Block]) -> list[int]:
        first = blocks[0]
        if name == "H":
            qubits = list(first.data)
            first.hadamard()
            return qubits
        assert self.code.duality is not None
        second = [blocks[1].data[k] for k in self.code.duality] if name == "CZ" else blocks[1].data
        return [q for pair in zip(first.data, second, strict=True) for q in pair]

    def _read(
        self, writer: Writer, blocks: list[Block], measured_x: set[int], pairs: list[tuple[int, int]]
    ) -> None:
        code, records = self.code, {}
        for gate, in_x in (("M", False), ("MX", True)):
            chosen = [b for b in blocks if (b.index in measured_x) == in_x]
            found = iter(writer.measure(gate, [q for b in chosen for q in b.data]))
            for block in chosen:
                records[block.index] = [next(found) for _ in block.data]
        for block in blocks:
            checks = code.x_checks if block.index in measured_x else code.z_checks
            for check in checks:
                writer.detector([records[block.index][q] for q in check], (1, block.index, 0))
        # After CX on a pair, X of the first wire is X X, and Z of the second Z Z.
        wires = [w for pair in pairs for w in pair] + list(self.program.outputs)
        index = 0
        for wire in wires:
            for support in code.logical_x if wire in measured_x else code.logical_z:
                writer.observable(index, [records[wire][q] for q in support])
                index += 1
