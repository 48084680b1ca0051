"""Circuits: schemes as Qiskit gates and circuits; import and export of formats."""

from qclone.circuits._register import Register, from_text, read_register, to_text, write_register

__all__ = ["Register", "from_text", "read_register", "to_text", "write_register"]
