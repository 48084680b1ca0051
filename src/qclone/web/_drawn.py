"""A circuit as columns of gates that do not cross, for the page to draw."""

from __future__ import annotations

import stim

from qclone.web._questions import JSON

_ENDS = {"X": "target", "Z": "dot", "Y": "Y"}
_SHORT = {"SQRT_X": "√X", "SQRT_X_DAG": "√X†", "SQRT_Y": "√Y", "SQRT_Y_DAG": "√Y†", "S_DAG": "S†"}


def drawn(circuit: stim.Circuit, labels: list[str]) -> JSON:
    """Return the rows of a circuit, top to bottom, and its gates by column.

    >>> bell = drawn(stim.Circuit("H 0\\nCX 0 1"), ["A", "S1"])
    >>> [(gate["column"], gate["rows"], gate["ends"]) for gate in bell["gates"]]
    [(0, [0], ['H']), (1, [0, 1], ['dot', 'target'])]
    """
    used = sorted({t.value for gate in circuit for t in gate.targets_copy() if t.is_qubit_target})
    row = {wire: i for i, wire in enumerate(used)}
    free = [0] * len(used)
    gates = []
    for gate in circuit.flattened():
        for targets in gate.target_groups():
            rows = [row[t.value] for t in targets]
            between = range(min(rows), max(rows) + 1)
            column = max(free[r] for r in between)
            for r in between:
                free[r] = column + 1
            gates.append({"column": column, "rows": rows, "ends": _ends(gate.name)})
    return {"rows": [labels[wire] for wire in used], "columns": max(free, default=0), "gates": gates}


def _ends(name: str) -> list[str]:
    """Return what stands on each wire: a name in a box, a dot, a target or one half of a swap.

    >>> _ends("CX"), _ends("XCY"), _ends("SWAP"), _ends("S_DAG")
    (['dot', 'target'], ['target', 'Y'], ['swap', 'swap'], ['S†'])
    """
    if name == "SWAP":
        return ["swap", "swap"]
    if len(name) == 2 and name[0] == "C":
        return ["dot", _ENDS[name[1]]]
    if len(name) == 3 and name[1] == "C":
        return [_ENDS[name[0]], _ENDS[name[2]]]
    short = _SHORT.get(name, name)
    return [short] * (2 if stim.gate_data(name).is_two_qubit_gate else 1)
