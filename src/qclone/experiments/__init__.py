"""The published experiments: build, run, analyse, compare, report.

An `Experiment` knows its rows; `run(rows, setup)` measures them on the twin, in Aer, on a fake backend or
on a real processor; every `Result` stands beside its published value and its bounds.
"""

from importlib import import_module
from pkgutil import iter_modules

from qclone.experiments._body import Order, clone_with_ancilla, ghz_cloned, wires_with_ancilla
from qclone.experiments._checked import Checked
from qclone.experiments._checked_fidelity import CheckedFidelity
from qclone.experiments._code import code_digest, data_digest
from qclone.experiments._compare import deviation
from qclone.experiments._computing import ChoiFidelity, Computing
from qclone.experiments._direction import Direction, in_directions
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Bounds, Experiment, Row, chsh_bounds, fidelity_bounds
from qclone.experiments._exported import Exported, Imported, export, import_counts
from qclone.experiments._figures import figures, published_figures
from qclone.experiments._identity import IDENTITY, versions
from qclone.experiments._interleaving import Interleaving
from qclone.experiments._measurement import (
    Analysis,
    BellMeasurement,
    Chsh,
    Correlations,
    Measurement,
    ParityOscillation,
)
from qclone.experiments._mixedness import Mixedness
from qclone.experiments._parallel import ParallelGhz
from qclone.experiments._placement import CIRCUITS, has_native
from qclone.experiments._plan import Workload, workload
from qclone.experiments._published import Published, table
from qclone.experiments._read import read_results
from qclone.experiments._recoverability import Recoverability, VirtualDecryption
from qclone.experiments._registry import EXPERIMENTS, by_rank, experiment_named
from qclone.experiments._report import write_report
from qclone.experiments._result import Result
from qclone.experiments._results import Results
from qclone.experiments._run import cost, run, run_row
from qclone.experiments._scoreboard import Reach, Score, draw_scoreboard, score, scoreboard
from qclone.experiments._sensitivity import Sensitivity
from qclone.experiments._series import Series
from qclone.experiments._setup import LAYOUTS, MAX_SHOTS, Setup
from qclone.experiments._store import Folder
from qclone.experiments._variability import Variability

# A new file in this room that defines an experiment is all that it takes: importing it registers it.
for _file in iter_modules(__path__, f"{__name__}."):
    import_module(_file.name)
del _file

__all__ = [
    "CIRCUITS",
    "EXPERIMENTS",
    "IDENTITY",
    "LAYOUTS",
    "MAX_SHOTS",
    "Analysis",
    "BellMeasurement",
    "Bounds",
    "Checked",
    "CheckedFidelity",
    "Chsh",
    "ChoiFidelity",
    "Computing",
    "Correlations",
    "Direction",
    "Drawing",
    "Experiment",
    "Exported",
    "Folder",
    "Imported",
    "Interleaving",
    "Measurement",
    "Mixedness",
    "Order",
    "ParallelGhz",
    "ParityOscillation",
    "Published",
    "Recoverability",
    "Reach",
    "Result",
    "Results",
    "Row",
    "Score",
    "Sensitivity",
    "Series",
    "Setup",
    "Variability",
    "Workload",
    "VirtualDecryption",
    "by_rank",
    "chsh_bounds",
    "clone_with_ancilla",
    "code_digest",
    "cost",
    "data_digest",
    "deviation",
    "draw_scoreboard",
    "experiment_named",
    "export",
    "fidelity_bounds",
    "figures",
    "ghz_cloned",
    "has_native",
    "import_counts",
    "in_directions",
    "published_figures",
    "read_results",
    "run",
    "run_row",
    "score",
    "scoreboard",
    "table",
    "versions",
    "wires_with_ancilla",
    "workload",
    "write_report",
]
