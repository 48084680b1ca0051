"""Access: who can recover or learn what from a set of wires, and how to recover."""

from qclone.access._bell_checks import Checks, bell_checks
from qclone.access._closed_forms import SymmetryClass, closed_form, count_sets, symmetry_classes
from qclone.access._correction import Correction, PauliChannel, depolarizing
from qclone.access._decoder import Decoder, decoder
from qclone.access._key_measurement import KeyMeasurement, key_measurement
from qclone.access._key_paulis import KeyPaulis, key_paulis
from qclone.access._losses import iid_recovery_probability, recovery_probability
from qclone.access._narrow import Narrowing, narrow
from qclone.access._notices import leak_notices
from qclone.access._sets import code_distance, maximal_blind_sets, minimal_sets
from qclone.access._survival import Survival, losses_survived
from qclone.access._verdict import Verdict, classify

__all__ = [
    "Checks",
    "Correction",
    "Decoder",
    "KeyMeasurement",
    "KeyPaulis",
    "Narrowing",
    "PauliChannel",
    "Survival",
    "SymmetryClass",
    "Verdict",
    "bell_checks",
    "classify",
    "closed_form",
    "code_distance",
    "decoder",
    "iid_recovery_probability",
    "depolarizing",
    "key_measurement",
    "key_paulis",
    "leak_notices",
    "losses_survived",
    "maximal_blind_sets",
    "minimal_sets",
    "narrow",
    "recovery_probability",
    "symmetry_classes",
    "count_sets",
]
