"""Say how much is stored, and how many qubits that takes where."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._output import counted, emit, json_option

RANK = 104
_STATES = ("sealed", "consuming", "consumed")


@click.command("stats")
@cloud_option
@json_option
def command(directory: Path, as_json: bool) -> None:
    """Say how much is stored, and how many qubits that takes at every server and in the client's keys.

    Qubits of registers are those that are still to be recovered; what they take is counted in the fabric.
    """
    with opened(directory) as cloud:
        manifests = cloud.ledger.manifests()
        at = cloud.fabric.qubits_at()
    keys = Counter(manifest.key.state.value for manifest in manifests)
    sealed = [manifest for manifest in manifests if manifest.key.state.value == "sealed"]
    qubits, clones = sum(m.qubits for m in sealed), sum(len(m.clones) for m in sealed)
    held = sum(at.values())
    document = {
        "objects": len(manifests),
        "keys": {state: keys[state] for state in _STATES},
        "qubits": qubits,
        "clones": clones,
        "held_qubits": at,
        "held_per_qubit": held / qubits if qubits else None,
    }
    states = ", ".join(f"{keys[state]:,} {state}" for state in _STATES if keys[state])
    lines = [f"{counted(len(manifests), 'object')}{f': {states}' if states else ''}."]
    if sealed:
        lines.append(f"To be recovered: {counted(qubits, 'qubit')}, as {counted(clones, 'clone')}.")
    if held:
        each = f", {held / qubits:.3g} for each of these" if qubits else ""
        lines.append(f"Held for them: {counted(held, 'qubit')}{each}.")
    lines += [f"  {site}: {number:,}" for site, number in at.items()]
    emit(as_json, document, "\n".join(lines))
