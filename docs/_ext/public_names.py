"""Names link to where users import them from, whichever private file they are written in.

`qclone.scheme._wires.Wire`, which is what Python calls it, is `qclone.scheme.Wire`; `Wire` alone is it too,
if there is one only, or one in the room that the page is about. A word in back quotes that names nothing is
code and no broken link; a type in a signature, or an error that is raised, has to be found.
"""

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

SHORT = {
    "QuantumCircuit": "qiskit.circuit.QuantumCircuit",
    "Figure": "matplotlib.figure.Figure",
    "Axes": "matplotlib.axes.Axes",
    "pd.DataFrame": "pandas.DataFrame",
    "xr.Dataset": "xarray.Dataset",
}
"""What files import for types alone, and so name as they do."""


def public_name(name: str) -> str:
    return SHORT.get(name, ".".join(part for part in name.split(".") if not part.startswith("_")))


def candidates(target: str, known: dict, room: str) -> list[str]:
    public = public_name(target)
    if public in known:
        return [public]
    found = [name for name in known if name.endswith(f".{public}")]
    here = [name for name in found if name.startswith(f"{room}.")]
    return here or found


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element):
    if node.get("refdomain") != "py":
        return None
    known = env.domains.python_domain.objects
    found = candidates(node["reftarget"], known, node.get("py:module") or "")
    loose = node["reftype"] == "obj"
    if found and (len(found) == 1 or not loose):
        entry = known[min(found, key=lambda name: (name.count("."), name))]
        return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content)
    node["private"] = any(part.startswith("_") for part in node["reftarget"].split("."))
    node["reftarget"] = public_name(node["reftarget"])  # by which other projects know it
    return None


def forgive(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element):
    """Leave as text what is code and not a name, and types that nobody imports from where they are."""
    private = node.get("private") and node["reftarget"].partition(".")[0] in ("qclone", "numpy")
    return content if node.get("refdomain") == "py" and (node["reftype"] == "obj" or private) else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("missing-reference", resolve, priority=400)  # before other projects are asked
    app.connect("missing-reference", forgive, priority=900)
    return {"parallel_read_safe": True}
