"""`qclone circuit --native`: a circuit built for a processor's lattice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qclone.cli._link import link
from qclone.cli._progress import progress_bar

if TYPE_CHECKING:
    from qclone.native import NativeCircuit
    from qclone.scheme import Scheme


def native_document(
    scheme: Scheme, device: str, clone: str | None, aim: str, search: float | None
) -> tuple[NativeCircuit, dict[str, Any]]:
    """Return the placed circuit and what `--json` says of it."""
    from qclone.device import load_device
    from qclone.native import build, fidelity, ghz_fidelity, verify

    processor = load_device(device)
    if search is None:
        native = build(scheme, processor, clone, aim="layers" if aim == "layers" else "fidelity")
    else:
        from qclone.search import find

        with progress_bar("Searching") as progress:
            native = find(scheme, processor, clone, seconds=search, progress=progress)
    verify(native, scheme)
    cost = native.cost
    document: dict[str, Any] = {
        "device": native.device.name,
        "qubits": len(native.qubits),
        "layers": cost.layers,
        "gates": cost.gates,
        "stages": {
            name: {"layers": native.cost_of(name).layers, "gates": native.cost_of(name).gates}
            for name in native.stages
        },
        "roles": dict(native.roles),
        "clone": native.clone,
    }
    if len(native.outputs) == 1:
        document["output"] = native.output
    else:
        document["outputs"] = list(native.outputs)
    if not native.references:
        document |= {"inputs": "GHZ", "fidelity": ghz_fidelity(native)}
    elif len(native.references) == 1:
        document |= {"inputs": "Bell", "fidelity": fidelity(native)}
    return native, document


def native_content(
    native: NativeCircuit,
    scheme: Scheme,
    form: str,
    only_used: bool = False,
    no_barriers: bool = False,
    measure: bool = False,
) -> bytes:
    """Return the circuit in one of the formats of `qclone circuit`."""
    from qclone.native import device_circuit, draw_native, write_native

    if form == "json":
        return f"{write_native(native, scheme)}\n".encode()

    if form == "stim":
        return f"{native.circuit}\n".encode()
    if form in ("crumble", "quirk"):
        return f"{link(native.circuit, form)}\n".encode()
    if form in ("png", "text"):
        from qclone.circuits import draw_text, png

        return (
            png(draw_native(native))
            if form == "png"
            else draw_text(device_circuit(native, only_used=True)).encode()
        )
    from qclone.circuits import to_bytes, to_text

    circuit = device_circuit(native, only_used=only_used, measure=measure)
    if form == "qpy":
        return to_bytes(circuit)
    return to_text(circuit, form, barriers=not no_barriers).encode()


def native_summary(document: dict[str, Any]) -> str:
    """Return the document in a sentence or two."""
    parts = ", ".join(f"{name} {cost['layers']}/{cost['gates']}" for name, cost in document["stages"].items())
    text = (
        f"{document['qubits']} qubits of {document['device']}, {document['layers']} two-qubit layers, "
        f"{document['gates']} two-qubit gates ({parts})."
    )
    if "fidelity" in document:
        state = "GHZ" if document["inputs"] == "GHZ" else "Entanglement"
        text += f" {state} fidelity on the twin: {document['fidelity']:.4f}."
    return text
