"""Clones on error-corrected qubits: codes, annotated circuits, decoders, the checks as an outer code.

case = Case(load_code("surface", 3), load_rates("1e-3"))   # every wire of Canonical(2) a block
case.circuit()                                             # stim, with detectors and observables
stats = case.stats(shots=10_000)                           # decoded and counted, in sinter's format
rate(stats, "corrected")                                   # infidelity with the checks as an outer code
report(case, ["none", "corrected"], shots=10_000)          # beside bare, kept, and equal qubits

- `Code`, `check_code`, `load_code`, `CODES`: codes as data; adding one is one file in `codes/`.
- `round_trip_program`, `kept`, `compile_program`, `Schedule`: any scheme, as logical gates, on any code.
- `Rates`, `load_rates`, `PRESETS`: noise; uniform, of machines, of a device.
- `load_decoder`, `DECODERS`: tesseract, matching, bposd, or anybody's as module:attribute.
- `collect`, `single_faults`, `bare_rates`: sampling; every single fault; the bare protocol exactly.
"""

from qclone.errors import MissingPackageError

try:
    import sinter  # one place for the extra: the files behind import it freely
except ImportError as error:
    raise MissingPackageError(str(error.name), "logical") from None

from qclone.logical._case import OUTERS, Case, KeptCase, rate
from qclone.logical._check_code import check_code
from qclone.logical._code import Code
from qclone.logical._collect import collect, known
from qclone.logical._compile import Compiled, compile_program
from qclone.logical._exact import BareRates, bare_rates
from qclone.logical._faults import SingleFaults, single_faults
from qclone.logical._figures import check_figure, draw_rows
from qclone.logical._lab import SETTINGS, LabExperiment, LabRates
from qclone.logical._layers import Schedule
from qclone.logical._noise import Rates
from qclone.logical._outer import Rate, interval, rate_of
from qclone.logical._presets import PRESETS, load_rates
from qclone.logical._program import Program, kept, round_trip_program
from qclone.logical._report import Report, report
from qclone.logical._threshold import Crossing, crossing, thresholds
from qclone.logical.codes import CODES, load_code
from qclone.logical.decoders import DECODERS, load_decoder

__all__ = [
    "CODES",
    "DECODERS",
    "OUTERS",
    "PRESETS",
    "SETTINGS",
    "BareRates",
    "Case",
    "Code",
    "Compiled",
    "Crossing",
    "KeptCase",
    "LabExperiment",
    "LabRates",
    "Program",
    "Rate",
    "Rates",
    "Report",
    "Schedule",
    "SingleFaults",
    "bare_rates",
    "check_code",
    "check_figure",
    "collect",
    "compile_program",
    "crossing",
    "draw_rows",
    "interval",
    "kept",
    "known",
    "load_code",
    "load_decoder",
    "load_rates",
    "rate",
    "rate_of",
    "report",
    "round_trip_program",
    "single_faults",
    "thresholds",
]

del sinter
