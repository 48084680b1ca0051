"""What docs/adding.md defines in one file outside, in the rooms where its page does not go."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.dataset
import pytest
from qiskit import QuantumCircuit, qasm3
from qiskit.quantum_info import Operator, Statevector

PAGE = (Path(__file__).parent.parent / "docs" / "adding.md").read_text()
PROGRAM = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nh q[0]; t q[0]; s q[0];\n'
# One process for all of it: the names are found once, from the entry points of what is installed.
SCRIPT = """
import contextlib, io, json, sys
from pathlib import Path

from qclone.cli import main


def said(*words):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main([*words, "--json"])
    assert code == 0, (words, code)
    return json.loads(out.getvalue())


if __name__ == "__main__":
    answers = {}
    blocks = ["--noise", "1e-3", "--shots", "200", "--decoder", "matching"]
    answers["logical"] = said("experiment", "logical", "--scheme", "pad.json", *blocks)
    encoded = ["--qubits", "100", "--noise", "device:seven", "--shots", "50"]
    answers["plan"] = said("plan", "--servers", "2", *encoded)
    said("init", "--servers", "2", "--cloud", "two")
    put = said("put", "state.qasm", "--scheme", "pad.json", "--cloud", "two")
    (server,) = put["servers"]
    answers["run"] = said("run", put["id"], "program.qasm", "--on", server, "--cloud", "two")
    answers["get"] = said("get", put["id"], "--from", server, "--cloud", "two", "--out", "back.qasm")
    answers["circuit"] = said("circuit", "--scheme", "pad.json", "--native", "--device", "h2")
    answers["sweep"] = said("sweep", "sweep.toml", "--workers", "1", "--out", "swept")
    print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What each room says, with the page's file and entry points in its folder."""
    folder = tmp_path_factory.mktemp("outside")
    for name, block in re.findall(r"^\$ cat > (\S+) <<'END'\n(.*?)^> END", PAGE, re.MULTILINE | re.DOTALL):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(line[2:] + "\n" for line in block.splitlines()))
    (folder / "spare-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: spare\nVersion: 1\n")
    (folder / "pad.json").write_text('{"scheme": "one_time_pad"}')
    for name in ("state.qasm", "program.qasm"):
        (folder / name).write_text(PROGRAM)
    (folder / "sweep.toml").write_text(
        'experiment = "pad"\n[fixed]\ndevice = "seven"\ntries = 1\n[grid]\nscale = [0.0, 1.0, 4.0]\n'
    )
    (folder / "script.py").write_text(SCRIPT)
    command = [sys.executable, "-W", "ignore", "script.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    swept = pyarrow.dataset.dataset(folder / "swept", format="parquet").to_table().to_pylist()
    return json.loads(done.stdout) | {"back": (folder / "back.qasm").read_text(), "swept": swept}


def test_in_blocks_of_a_code_the_scheme_has_three(answers):
    """Three wires, each of nine data and eight check qubits."""
    first = answers["logical"]["rows"][0]
    assert first["qubits"] == 3 * 17 and first["infidelity"] < 0.05


def test_a_plan_has_the_devices_noise(answers):
    """Blocks of at most the 100 qubits that were asked for."""
    outcomes = answers["plan"]["encoded"]["outcomes"]
    assert {"kept block", "clones n=2"} <= {o["strategy"] for o in outcomes}
    assert all(o["num_qubits"] <= 100 and 0 <= o["infidelity"] < 0.75 for o in outcomes)


def test_a_server_computes_on_the_pad(answers):
    """The state's gates and the program's are the same, so what comes back has gone through them twice."""
    assert answers["run"]["tails"] == 1 and answers["get"]["entanglement_fidelity"] == 1
    once = Operator(QuantumCircuit.from_qasm_str(PROGRAM))
    assert Statevector(qasm3.loads(answers["back"])).equiv(Statevector.from_label("0").evolve(once @ once))


def test_its_circuits_lie_on_trapped_ions(answers):
    """Encryption couples what is kept, as the scheme itself does, and twice: CX and CZ."""
    placed = answers["circuit"]
    assert placed["stages"]["encrypt"] == placed["stages"]["decrypt"] == {"layers": 2, "gates": 2}
    assert 0.9 < placed["fidelity"] < 1


def test_a_sweep_runs_the_experiment_on_the_device(answers):
    """On the same line of seven qubits with no noise, its own, and four times that."""
    assert answers["sweep"]["computed"] == 3 and answers["sweep"]["failed"] == 0
    values = [row["value"] for row in sorted(answers["swept"], key=lambda row: row["scale"])]
    assert values[0] == pytest.approx(1) and values[0] > values[1] > values[2] > 0.5
