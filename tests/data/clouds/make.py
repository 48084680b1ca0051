"""Write down a cloud that the code on PYTHONPATH makes, as SQL: `make.py OUT.json embedded|service`."""

import json
import sqlite3
import sys
import tempfile
from pathlib import Path

from qiskit import QuantumCircuit

from qclone.store import Cloud


def write(out: Path, kind: str) -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.t(1)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "cloud"
        if kind == "embedded":
            cloud = Cloud.create(directory, servers=2)
        else:
            from qclone.service import RemoteCloud, down, up

            up(directory, servers=2)
            cloud = RemoteCloud(directory)
        cloud.client.put(circuit, "sealed")
        cloud.client.get(cloud.client.put(circuit, "consumed").object_id)
        cloud.close()
        if kind == "service":
            down(directory)
        files = {}
        for name in ("fabric.db", "ledger.db", "keyring.db"):
            if (directory / name).exists():
                lines = sqlite3.connect(directory / name).iterdump()
                files[name] = "\n".join(lines).replace("Inf", "9e999") + "\n"  # SQLite reads no Inf
        if (directory / "keyring.json").exists():
            files["keyring.json"] = (directory / "keyring.json").read_text()
    out.write_text(json.dumps(files, indent=1) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2])
