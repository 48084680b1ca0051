"""Processors: coupling map, calibration, noise rules.

kingston = load_device("kingston")         # or Device.load("mine.json"), from_backend(backend)
kingston.num_qubits, kingston.edges        # 156, ((0, 1), (1, 2), ...): what works only
kingston.qubit(3).t1_s, kingston.coupler(0, 1).error
target_of(kingston)                        # for qiskit.transpile
kingston.with_learned(load_noise("noise.json"))   # layers as a NoiseLearner found them
NoiseRules(idle=False)                     # which of the twin's rules are on: `RULES` says what they are
"""

from qclone.device._assumed import Assumed
from qclone.device._backend import from_backend
from qclone.device._catalog import DEVICES, load_device
from qclone.device._device import ENTANGLERS, Coupler, Device, Qubit
from qclone.device._lattice import RowLattice, row_lattice
from qclone.device._learned import Generator, LearnedLayer, LearnedNoise
from qclone.device._learner import learned_boxes, learned_noise, load_noise
from qclone.device._narrow import narrowed
from qclone.device._noise import LEARNED, RULES, NoiseRules, Rule, depolarizing, idle_errors, rules_of
from qclone.device._noise_model import name_of, noise_model_of, own_target
from qclone.device._presets import PRESETS
from qclone.device._providers import PROVIDERS, backend_named
from qclone.device._runtime import MODES, fake_backend, live_device, opened, real_backend, runtime_sampler
from qclone.device._synthetic import all_to_all, heavy_hex, line, square_grid, synthetic
from qclone.device._target import target_of

__all__ = [
    "RowLattice",
    "row_lattice",
    "DEVICES",
    "ENTANGLERS",
    "Assumed",
    "PRESETS",
    "PROVIDERS",
    "RULES",
    "LEARNED",
    "MODES",
    "Coupler",
    "Device",
    "Generator",
    "LearnedLayer",
    "LearnedNoise",
    "NoiseRules",
    "Qubit",
    "Rule",
    "all_to_all",
    "backend_named",
    "depolarizing",
    "fake_backend",
    "from_backend",
    "heavy_hex",
    "idle_errors",
    "line",
    "name_of",
    "narrowed",
    "noise_model_of",
    "learned_boxes",
    "learned_noise",
    "own_target",
    "live_device",
    "load_device",
    "load_noise",
    "opened",
    "real_backend",
    "rules_of",
    "runtime_sampler",
    "square_grid",
    "synthetic",
    "target_of",
]
