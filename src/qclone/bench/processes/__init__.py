"""Benchmarks of the cloud of processes: how fast it stores, clients that race, processes that are killed.

Apart from the other benchmarks, for these need the packages of the service.
"""

from qclone.bench.processes._kills import Kills, run_kills
from qclone.bench.processes._puts import Puts, Rate, measure_puts
from qclone.bench.processes._race import Races, run_races

__all__ = ["Kills", "Puts", "Races", "Rate", "measure_puts", "run_kills", "run_races"]
