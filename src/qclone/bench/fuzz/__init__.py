"""Input that nobody should send: bodies to every part of a cloud, files to every command that reads one."""

from qclone.bench.fuzz._bodies import Assault, fuzz_bodies
from qclone.bench.fuzz._files import Readings, fuzz_files

__all__ = ["Assault", "Readings", "fuzz_bodies", "fuzz_files"]
