"""Benchmarks: what a thing costs, and ratios against what people would otherwise use."""

from qclone.bench._measured import Ratio, compare, machine
from qclone.bench._scale import Scale, run_scale
from qclone.bench._suite import run_suite, suite

__all__ = ["Ratio", "Scale", "compare", "machine", "run_scale", "run_suite", "suite"]
