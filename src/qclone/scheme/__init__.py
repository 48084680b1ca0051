"""Schemes: Clifford isometries with named wires."""

from qclone.scheme._canonical import Canonical
from qclone.scheme._check import check_scheme
from qclone.scheme._code import StabilizerCode
from qclone.scheme._codes import FIVE_QUBIT, STEANE, sharing_code
from qclone.scheme._concentrate import Sweep, two_qubit_gates
from qclone.scheme._encoding import Encoding
from qclone.scheme._frame import BitRows, Frame
from qclone.scheme._gather import gather, recover, restrict
from qclone.scheme._graph_cuts import find_cuts
from qclone.scheme._graph_state import GraphState, cut_is_valid
from qclone.scheme._hooks import AlikePairs, Composition
from qclone.scheme._iterated import Iterated
from qclone.scheme._modular import RowSpace
from qclone.scheme._parallel import Parallel
from qclone.scheme._phases import Phases, choose_phases
from qclone.scheme._place import place
from qclone.scheme._qudit import QuditScheme
from qclone.scheme._registry import register_scheme
from qclone.scheme._scheme import AnyScheme, Clone, Scheme
from qclone.scheme._secret_sharing import SecretSharing, find_families
from qclone.scheme._size import Bounds, Size
from qclone.scheme._spec import any_from_spec, from_spec, size_of_spec, to_spec
from qclone.scheme._synthesis import SYNTHESES, Synthesis
from qclone.scheme._weyl import WeylCircuit, WeylGate, WeylRows
from qclone.scheme._wires import Role, Wire

__all__ = [
    "FIVE_QUBIT",
    "STEANE",
    "SYNTHESES",
    "AlikePairs",
    "AnyScheme",
    "BitRows",
    "Bounds",
    "Canonical",
    "Clone",
    "Composition",
    "Encoding",
    "Frame",
    "GraphState",
    "Iterated",
    "Parallel",
    "Phases",
    "QuditScheme",
    "Role",
    "RowSpace",
    "Scheme",
    "SecretSharing",
    "Size",
    "StabilizerCode",
    "Sweep",
    "Synthesis",
    "Wire",
    "WeylCircuit",
    "WeylGate",
    "WeylRows",
    "any_from_spec",
    "check_scheme",
    "choose_phases",
    "cut_is_valid",
    "find_cuts",
    "find_families",
    "from_spec",
    "gather",
    "place",
    "register_scheme",
    "recover",
    "restrict",
    "sharing_code",
    "size_of_spec",
    "to_spec",
    "two_qubit_gates",
]
