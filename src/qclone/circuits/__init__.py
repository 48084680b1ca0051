"""Circuits: schemes as Qiskit gates and circuits; import and export of formats."""

from qclone.circuits._compare import Compared, compare
from qclone.circuits._cost import Cost, cost_of
from qclone.circuits._draw import check_drawable, draw, draw_text, png
from qclone.circuits._examples import example, examples
from qclone.circuits._gates import DecryptGate, EncryptGate, PrepareGate, StageGate
from qclone.circuits._links import crumble_link, quirk_link
from qclone.circuits._operation import has_amplitudes
from qclone.circuits._program_file import program_from_bytes, read_program
from qclone.circuits._qpy_header import check_qpy
from qclone.circuits._register import (
    Register,
    from_bytes,
    from_circuit,
    from_text,
    read_register,
    register_text,
    to_bytes,
    to_text,
    write_register,
    write_whole,
)
from qclone.circuits._rehearse import rehearse
from qclone.circuits._round_trip import roles, round_trip, stages
from qclone.circuits._state import state_vector
from qclone.circuits._states import OutOfReachError
from qclone.circuits._to_qiskit import to_qiskit
from qclone.circuits._to_stim import clifford_name, to_stim

__all__ = [
    "Compared",
    "Cost",
    "DecryptGate",
    "EncryptGate",
    "OutOfReachError",
    "PrepareGate",
    "Register",
    "StageGate",
    "clifford_name",
    "check_qpy",
    "check_drawable",
    "compare",
    "cost_of",
    "crumble_link",
    "draw",
    "draw_text",
    "example",
    "examples",
    "from_bytes",
    "from_circuit",
    "from_text",
    "has_amplitudes",
    "png",
    "program_from_bytes",
    "quirk_link",
    "read_program",
    "read_register",
    "register_text",
    "rehearse",
    "roles",
    "round_trip",
    "stages",
    "state_vector",
    "to_bytes",
    "to_qiskit",
    "to_stim",
    "to_text",
    "write_register",
    "write_whole",
]
