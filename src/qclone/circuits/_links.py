"""Links that open a circuit in a page: Crumble (stim's editor) and Quirk."""

from __future__ import annotations

import json
from urllib.parse import quote

import stim

from qclone.errors import UnsupportedCircuitError

CRUMBLE = "https://algassert.com/crumble#circuit="
QUIRK = "https://algassert.com/quirk#circuit="
# As many as Quirk's state vector has.
MAX_QUIRK_QUBITS = 16

_ONE = {
    "I": "…",
    "X": "X",
    "Y": "Y",
    "Z": "Z",
    "H": "H",
    "S": "Z^½",
    "S_DAG": "Z^-½",
    "SQRT_X": "X^½",
    "SQRT_X_DAG": "X^-½",
    "SQRT_Y": "Y^½",
    "SQRT_Y_DAG": "Y^-½",
}
_CONTROLLED = {"CX": "X", "CY": "Y", "CZ": "Z"}


def crumble_link(circuit: stim.Circuit) -> str:
    """Return a link that opens a circuit in Crumble, which reads what stim writes.

    >>> crumble_link(stim.Circuit("H 0\\nCX 0 1"))
    'https://algassert.com/crumble#circuit=H_0;CX_0_1'
    """
    text = str(_plain(circuit))
    return CRUMBLE + text.replace("\n", ";").replace(" ", "_")


def quirk_link(circuit: stim.Circuit) -> str:
    """Return a link that opens a circuit in Quirk, one gate a column.

    Raises
    ------
    UnsupportedCircuitError : more than the 16 qubits that Quirk simulates, or what it has no gate for.

    Example
    -------
    >>> quirk_link(stim.Circuit("H 0\\nCX 0 1")).endswith(quote('{"cols":[["H"],["•","X"]]}'))
    True
    """
    if circuit.num_qubits > MAX_QUIRK_QUBITS:
        raise UnsupportedCircuitError(
            f"The circuit has {circuit.num_qubits} qubits.", f"Quirk simulates at most {MAX_QUIRK_QUBITS}."
        )
    columns: list[list[object]] = []
    for instruction in _plain(circuit):
        if instruction.name == "TICK":
            columns.append(["…"])
            continue
        groups = instruction.target_groups()
        columns += [_column(instruction.name, [t.value for t in targets]) for targets in groups]
    return QUIRK + quote(json.dumps({"cols": columns}, ensure_ascii=False, separators=(",", ":")))


def _column(name: str, qubits: list[int]) -> list[object]:
    column: list[object] = [1] * (max(qubits) + 1)
    if name in _ONE:
        column[qubits[0]] = _ONE[name]
    elif name in _CONTROLLED:
        column[qubits[0]], column[qubits[1]] = "•", _CONTROLLED[name]
    elif name == "SWAP":
        column[qubits[0]] = column[qubits[1]] = "Swap"
    elif name == "M":
        column[qubits[0]] = "Measure"
    else:
        raise UnsupportedCircuitError(f"Quirk has no gate {name!r}.", "Choose --format crumble or stim.")
    return column


def _plain(circuit: stim.Circuit) -> stim.Circuit:
    """Return the same circuit, with unitary gates that are not in both pages taken apart."""
    plain = stim.Circuit()
    for instruction in circuit.flattened():
        both = {*_ONE, *_CONTROLLED, "SWAP"}
        if instruction.name in both or not stim.gate_data(instruction.name).is_unitary:
            plain.append(instruction)
        else:
            one = stim.Circuit()
            one.append(instruction)
            plain += one.decomposed()
    return plain
