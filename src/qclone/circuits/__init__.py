"""Circuits: schemes as Qiskit gates and circuits; import and export of formats."""

from qclone.circuits._register import (
    Register,
    from_bytes,
    from_text,
    read_register,
    to_bytes,
    to_text,
    write_register,
)
from qclone.circuits._to_qiskit import to_qiskit
from qclone.circuits._to_stim import to_stim

__all__ = [
    "Register",
    "from_bytes",
    "from_text",
    "read_register",
    "to_bytes",
    "to_qiskit",
    "to_stim",
    "to_text",
    "write_register",
]
