"""`qclone` for the shell of a docs page, each command a fork of one process that has imported it all.

    python warm.py SOCKET     says when it listens, and ends when its stdin is closed

What the shell finds as `qclone` hands its arguments, folder, environment and open files to a fork, which runs
`main` with them, and ends as that ends. So a command is a process of its own, with the pipes and redirections
that the shell gives it, but Python and Qiskit have been loaded already.
"""

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

INSTALLED = Path(sys.executable).parent / "qclone"

COMMAND = """#!{python} -SE
import json, os, socket, sys
if "PYTHONPATH" in os.environ:  # what is imported is not what was
    os.execv({qclone!r}, ["qclone", *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(to, [len(said).to_bytes(8, "big")], [0, 1, 2])
    to.sendall(said)
    ended = to.recv(4)
sys.exit(int.from_bytes(ended, "big") if ended else 1)
"""


@contextmanager
def warm_command() -> Iterator[Path]:
    """A folder with a `qclone` that starts at once."""
    with TemporaryDirectory() as folder:
        address, command = f"{folder}/socket", Path(folder, "bin/qclone")
        command.parent.mkdir()
        command.write_text(COMMAND.format(python=sys.executable, qclone=str(INSTALLED), address=address))
        command.chmod(0o755)
        server = [sys.executable, __file__, address]
        with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as serving:
            assert serving.stdout is not None and serving.stdout.readline() == b"listening\n"
            yield command.parent


def serve(address: str) -> None:
    for room in ("__main__", "experiments", "logical", "plan", "service"):
        import_module(f"qclone.{room}")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("listening", flush=True)
        while select.select([sys.stdin, listening], [], [])[0] == [listening]:
            caller, _ = listening.accept()
            with caller:
                if os.fork() == 0:
                    listening.close()
                    answer(caller)
            reap()


def reap() -> None:
    """Let go of the callers' processes that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def answer(caller: socket.socket) -> None:
    """Run what a caller asks for in a process of its own, and say how that ended."""
    size, files, _, _ = socket.recv_fds(caller, 8, 3)
    with caller.makefile("rb") as said:
        arguments, folder, environment = json.loads(said.read(int.from_bytes(size, "big")))
    child = os.fork()
    if child == 0:
        caller.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["qclone", *arguments]
        sys.exit(import_module("qclone.__main__").main())
    for file in files:
        os.close(file)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    caller.sendall((code if code >= 0 else 128 - code).to_bytes(4, "big"))
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
