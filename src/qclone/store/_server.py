"""A server in this process."""

from __future__ import annotations

from collections.abc import Sequence

from qclone.compute import ServerPart
from qclone.store._protocols import CLIENT, Fabric, Party


class LocalServer:
    """Classical control of one server's site; it computes on its qubits, and gives them back."""

    def __init__(self, name: str, fabric: Fabric) -> None:
        self.name = name
        self._fabric = fabric

    def compute(self, register: str, part: ServerPart) -> None:
        self._fabric.compute(Party(self.name), register, part)

    def surrender(self, register: str, wires: Sequence[int]) -> None:
        self._fabric.move(Party(self.name), register, {CLIENT: wires})
