"""A server in this process."""

from __future__ import annotations

from collections.abc import Sequence

from qclone.store._protocols import CLIENT, Fabric, Party


class LocalServer:
    """Classical control of one server's site; all it can do with its qubits is give them back."""

    def __init__(self, name: str, fabric: Fabric) -> None:
        self.name = name
        self._fabric = fabric

    def surrender(self, register: str, wires: Sequence[int]) -> None:
        self._fabric.move(Party(self.name), register, {CLIENT: wires})
