"""Real processes: started, looked at, killed, stopped; what was acknowledged survives all of it."""

import json
import os
import signal
import sqlite3
import sys
import threading
import time

import httpx
import pytest
from qiskit import QuantumCircuit

from qclone.bench.processes import measure_puts, run_kills, run_races
from qclone.cli import main
from qclone.errors import StorageError
from qclone.service import Addresses, RemoteCloud, down, status, supervisor_of, up
from qclone.service._transport import tls_context
from qclone.store import Cloud


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A running cloud of two servers; whatever a test did to it, it is stopped."""
    directory = tmp_path_factory.mktemp("service") / "cloud"
    up(directory, servers=2)
    yield directory
    if supervisor_of(directory) is not None:
        down(directory)


def wait(until, seconds=60):
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pids(directory):
    return {part.name: part.pid for part in status(directory)}


def has_ended(directory):
    return not any(part.serving for part in status(directory))


def test_what_runs_is_shown_and_runs_once(service, capsys):
    assert main(["status", "--cloud", str(service), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [part["name"] for part in shown["parts"]] == ["fabric", "ledger", "server-1", "server-2"]
    assert all(part["serving"] for part in shown["parts"])
    assert len({shown["supervisor"], *(part["pid"] for part in shown["parts"])}) == 5
    assert main(["up", "--cloud", str(service)]) == 1
    assert "runs already" in capsys.readouterr().err


def test_a_part_that_is_killed_comes_back_with_its_port_and_data(service):
    cloud = RemoteCloud(service)
    stored = [cloud.client.put(QuantumCircuit(1)).object_id for _ in range(2)]
    for part in ("fabric", "ledger", "server-1", "server-2"):
        before, addresses = pids(service), Addresses.read(service)
        os.kill(before[part], signal.SIGKILL)
        # The supervisor listens for the part: a call that comes meanwhile waits for it.
        assert [m.object_id for m in cloud.ledger.manifests()] == stored
        assert cloud.fabric.now() == 0
        wait(lambda part=part, before=before: pids(service)[part] not in (before[part], None))
        assert Addresses.read(service) == addresses
    assert all(cloud.client.get(object_id).entanglement_fidelity == 1 for object_id in stored)
    cloud.close()


def test_logs_are_json_lines_without_secrets(service):
    addresses = Addresses.read(service)
    cloud = RemoteCloud(service)
    stored = cloud.client.put(QuantumCircuit(1))
    secrets = [addresses.token, addresses.operator_token, cloud.client.keyring.secret(stored.object_id)]
    guess = {"Authorization": "Bearer guess-of-a-token"}
    httpx.get(f"{addresses.fabric}/v1/sites", headers=guess, verify=tls_context(addresses.certificate))
    cloud.client.get(stored.object_id)
    cloud.close()
    logs = {path.stem: path.read_text() for path in (service / "logs").glob("*.log")}
    assert logs.keys() == {"supervisor", "fabric", "ledger", "server-1", "server-2"}
    for text in logs.values():
        assert not any(secret in text for secret in [*secrets, stored.object_id, "guess-of-a-token"])
    lines = [json.loads(line) for line in logs["fabric"].splitlines()]
    paths = {line["path"]: line["status"] for line in lines if line["event"] == "request"}
    assert paths["/v1/registers/{register}"] == 200
    assert any(line.get("status") == 401 for line in lines)


def test_a_request_under_way_is_finished_before_the_part_stops(tmp_path):
    Cloud.create(tmp_path / "cloud", servers=1).close()
    up(tmp_path / "cloud")
    cloud = RemoteCloud(tmp_path / "cloud")
    holding = sqlite3.connect(tmp_path / "cloud/fabric.db", isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")  # so that the next writer must wait
    done = []
    request = threading.Thread(target=lambda: done.append(cloud.fabric.advance(1.0)))
    request.start()
    time.sleep(0.5)
    stopping = threading.Thread(target=down, args=(tmp_path / "cloud",))
    stopping.start()
    time.sleep(0.5)
    assert not done
    holding.execute("ROLLBACK")
    request.join(30)
    stopping.join(60)
    assert done == [1.0]
    assert supervisor_of(tmp_path / "cloud") is None
    holding.close()
    cloud.close()


def test_parts_end_with_their_supervisor_and_what_was_put_is_there(service, capsys):
    cloud = RemoteCloud(service)
    stored = cloud.client.put(QuantumCircuit(2))
    cloud.close()
    os.kill(supervisor_of(service), signal.SIGKILL)
    wait(lambda: has_ended(service))
    assert main(["status", "--cloud", str(service)]) == 1
    assert "not serving" in capsys.readouterr().out
    old = Addresses.read(service)
    up(service)
    assert Addresses.read(service).token != old.token
    now = Addresses.read(service)
    trust = tls_context(now.certificate)
    refused = httpx.get(
        f"{now.fabric}/v1/clock", headers={"Authorization": f"Bearer {old.token}"}, verify=trust
    )
    assert refused.status_code == 401
    cloud = RemoteCloud(service)
    assert cloud.client.get(stored.object_id).entanglement_fidelity == 1
    cloud.close()
    # Down after a death: what is left is removed, and the directory is an embedded cloud again.
    os.kill(supervisor_of(service), signal.SIGKILL)
    wait(lambda: has_ended(service))
    assert main(["down", "--cloud", str(service)]) == 0
    assert main(["ls", "--cloud", str(service)]) == 0
    assert main(["down", "--cloud", str(service)]) == 1
    assert "No cloud runs" in capsys.readouterr().err
    up(service)


def test_a_part_that_cannot_start_is_named(tmp_path):
    directory = tmp_path / "cloud"
    Cloud.create(directory, servers=1).close()
    (directory / "ledger.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StorageError):
        up(directory)
    assert supervisor_of(directory) is None


def test_one_of_sixty_four_wins_every_round(service):
    assert run_races(service, clients=64, rounds=2).is_as_promised


def test_kills_at_random_instants_break_no_promise(tmp_path):
    result = run_kills(tmp_path / "cloud", rounds=4, seed=140)
    assert result.violations == ()
    assert result.victims.keys() == {"fabric", "ledger", "client", "supervisor"}
    assert result.recovered >= result.acknowledged - 4
    assert result.interrupted <= 4


def test_puts_are_measured(tmp_path):
    puts = measure_puts(tmp_path, qubits=1, servers=1, clients=2, seconds=0.4)
    for rate in (puts.embedded, puts.service):
        assert 0 < rate.median_ms <= rate.p95_ms
        assert rate.puts_per_s > 0
    assert sys.platform != "linux" or puts.service.cpu_ms_per_put > 0
