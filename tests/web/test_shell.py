"""Words of commands, against the shell that reads them."""

import subprocess

import pytest

from qclone.web import Rooms
from qclone.web import _cloud_room as room
from qclone.web._shell import quoted, quoted_file

NAMES = [
    "bell.qasm", "a b", "it's", 'say "hi"', "$(id)", "`id`", "a;b", "a\\b", "\x1b[201~\nid\n", "\x7f",
    "'\x07'", "\u202egpj.qasm", "zwei\u2028", "Größe é 雪", "a\nb", "-n", "--cloud=x", "\udcff", 
    "\x01'\\\x02", "~", "*",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_the_name(name):
    said = quoted(name)
    assert all(c.isprintable() or c == "\n" for c in said)
    told = subprocess.run(
        ["bash", "-c", f"printf %s {said}".encode()], capture_output=True, check=True
    ).stdout
    assert told == name.encode(errors="surrogateescape")


@pytest.mark.parametrize("name", ["-x.qasm", "--help", "example:bell", "-"])
def test_the_name_of_a_file_is_no_option_and_no_sample(name):
    assert quoted_file(name) == f"./{name}"


def test_what_is_pasted_is_what_was_dropped(cloud):
    """A file whose name ends the paste and goes on with a command of its own."""
    content = b'OPENQASM 3.0; include "stdgates.inc"; qubit[1] q; h q[0];'
    told = room.drop(Rooms(cloud), content, {"name": "\x1b[201~\rid\r.qasm"})
    assert told["command"] == r"qclone put $'\x1b[201~\x0did\x0d.qasm'"
