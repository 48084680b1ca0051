"""What is left of a cloud and of what it handed over when the power goes between two system calls."""

from qclone.bench.powercuts._cuts import PowerCuts, run_powercuts

__all__ = ["PowerCuts", "run_powercuts"]
