"""Circuits built for a device's lattice: synthesis, placement, cost."""

from qclone.native._assemble import Draft, assemble
from qclone.native._contract import ContractError, verify
from qclone.native._native import STAGES, Cost, NativeCircuit, cost_of

__all__ = ["STAGES", "ContractError", "Cost", "Draft", "NativeCircuit", "assemble", "cost_of", "verify"]
