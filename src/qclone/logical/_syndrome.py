"""One round of syndrome measurement on many blocks at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from qclone.logical._block import Block, Parity
from qclone.logical._code import Code
from qclone.logical._writer import Writer

X_CHECK, Z_CHECK, FLAG, HERALD, BELL = range(5)
"""What a detector stands for: the fifth of its coordinates x, y, round, block, kind, reach."""

Coordinates = Callable[[Block, int, int], tuple[float, ...]]
# An interaction: the check, and the position of its data qubit or -1 for its flag.
Step = tuple[tuple[int, int], ...]


def measure_syndrome(writer: Writer, blocks: Sequence[Block], heralds: bool, where: Coordinates) -> None:
    """Write one round: every check of every block by its ancilla, compared with what is expected.

    Data qubits wait once a round (`I[round]`, which noise replaces) and may be lost (`HERALDED_ERASE`,
    whose probability noise sets; the herald is a detector).

    Parameters
    ----------
    where : coordinates of the detector of a block's check, by kind and index.
    """
    data = [q for block in blocks for q in block.data]
    writer.do("I[round]", data)
    if heralds:
        seen = iter(writer.measure("HERALDED_ERASE[round](0)", data))
        for block in blocks:
            for position in range(len(block.data)):
                writer.detector([next(seen)], where(block, HERALD, position))
    if blocks and not blocks[0].code.num_checks:
        return
    for checks, steps in _rounds(blocks[0].code):
        _measure(writer, blocks, checks, steps, where)


def _measure(
    writer: Writer, blocks: Sequence[Block], checks: range, steps: tuple[Step, ...], where: Coordinates
) -> None:
    code = blocks[0].code
    num_x = len(code.x_checks)
    kinds = [c for c in checks if c < num_x], [c for c in checks if c >= num_x]
    for gate, flag_gate, members in (("RX", "R", kinds[0]), ("R", "RX", kinds[1])):
        writer.do(gate, [b.ancillas[c] for b in blocks for c in members])
        if code.flagged:
            writer.do(flag_gate, [b.flags[c] for b in blocks for c in members])
    writer.tick()
    for step in steps:
        targets: list[int] = []
        for block in blocks:
            for check, position in step:
                other = block.flags[check] if position < 0 else block.data[position]
                pair = (block.ancillas[check], other)
                targets += pair if check < num_x else pair[::-1]
        writer.do("CX", targets)
        writer.tick()
    for (gate, flag_gate), members in zip((("MX", "M"), ("M", "MX")), kinds, strict=True):
        found = writer.measure(gate, [b.ancillas[c] for b in blocks for c in members])
        flags = range(0)
        if code.flagged:
            flags = writer.measure(flag_gate, [b.flags[c] for b in blocks for c in members])
        for i, (block, check) in enumerate((b, c) for b in blocks for c in members):
            compare(writer, block, check, found[i], where)
            if code.flagged:
                writer.detector([flags[i]], where(block, FLAG, check))
    writer.tick()


def compare(writer: Writer, block: Block, check: int, record: int, where: Coordinates) -> None:
    """Compare the record of a check with what is expected, and expect it from now on."""
    num_x = len(block.code.x_checks)
    kept, own = (block.x, check) if check < num_x else (block.z, check - num_x)
    writer.compare(record, kept[own], where(block, X_CHECK if check < num_x else Z_CHECK, own))
    kept[own] = Parity((record,))


@lru_cache(maxsize=32)
def _rounds(code: Code) -> tuple[tuple[range, tuple[Step, ...]], ...]:
    """Which checks are measured together, and the interactions of each step."""
    supports = (*code.x_checks, *code.z_checks)
    if code.slots:
        steps: dict[int, list[tuple[int, int]]] = {}
        for check, (support, slots) in enumerate(zip(supports, code.slots, strict=True)):
            for qubit, slot in zip(support, slots, strict=True):
                steps.setdefault(slot, []).append((check, qubit))
        return ((range(len(supports)), tuple(tuple(steps[s]) for s in sorted(steps))),)
    num_x = len(code.x_checks)
    return tuple(
        (checks, _packed(code, checks, supports))
        for checks in (range(num_x), range(num_x, len(supports)))
        if checks
    )


def _packed(code: Code, checks: range, supports: tuple[tuple[int, ...], ...]) -> tuple[Step, ...]:
    """Each check meets its qubits in order, each as early as both are free; X and Z do not mix."""
    steps: list[list[tuple[int, int]]] = []
    free: dict[int, int] = {}
    for check in checks:
        now = 0
        for meeting in _with_flag(supports[check]) if code.flagged else supports[check]:
            at = now
            while meeting >= 0 and free.get(meeting, 0) >> at & 1:
                at += 1
            while len(steps) <= at:
                steps.append([])
            steps[at].append((check, meeting))
            if meeting >= 0:
                free[meeting] = free.get(meeting, 0) | 1 << at
            now = at + 1
    return tuple(map(tuple, steps))


def _with_flag(support: tuple[int, ...]) -> tuple[int, ...]:
    """The flag meets the ancilla after the first and before the last qubit."""
    return (support[0], -1, *support[1:-1], -1, support[-1])
