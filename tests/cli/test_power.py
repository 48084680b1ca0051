"""Power fails anywhere around `get -o`: the register is in its file or with its owner, never both gone.

What was not synced may be lost: contents without a sync of the file, names without a sync of the
directory. Each moment at which power can fail is tried, with all that may be lost then.
"""

import itertools
import os
import stat

import pytest

from qclone.cli import _safe, main
from qclone.store import Cloud
from qclone.store._spool import Spool
from tests.cli.test_get import put


class PowerFails(BaseException):
    """Nothing after it happens."""


class Disk:
    """Sees what is written, synced and named, and fails at a given step."""

    def __init__(self, fails_at=None):
        self.steps, self.fails_at = 0, fails_at
        self.contents_synced = self.named = self.name_synced = self.done = False

    def step(self):
        if self.steps == self.fails_at:
            raise PowerFails
        self.steps += 1

    def watch(self, patch):
        real = {name: getattr(os, name) for name in ("fsync", "link", "replace", "unlink")}

        def fsync(descriptor):
            is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            if not is_directory and os.fstat(descriptor).st_nlink == 0:  # what pytest captures
                return
            self.step()
            real["fsync"](descriptor)
            if is_directory:
                self.name_synced |= self.named
            else:
                self.contents_synced = True
            self.step()

        def link(*what, **how):
            self.step()
            real["link"](*what, **how)
            self.named = True
            self.step()

        def replace(source, target):
            self.step()
            real["replace"](source, target)
            self.named |= str(target).endswith("out.qasm")
            self.step()

        def done(spool, object_id, done=Spool.done):
            self.step()
            done(spool, object_id)
            self.done = True  # its own file is synced by SQLite before this returns
            self.step()

        for name, stand_in in (("fsync", fsync), ("link", link), ("replace", replace)):
            patch.setattr(_safe.os, name, stand_in)
        patch.setattr(Spool, "done", done)


@pytest.mark.parametrize("options", [[], ["--force"]])
def test_power_that_fails_anywhere_loses_nothing(tmp_path, monkeypatch, capsys, options):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QCLONE_CLOUD", str(tmp_path / "cloud"))
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    assert main(["get", put(cloud), "-o", "first.qasm"]) == 0  # makes the files that are made once
    whole = Disk()
    with monkeypatch.context() as patch:
        whole.watch(patch)
        assert main(["get", put(cloud), "-o", "out.qasm", *options]) == 0
    assert whole.steps >= 8
    lost = 0
    for cut in range(whole.steps):
        stored, disk = put(cloud), Disk(cut)
        (tmp_path / "out.qasm").unlink(missing_ok=True)
        with monkeypatch.context() as patch:
            disk.watch(patch)
            with pytest.raises(PowerFails):
                main(["get", stored, "-o", "out.qasm", *options])
        for keeps_contents, keeps_name in itertools.product((False, True), repeat=2):
            in_file = (disk.contents_synced or keeps_contents) and (
                disk.name_synced or (disk.named and keeps_name)
            )
            waits = not disk.done
            assert in_file or waits, f"lost by a cut before step {cut}"
            lost += not in_file
        if not disk.done:
            (tmp_path / "out.qasm").unlink(missing_ok=True)
            assert main(["get", stored, "-o", "out.qasm"]) == 0
        assert "ry(0.7)" in (tmp_path / "out.qasm").read_text()
    assert lost  # the cuts were not idle
    cloud.close()
