"""A small share of `qclone bench fuzz`: 10,000 bodies and 1,000 files are its default."""

from qclone.bench.fuzz import fuzz_bodies, fuzz_files
from qclone.cli import main
from qclone.service import down, up


def test_fuzzed_bodies_are_answered_in_time_and_in_little_memory(tmp_path):
    up(tmp_path / "cloud", servers=1)
    try:
        assault = fuzz_bodies(tmp_path / "cloud", bodies=150, seed=7)
    finally:
        down(tmp_path / "cloud")
    assert assault.is_as_promised, assault
    assert sum(assault.statuses.values()) == 150
    assert assault.peak_bytes > 0


def test_fuzzed_files_are_answered_with_a_documented_status(tmp_path):
    readings = fuzz_files(tmp_path, 25, main, seed=7)
    assert readings.is_as_promised, readings
    assert sum(readings.exits.values()) == 25
