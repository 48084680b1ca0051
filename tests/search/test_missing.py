"""Without the extra's packages a search is one sentence, from the command line and from Python."""

import subprocess
import sys

import pytest

RUN = """
import runpy, sys
sys.modules |= dict.fromkeys({missing!r})
sys.argv[1:] = {arguments!r}
runpy.run_module({module!r}, run_name="__main__")
"""


@pytest.mark.parametrize("missing", [["numba"], ["pysat", "pysat.solvers"]])
@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("qclone.search", ["kingston", "--clones", "3", "--steps", "1", "--fresh"]),
        ("qclone", ["circuit", "--native", "--device", "kingston", "--clones", "3", "--search", "1"]),
    ],
)
def test_what_is_missing_is_named(missing, module, arguments) -> None:
    program = RUN.format(missing=missing, arguments=arguments, module=module)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "pip install 'qclone[search]'" in done.stderr
    assert ("numba" if missing == ["numba"] else "python-sat") in done.stderr
