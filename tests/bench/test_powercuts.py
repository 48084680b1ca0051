"""Power cuts around `get -o`: nothing is gone, a `get` that does not sync is caught; what a cut leaves."""

import shutil
from random import Random

import pytest

from qclone.bench.powercuts import run_powercuts
from qclone.bench.powercuts._cuts import PROGRAM
from qclone.bench.powercuts._disk import Disk
from qclone.bench.powercuts._trace import Call

UNSYNCED = (
    "from qclone import durable; "
    "durable.os = type('Os', (), {**vars(durable.os), 'fsync': lambda fd: None}); "
)
NO_STRACE = shutil.which("strace") is None


@pytest.mark.skipif(NO_STRACE, reason="strace records what a program does to files")
@pytest.mark.parametrize(("broken", "is_caught"), [("", False), (UNSYNCED, True)])
def test_a_register_is_in_its_file_or_with_its_owner(tmp_path, broken, is_caught):
    found = run_powercuts(tmp_path, 40, program=broken + PROGRAM)
    assert found.calls > 100
    assert found.outcomes["in its file"] > 0
    assert bool(found.violations) == is_caught


def left(tmp_path, calls, seeds=range(60)):
    root = tmp_path / "root"
    root.mkdir()
    (root / "old").write_bytes(b"old")
    found = set()
    for seed in seeds:
        disk = Disk(root)
        for name, *rest in calls:
            disk.apply(_call(root, name, *rest))
        to = tmp_path / f"left-{seed}"
        disk.after_a_cut(Random(seed), to)
        found.add(frozenset((path.name, path.read_bytes()) for path in to.iterdir()))
    return found


def _call(root, name, *rest):
    if name in ("open", "rename", "link", "unlink"):
        paths = tuple(root / part if part else root for part in rest if isinstance(part, str))
        return Call(name, rest[-1] if isinstance(rest[-1], int) else -1, paths, b"", -1, "O_CREAT")
    data = rest[1] if len(rest) > 1 else b""
    return Call(name, rest[0], (), data, -1, "")


OLD, NEW, EMPTY = ("old", b"old"), ("new", b"new"), ("new", b"")
WRITE = [("open", "new", 3), ("write", 3, b"new")]
SYNCED = [*WRITE, ("fsync", 3)]
NAMED = [*SYNCED, ("open", "", 4), ("fsync", 4)]


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        (WRITE, {(OLD,), (OLD, EMPTY), (OLD, NEW)}),
        (SYNCED, {(OLD,), (OLD, NEW)}),
        (NAMED, {(OLD, NEW)}),
        ([*NAMED, ("rename", "new", "old")], {(OLD, NEW), (("old", b"new"),)}),
        ([*NAMED, ("unlink", "old")], {(OLD, NEW), (NEW,)}),
        ([*NAMED, ("unlink", "old"), ("fsync", 4)], {(NEW,)}),
    ],
)
def test_what_posix_allows_to_be_left(tmp_path, calls, expected):
    assert left(tmp_path, calls) == {frozenset(one) for one in expected}
