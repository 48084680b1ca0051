"""Write down a cloud that the code on PYTHONPATH makes, as SQL: `make.py OUT.json embedded|service|URL`.

URL is an empty PostgreSQL database, for a service whose tables are there.
"""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from qiskit import QuantumCircuit

from qclone.store import Cloud

# What kind of file it is and of which format: a dump leaves it out.
PRAGMAS = ("application_id", "user_version")


def fill(cloud) -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.t(1)
    client = cloud.client
    client.put(circuit, "sealed")
    client.get(client.put(circuit, "consumed").object_id)
    if hasattr(client, "acknowledge"):
        client.get(client.put(circuit, "not acknowledged").object_id, keep=True)
    if hasattr(client, "narrow"):
        client.narrow(client.put(circuit, "narrowed").object_id, ["server-2"])
    cloud.close()


@contextmanager
def on_postgres(directory: Path, url: str):
    """Start the parts one by one, as it was done before `up` knew PostgreSQL."""
    from qclone.service import Addresses, Kind, Principal, tokens_of

    Cloud.create(directory, servers=2).close()
    tokens, names = tokens_of(directory), ["server-1", "server-2"]
    sites = [tokens.issue(Principal(Kind.SITE, name)) for name in names]
    started = []

    def serve(*words):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "qclone", "serve", *words]
        command += ["--cloud", str(directory), "--port", str(port)]
        started.append(subprocess.Popen(command, env=os.environ | {"QCLONE_SITE_TOKEN": " ".join(sites)}))
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz").close()
                return f"http://127.0.0.1:{port}"
            except OSError:
                time.sleep(0.2)

    fabric = serve("fabric", "--postgres", url)
    ledger = serve("ledger", "--postgres", url)
    servers = serve("server", *names, "--fabric", fabric)
    tenant, operator = Principal(Kind.TENANT, "default"), Principal(Kind.OPERATOR, "operator")
    known = tokens.issue(tenant), tokens.issue(operator)
    Addresses(fabric, ledger, dict.fromkeys(names, servers), "default", *known).write(directory)
    yield
    for process in started:
        process.terminate()
        process.wait()


def files_of(directory: Path) -> dict[str, str]:
    files = {}
    for name in ("fabric.db", "ledger.db", "keyring.db"):
        if (directory / name).exists():
            sql = sqlite3.connect(directory / name)
            said = {what: sql.execute(f"PRAGMA {what}").fetchone()[0] for what in PRAGMAS}
            lines = [*sql.iterdump(), *(f"PRAGMA {what} = {value};" for what, value in said.items())]
            files[name] = "\n".join(lines).replace("Inf", "9e999") + "\n"  # SQLite reads no Inf
    for name in ("keyring.json", "fabric.postgres", "ledger.postgres"):
        if (directory / name).exists():
            files[name] = (directory / name).read_text()
    if (directory / "receipt.key").exists():
        files["receipt.key"] = (directory / "receipt.key").read_bytes().hex()
    return files


def write(out: Path, kind: str) -> None:
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "cloud"
        if kind == "embedded":
            fill(Cloud.create(directory, servers=2))
        elif kind == "service":
            from qclone.service import RemoteCloud, down, up

            up(directory, servers=2)
            fill(RemoteCloud(directory))
            down(directory)
        else:
            from qclone.service import RemoteCloud

            with on_postgres(directory, kind):
                fill(RemoteCloud(directory))
            dump = ["pg_dump", "--no-owner", "--no-privileges", "--inserts", kind]
            files["database.sql"] = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
        files |= files_of(directory)
    out.write_text(json.dumps(files, indent=1) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2])
