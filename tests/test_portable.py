"""What only some platforms have is imported by none of our modules: fcntl, resource, sched_getaffinity."""

import subprocess
import sys

IMPORTS = """
import builtins, importlib, os, pkgutil, sys

ABSENT = {"fcntl", "resource", "pwd", "termios"}
real = builtins.__import__


def without(name, globals=None, *rest, **more):
    # Libraries choose their platform's calls themselves; ours must not name any.
    if name.split(".")[0] in ABSENT and str((globals or {}).get("__name__", "")).startswith("qclone"):
        raise ModuleNotFoundError(name)
    return real(name, globals, *rest, **more)


builtins.__import__ = without
del os.sched_getaffinity
if sys.version_info >= (3, 13):
    os.process_cpu_count = os.cpu_count  # as it is where there is no affinity
import qclone

found = [m.name for m in pkgutil.walk_packages(qclone.__path__, "qclone.") if "__main__" not in m.name]
for name in found:
    importlib.import_module(name)
print(len(found))
from qclone.experiments._run import num_processors
assert num_processors() >= 1
"""


def test_every_module_imports_without_them():
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200
