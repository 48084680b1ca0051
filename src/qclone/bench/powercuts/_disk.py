"""A disk of which everything that was not synced may be lost when the power goes, piece by piece."""

from __future__ import annotations

from pathlib import Path
from random import Random

from qclone.bench.powercuts._trace import Call

SECTOR = 512
"""Bytes that are written whole or not at all."""


class _File:
    """Content that is on the disk for certain, and what has been done to it since."""

    def __init__(self, content: bytes = b"") -> None:
        self.synced = content
        self.pending: list[tuple[int, bytes | None]] = []
        """Position and bytes; or a length, to which it is cut."""

    def content(self, random: Random | None = None) -> bytes:
        """Return all of it; or what may be left of it, each unsynced sector on its own."""
        found = bytearray(self.synced)
        for at, data in self.pending:
            if data is None:
                if random is None or random.random() < 0.5:
                    found = found[:at].ljust(at, b"\0")
                continue
            for start in range(0, len(data), SECTOR):
                if random is None or random.random() < 0.5:
                    piece = data[start : start + SECTOR]
                    found = found.ljust(at + start, b"\0")
                    found[at + start : at + start + len(piece)] = piece
        return bytes(found)


class Disk:
    """Files and directories below one directory, as calls change them.

    What a `fsync` of a file has covered is there. A name is there once its directory was synced after it was
    given; until then, each new, changed and removed name is kept or not, on its own or with all that came
    before it. That is all that POSIX promises; most file systems keep more.

    Parameters
    ----------
    root : a directory; what is there now is synced.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[Path, dict[str, _File | None]] = {}
        self._pending: dict[Path, list[tuple[tuple[str, _File | None], ...]]] = {}
        self._files: dict[int, tuple[Path, _File | None]] = {}
        self._position: dict[int, int] = {}
        for path in [root, *root.rglob("*")]:
            if path.is_dir():
                self._names.setdefault(path, {})
            else:
                self._names.setdefault(path.parent, {})[path.name] = _File(path.read_bytes())

    def apply(self, call: Call) -> bool:
        """Let a call happen; return whether it changed anything that can be lost, or saved it."""
        if call.paths and not call.paths[-1].is_relative_to(self._root):
            if call.name == "open":
                self._files.pop(call.descriptor, None)
            return False
        if call.paths or call.descriptor in self._files:
            return bool(getattr(self, f"_{call.name}")(call))
        return False

    def after_a_cut(self, random: Random, to: Path) -> None:
        """Write down what is left, in a new directory."""
        for directory in self._names:
            (to / directory.relative_to(self._root)).mkdir(parents=True, exist_ok=True)
        for directory, names in self._names.items():
            left = dict(names)
            changes = self._pending.get(directory, [])
            if random.random() < 0.5:
                kept = changes[: random.randint(0, len(changes))]
            else:
                kept = [change for change in changes if random.random() < 0.5]
            for change in kept:
                _rename(left, change)
            for name, file in left.items():
                if file is not None:
                    where = to / directory.relative_to(self._root) / name
                    where.write_bytes(file.content(random))

    def _there(self, directory: Path) -> dict[str, _File | None]:
        there = dict(self._names.get(directory, {}))
        for change in self._pending.get(directory, []):
            _rename(there, change)
        return there

    def _change(self, directory: Path, *names: tuple[str, _File | None]) -> bool:
        self._pending.setdefault(directory, []).append(names)
        self._names.setdefault(directory, {})
        return True

    def _open(self, call: Call) -> bool:
        path = call.paths[0]
        self._position[call.descriptor] = 0
        if path in self._names:
            is_directory = "O_TMPFILE" not in call.flags
            self._files[call.descriptor] = path, None if is_directory else _File()
            return False
        file = self._there(path.parent).get(path.name)
        is_new = file is None
        file = file or _File()
        self._files[call.descriptor] = path, file
        if is_new:
            return self._change(path.parent, (path.name, file))
        if "O_TRUNC" in call.flags:
            file.pending.append((0, None))
        if "O_APPEND" in call.flags:
            self._position[call.descriptor] = len(file.content())
        return "O_TRUNC" in call.flags

    def _write(self, call: Call) -> bool:
        _, file = self._files[call.descriptor]
        if file is None:
            return False
        at = self._position[call.descriptor] if call.at < 0 else call.at
        file.pending.append((at, call.data))
        if call.at < 0:
            self._position[call.descriptor] = at + len(call.data)
        return True

    def _ftruncate(self, call: Call) -> bool:
        _, file = self._files[call.descriptor]
        if file is not None:
            file.pending.append((call.at, None))
        return file is not None

    def _fsync(self, call: Call) -> bool:
        path, file = self._files[call.descriptor]
        if file is not None:
            file.synced, file.pending = file.content(), []
        else:
            self._names[path] = self._there(path)
            self._pending[path] = []
        return True

    def _lseek(self, call: Call) -> bool:
        self._position[call.descriptor] = call.at
        return False

    def _close(self, call: Call) -> bool:
        del self._files[call.descriptor]
        return False

    def _rename(self, call: Call) -> bool:
        old, new = call.paths
        file = self._there(old.parent).get(old.name)
        if old.parent == new.parent:
            return self._change(old.parent, (old.name, None), (new.name, file))
        return self._change(old.parent, (old.name, None)) and self._change(new.parent, (new.name, file))

    def _link(self, call: Call) -> bool:
        old, new = call.paths
        return self._change(new.parent, (new.name, self._there(old.parent).get(old.name)))

    def _unlink(self, call: Call) -> bool:
        path = call.paths[0]
        return self._change(path.parent, (path.name, None))

    def _mkdir(self, call: Call) -> bool:
        self._names.setdefault(call.paths[0], {})
        return False


def _rename(names: dict[str, _File | None], change: tuple[tuple[str, _File | None], ...]) -> None:
    for name, file in change:
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file
