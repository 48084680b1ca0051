"""Deterministic fault simulation of the cloud: one seed is one schedule of faults, and replays exactly."""

from qclone.faults._run import Outcome, run_schedule, run_schedules
from qclone.faults._schedule import TYPICAL, Crash, Schedule
from qclone.faults._world import Code, Output

__all__ = ["TYPICAL", "Code", "Crash", "Outcome", "Output", "Schedule", "run_schedule", "run_schedules"]
