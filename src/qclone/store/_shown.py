"""What a notebook shows of a cloud and of what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qclone.access import Verdict
from qclone.markup import facts, some, table

if TYPE_CHECKING:
    from qclone.store._check import Report
    from qclone.store._cloud import Cloud
    from qclone.store._get import Recovered
    from qclone.store._manifest import Manifest


def cloud_html(cloud: Cloud) -> str:
    """Return its servers, how they are and how many qubits each has; and its objects."""
    held = cloud.fabric.qubits_at()
    sites = [(name, state.value, held.get(name, 0)) for name, state in cloud.fabric.sites().items()]
    objects = (
        (m.object_id[:8], m.name, m.qubits, len(m.clones), key_of(m)) for m in cloud.ledger.manifests()
    )
    return table(["server", "state", "qubits"], sites, f"Cloud in {cloud.directory}") + table(
        ["object", "name", "qubits", "clones", "key"], objects
    )


def manifest_html(manifest: Manifest) -> str:
    """Return what was stored, where, and whether its key still opens."""
    return facts(f"{manifest.object_id}: {manifest.name}", _stored(manifest))


def recovered_html(recovered: Recovered) -> str:
    """Return what came back, and how well."""
    fidelity = recovered.entanglement_fidelity
    values = {
        "register": f"{recovered.circuit.num_qubits} qubits",
        "key": key_of(recovered.manifest),
        "entanglement fidelity": "out of reach" if fidelity is None else f"{fidelity:.6g}, exact",
    }
    if recovered.outcomes:
        values["checks"] = f"{len(recovered.outcomes)}, of which {sum(recovered.outcomes)} fired"
    return facts(f"Recovered {recovered.manifest.name}", values)


def report_html(report: Report) -> str:
    """Return from where the object can be had now, and what the others know."""
    manifest = report.holdings.manifest
    values: dict[str, object] = {
        "key": key_of(manifest),
        "recoverable from": _groups(report.groups),
        "all servers together could learn": learned(report.servers_together),
    }
    if report.after_heal:
        values["after healing, from"] = _groups(report.after_heal)
    if report.compromised:
        values[f"{some(report.compromised)} learned"] = learned(report.adversary)
    return facts(f"{manifest.object_id}: {manifest.name}", values)


def learned(verdict: Verdict) -> str:
    """Say what a verdict says in a word or two."""
    if verdict.verdict == "leaks":
        return f"{some(verdict.leaks)} ({verdict.bits:g} of {2 * verdict.num_inputs} bits)"
    return "nothing" if verdict.verdict == "nothing" else "everything"


def key_of(manifest: Manifest) -> str:
    """Say whether a key still opens, and if not, since when."""
    key = manifest.key
    return key.state.value if key.server is None else f"{key.state.value} from {key.server}, {key.at}"


def _groups(groups: Sequence[Sequence[str]]) -> str:
    said = [" with ".join(group) for group in groups[:6]] + ["..."] * (len(groups) > 6)
    return "; or ".join(said) or "nowhere"


def _stored(manifest: Manifest) -> Mapping[str, object]:
    return {
        "qubits": manifest.qubits,
        "clones": len(manifest.clones),
        "servers": some(manifest.servers),
        "key": key_of(manifest),
        "stored": manifest.created_at,
    }
