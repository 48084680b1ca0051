"""What `qclone bench computing` measures, a little of it; the whole is a command."""

import json

import pytest

from qclone.bench.computing import run_alternatives
from qclone.bench.processes import run_computing_kills
from qclone.cli._main import main


@pytest.mark.parametrize("clifford", [True, False])
def test_alternatives(clifford):
    found = run_alternatives(6, clifford, seed=3)
    assert found.programs == 6 and found.wrong == 0 and found.worst_infidelity < 1e-12


def test_kills_of_an_embedded_client(tmp_path):
    found = run_computing_kills(tmp_path / "cloud", 4, seed=1, service=False)
    assert found.victims == {"client": 4} and not found.violations


def test_the_command(capsys):
    assert main(["bench", "computing", "--only", "decryption", "--count", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["as_promised"] and told["decryption"]["dense"]["cases"] == 12
    assert main(["bench", "computing", "--count", "4"]) == 2
