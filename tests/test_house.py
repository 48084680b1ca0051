"""What holds for the house as a whole: no file needs one that needs it; every room says what it exports."""

import importlib
import json
from pathlib import Path

import grimp
import rustworkx

import qclone

ROOT = Path(__file__).parent
# Gates are taken apart into gates that are taken apart: one recursion, in three files.
ONE_RECURSION = {"qclone.circuits._many", "qclone.circuits._modifiers", "qclone.circuits._operation"}
EXPORTS = ROOT / "data" / "exports.json"
"""Room -> the names in its `__all__`, sorted; a change of what users can import is a change of this file."""


def test_no_circles_between_files():
    """By grimp, on which import-linter stands: imports in functions count, those for types alone do not."""
    found = grimp.build_graph("qclone", exclude_type_checking_imports=True, cache_dir=None)
    graph = rustworkx.PyDiGraph()
    node = {module: graph.add_node(module) for module in sorted(found.modules)}
    for module, index in node.items():
        for imported in found.find_modules_directly_imported_by(module):
            graph.add_edge(index, node[imported], None)
    circles = [{graph[i] for i in part} for part in rustworkx.strongly_connected_components(graph)]
    assert [circle for circle in circles if len(circle) > 1] == [ONE_RECURSION]


def exports() -> dict[str, list[str]]:
    """Return what is there now; to write it down: python -m tests.test_house."""
    rooms = sorted(path.parent.name for path in Path(qclone.__file__).parent.glob("*/__init__.py"))
    modules = {room: importlib.import_module(f"qclone.{room}") for room in rooms}
    return {room: sorted(getattr(module, "__all__", [])) for room, module in modules.items()}


def test_every_room_exports_what_is_written_down():
    now, written = exports(), json.loads(EXPORTS.read_text())
    assert now.keys() == written.keys()
    for room, names in now.items():
        assert names == written[room], f"{room}: run python -m tests.test_house if that is meant"


def test_what_is_exported_is_there_and_public():
    for room, names in exports().items():
        module = importlib.import_module(f"qclone.{room}")
        assert len(set(names)) == len(names)
        assert [name for name in names if not hasattr(module, name) or name.startswith("_")] == []


if __name__ == "__main__":
    EXPORTS.write_text(json.dumps(exports(), indent=1) + "\n")
