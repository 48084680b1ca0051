"""Schemes: Clifford isometries with named wires."""

from qclone.scheme._canonical import Canonical
from qclone.scheme._scheme import Clone, Scheme
from qclone.scheme._synthesis import SYNTHESES, Synthesis
from qclone.scheme._wires import Role, Wire

__all__ = ["SYNTHESES", "Canonical", "Clone", "Role", "Scheme", "Synthesis", "Wire"]
