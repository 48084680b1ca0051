"""What a program did to files, as the kernel saw it: strace's account, read back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qclone.errors import InvalidInputError

_CALLS = (
    "openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
    "mkdir,mkdirat,close,lseek"
)
_LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Call:
    """One system call that succeeded.

    Parameters
    ----------
    name : of the call. descriptor : the file it is about, or the one that it opened; -1 if it names paths.
    paths : absolute. data : what was written. at : position or length; -1 for where the last call ended.
    flags : the text of all arguments but strings.
    """

    name: str
    descriptor: int
    paths: tuple[Path, ...]
    data: bytes
    at: int
    flags: str


def traced(command: Sequence[str], directory: Path, log: Path, environment: Mapping[str, str]) -> list[Call]:
    """Run a command in a directory and return the calls by which it changed files.

    Raises
    ------
    InvalidInputError : there is no strace, or it may not trace here. RuntimeError : the command failed.
    """
    strace = shutil.which("strace")
    if strace is None or subprocess.run([strace, "-qq", "true"], capture_output=True, check=False).returncode:
        raise InvalidInputError(
            "What a program does to files is recorded with strace, which is not here or not allowed.",
            "Install strace, on Linux, and run as a user who may trace.",
        )
    options = ["-f", "-qq", "-xx", "-s", "100000000", "-e", "signal=none", "-e", f"trace={_CALLS}"]
    done = subprocess.run(
        [strace, *options, "-o", str(log), *command],
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr or done.stdout}")
    return list(_calls(log.read_text().splitlines(), directory))


def _calls(lines: Sequence[str], directory: Path) -> Iterator[Call]:
    begun: dict[str, str] = {}
    for line in lines:
        if line.endswith("<unfinished ...>"):
            begun[line.split(None, 1)[0]] = line.removesuffix("<unfinished ...>")
            continue
        resumed = _RESUMED.match(line)
        found = _LINE.match(begun.pop(resumed[1]) + resumed[2] if resumed else line)
        if found and int(found[4]) >= 0:
            yield _call(found[2], found[3], int(found[4]), directory)


def _call(name: str, arguments: str, result: int, directory: Path) -> Call:
    strings = [bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(arguments)]
    plain = _STRING.sub("", arguments)
    numbers = [part.strip() for part in plain.split(",")]
    if name in ("write", "pwrite64"):
        at = int(numbers[3]) if name == "pwrite64" else -1
        return Call("write", int(numbers[0]), (), strings[0][:result], at, "")
    if name in ("fsync", "fdatasync", "close"):
        return Call(name.replace("fdata", "f"), int(numbers[0]), (), b"", -1, "")
    if name == "ftruncate":
        return Call(name, int(numbers[0]), (), b"", int(numbers[1]), "")
    if name == "lseek":
        return Call(name, int(numbers[0]), (), b"", result, "")
    paths = tuple(directory / os.fsdecode(text) for text in strings)
    paths = tuple(Path(os.path.normpath(path)) for path in paths)
    kind = next(kind for kind in ("open", "rename", "link", "mkdir", "unlink") if name.startswith(kind))
    return Call(kind, result if kind == "open" else -1, paths, b"", -1, plain)
