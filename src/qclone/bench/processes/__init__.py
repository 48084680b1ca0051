"""Benchmarks of the cloud of processes: how fast it stores, clients that race, processes that are killed.

Apart from the other benchmarks, for these need the packages of the service.
"""

from qclone.bench.processes._computing_kills import ComputingKills, run_computing_kills
from qclone.bench.processes._kills import Kills, run_kills
from qclone.bench.processes._puts import Puts, Rate, measure_puts
from qclone.bench.processes._race import Races, run_races

__all__ = [
    "ComputingKills",
    "Kills",
    "Puts",
    "Races",
    "Rate",
    "measure_puts",
    "run_computing_kills",
    "run_kills",
    "run_races",
]
