"""What was promised of computing on clones, measured: also kills and commands, which need the service."""

from qclone.bench.computing._alternatives import Alternatives, run_alternatives
from qclone.bench.computing._decryption import Decryptions, decrypt_densely, decrypt_with_reference
from qclone.bench.computing._figures import closed_form, information_bits, measured_fidelity, pad_seconds
from qclone.bench.computing._known import run_known
from qclone.bench.computing._programs import infidelity, known_programs, random_program, random_register

__all__ = [
    "Alternatives",
    "Decryptions",
    "closed_form",
    "decrypt_densely",
    "decrypt_with_reference",
    "infidelity",
    "information_bits",
    "known_programs",
    "measured_fidelity",
    "pad_seconds",
    "random_program",
    "random_register",
    "run_alternatives",
    "run_known",
]
