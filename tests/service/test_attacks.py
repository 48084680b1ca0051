"""Attacks on a part, over real sockets: it answers, in time, and nothing else happens."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from fastapi import Request
from qiskit import QuantumCircuit
from starlette.datastructures import URL

from qclone.cli import main
from qclone.errors import InvalidInputError
from qclone.service import (
    Kind,
    Limits,
    Listen,
    Principal,
    TooManyRequestsError,
    _budget,
    _connections,
    _logs,
    fabric_part,
    tokens_of,
)
from qclone.store import Cloud, KeyState
from tests.listening import listening
from tests.service.test_service import request

R = "/v1/registers/default:ab"
MILLION = {"scheme": "canonical", "num_clones": 1_000_000}
TREE = {
    "scheme": "iterated",
    "base": {"scheme": "iterated", "base": MILLION, "recloned": [10**6]},
    "recloned": [1],
}


def to(url):
    where = urlsplit(url)
    return socket.create_connection((where.hostname, where.port), timeout=20)


def slowest_health(url, during):
    """Run something and return how long the slowest answer of /healthz took meanwhile, in seconds."""
    worst, done = [0.0], threading.Event()

    def watch():
        with httpx.Client() as client:
            while not done.is_set():
                started = time.monotonic()
                assert client.get(f"{url}/healthz", timeout=60).status_code == 200
                worst[0] = max(worst[0], time.monotonic() - started)
                time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        during()
    finally:
        done.set()
        watcher.join()
    return worst[0]


def manifest(scheme):
    facts = {"name": "n", "qubits": 1, "num_clones": 2, "clones": {"S1": "server-1"}, "created_at": "now"}
    return json.dumps({**facts, "scheme": scheme})


def test_a_short_scheme_that_says_a_large_one_is_refused_at_once(addresses):
    content = manifest(TREE)
    assert len(content) < 400
    started = time.monotonic()
    got = request(
        addresses.ledger,
        addresses.token,
        "PUT",
        "/v1/objects/ab",
        content=content,
        headers={"Content-Type": "application/json"},
    )
    assert (got.status_code, got.json()["error"]["code"]) == (422, "invalid_input")
    assert time.monotonic() - started < 2


MIB23 = 23 << 20
BODIES = {
    "numbers that are none": b'{"wires": [' + b'"a",' * (MIB23 // 4) + b'"a"]}',
    "numbers out of range": b'{"wires": [' + b"-1," * (MIB23 // 3) + b"1]}",
    "a million numbers, all wrong": b'{"wires": [' + b"-1," * 900_000 + b"1]}",
    "unknown keys": b"{" + b",".join(b'"%d":1' % i for i in range(1_500_000)) + b"}",
    "sites that are none": b'{"to": {' + b",".join(b'"%d!":[]' % i for i in range(900_000)) + b"}}",
    "one long number": b'{"wires": [' + b"1" * MIB23 + b"]}",
    "brackets": b"[" * MIB23,
    "one long text": b'{"wires": "' + b"a" * MIB23 + b'"}',
    "escapes": b'{"circuit": "' + b"\\u0000" * (MIB23 // 6) + b'"}',
    "spaces": b" " * MIB23,
}


@pytest.mark.parametrize("name", BODIES)
def test_health_comes_within_a_second_whatever_the_body(addresses, name):
    headers = {"Content-Type": "application/json"}
    verb = (
        "move" if b'"to"' in BODIES[name][:9] else "run" if b'"circuit"' in BODIES[name][:12] else "discard"
    )

    def send():
        got = request(
            addresses.fabric,
            addresses.token,
            "POST",
            f"{R}/{verb}",
            content=BODIES[name],
            headers=headers,
            timeout=60,
        )
        assert got.status_code in (409, 422), got.text
        assert len(got.text) < 1000

    assert slowest_health(addresses.fabric, send) < 1


def test_who_may_pass_is_decided_on_the_path(addresses, monkeypatch):
    with to(addresses.fabric) as connection:
        connection.sendall(b"GET /v1/clock HTTP/1.1\r\nHost: x/healthz?\r\n\r\n")
        assert b" 401 " in connection.recv(4096)
    # As starlette before 0.50 understood that header.
    monkeypatch.setattr(Request, "url", property(lambda _: URL("http://x/healthz?/v1/clock")))
    assert httpx.get(f"{addresses.fabric}/v1/clock").status_code == 401


@pytest.fixture
def impatient(monkeypatch, tmp_path):
    """A part with short patience and few connections."""
    monkeypatch.setattr(_connections, "HEAD_WITHIN_S", 1)
    monkeypatch.setattr(_connections, "BODY_WITHIN_S", 1)
    monkeypatch.setattr(_connections, "_most_connections", lambda: 50)
    Cloud.create(tmp_path / "cloud", servers=1).close()
    token = tokens_of(tmp_path / "cloud").issue(Principal(Kind.TENANT, "t"))
    with listening(fabric_part(tmp_path / "cloud", limits=Limits(body_s=0.5))) as url:
        yield url, token


HEAD = b"POST /v1/registers/t:ab/run HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"G",
        b"GET /v1/clock HTTP/1.1\r\nHost: x\r\nX-A",
        HEAD + b"Content-Length: 1000\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP",
    ],
)
def test_half_a_request_is_not_waited_for(impatient, half):
    url, _ = impatient
    with to(url) as connection:
        started = time.monotonic()
        connection.sendall(half)
        try:
            while connection.recv(65536):
                pass
        except ConnectionResetError:
            pass
        assert time.monotonic() - started < 5


def test_a_body_that_does_not_come_is_answered(impatient):
    url, token = impatient
    with to(url) as connection:
        connection.sendall(HEAD + f"Authorization: Bearer {token}\r\nContent-Length: 9\r\n\r\n".encode())
        assert b" 408 " in connection.recv(4096)


def test_connections_that_say_nothing_displace_each_other(impatient):
    url, token = impatient
    before = psutil.Process().num_fds()
    flood = [to(url) for _ in range(300)]
    for connection in flood[::2]:
        with suppress(OSError):  # displaced before it could say anything
            connection.sendall(HEAD)
    try:
        for _ in range(5):
            got = httpx.get(f"{url}/v1/clock", headers={"Authorization": f"Bearer {token}"}, timeout=5)
            assert got.status_code == 200
    finally:
        for connection in flood:
            connection.close()
    deadline = time.monotonic() + 20
    while psutil.Process().num_fds() > before + 5:  # none is left behind
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_refusals_fill_no_disk(tmp_path, caplog):
    log = logging.getLogger("qclone.service.attack")
    file = tmp_path / "part.log"
    handler = logging.FileHandler(file)
    handler.setFormatter(_logs.JsonLines())
    handler.addFilter(_logs.Sparing())
    log.addHandler(handler)
    try:
        log.setLevel(logging.INFO)
        for _ in range(20_000):
            log.info("request", extra={"path": "unknown", "status": 401, "seconds": 0.1})
        for _ in range(10):
            log.info("request", extra={"path": "/v1/clock", "status": 200, "seconds": 0.1})
    finally:
        log.removeHandler(handler)
        handler.close()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert sum(line["status"] == 401 for line in lines) < 1000
    assert sum(line["status"] == 200 for line in lines) == 10


ROTATING = """
import logging, os, sys
from pathlib import Path
from qclone.service import _logs

_logs.FILE_BYTES = 2000
_logs.log_to(Path(sys.argv[1]))
for number in range(200):
    logging.getLogger("qclone").info("request", extra={"path": "/v1/clock", "status": 200, "seconds": number})
    print("printed", number, flush=True)
    os.write(2, b"said by a library\\n")
"""


def test_logs_rotate_and_what_is_printed_with_them(tmp_path):
    subprocess.run([sys.executable, "-c", ROTATING, tmp_path / "part.log"], check=True, capture_output=True)
    names = ["part.log", *(f"part.log.{i}" for i in range(1, _logs.FILES_KEPT + 1))]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        assert (tmp_path / name).stat().st_size < 2200
    kept = "".join((tmp_path / name).read_text() for name in reversed(names)).splitlines()
    last = [json.loads(line)["seconds"] for line in kept if line.startswith("{")]
    assert last == list(range(last[0], 200))  # the newest, none missing
    assert kept[-2:] == ["printed 199", "said by a library"]


def test_a_key_of_another_call_is_refused(addresses, cloud):
    headers = {"Idempotency-Key": "the-key-of-some-call"}
    put, body = "/v1/objects/aaaa", json.loads(manifest({"scheme": "canonical", "num_clones": 2}))
    ask = lambda *what, **named: request(addresses.ledger, addresses.token, *what, headers=headers, **named)  # noqa: E731
    try:
        assert ask("PUT", put, json=body).json() == {}
        assert ask("PUT", put, json=body).json() == {"repeated": True}
        others = [
            ("PUT", put, {"json": body | {"name": "other"}}),
            ("PUT", "/v1/objects/bbbb", {"json": body}),
            ("POST", f"{put}/stored", {}),
            ("DELETE", put, {}),
        ]
        for method, path, named in others:
            got = ask(method, path, **named)
            assert (got.status_code, got.json()["error"]["code"]) == (422, "key_reused"), path
        assert cloud.ledger.unfinished() == ["aaaa"]
    finally:
        cloud.ledger.strike("aaaa")


def test_a_key_of_another_call_consumes_nothing(addresses, cloud):
    first, second = (cloud.client.put(QuantumCircuit(1)).object_id for _ in range(2))

    def consume(object_id, claim, key):
        body, headers = {"server": "server-1", "claim": claim * 64}, {"Idempotency-Key": key}
        path = f"/v1/objects/{object_id}/consume"
        return request(addresses.ledger, addresses.token, "POST", path, json=body, headers=headers)

    receipt = consume(first, "a", "key-of-the-first").json()
    assert consume(first, "a", "key-of-the-first").json() == receipt  # the same call, the same answer
    for object_id, claim in ((second, "a"), (second, "b"), (first, "b")):
        got = consume(object_id, claim, "key-of-the-first")
        assert (got.status_code, got.json()["error"]["code"]) == (422, "key_reused")
    assert cloud.ledger.find(second).key.state is KeyState.SEALED
    assert consume(first, "b", "the-key-of-another").status_code == 409
    assert consume(second, "b", "key-of-the-second").status_code == 200


def test_a_tenant_counts_its_own_qubits(addresses, directory, cloud):
    cloud.client.put(QuantumCircuit(1))
    alice = tokens_of(directory).issue(Principal(Kind.TENANT, "alice"))
    site = tokens_of(directory).issue(Principal(Kind.SITE, "server-1"))
    tokens = {"alice": alice, "default": addresses.token, "operator": addresses.operator_token, "site": site}
    count = {who: request(addresses.fabric, t, "GET", "/v1/sites/qubits") for who, t in tokens.items()}
    assert count["alice"].json() == {"qubits": {}}
    assert count["default"].json() == count["operator"].json() != {"qubits": {}}
    assert count["site"].status_code == 403


def test_other_machines_are_not_spoken_to_in_the_clear(tmp_path, capsys):
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        assert main(["serve", "ledger", "--cloud", str(tmp_path), "--host", host]) == 2
        assert "in the clear" in capsys.readouterr().err
    with pytest.raises(InvalidInputError, match="in the clear"):
        Listen("0.0.0.0")
    assert Listen("0.0.0.0", plaintext=True).tls() is None
    assert Listen("127.0.0.1").tls() is None


def test_no_page_loads_a_script_from_elsewhere(addresses):
    for part in (addresses.fabric, addresses.ledger, *addresses.servers.values()):
        for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
            assert httpx.get(part + path).status_code in (401, 404)
        assert "http" not in httpx.get(f"{part}/openapi.json").text.replace("HTTPValidationError", "")


def test_the_processor_is_shared_fairly(tmp_path):
    """While one tenant's calls fill every thread, another's call does not wait for all of them."""
    order = []

    async def call(budget, name, seconds):
        async with budget.turn(Principal(Kind.TENANT, name), 0):
            order.append(name)
            await asyncio.sleep(0.001)
            budget.spent(Principal(Kind.TENANT, name), seconds)

    async def attack():
        budget = _budget.Budget(Limits(calls=2, all_calls=2))
        flood = [asyncio.create_task(call(budget, "mallory", 1.0)) for _ in range(100)]
        await asyncio.sleep(0.002)
        await asyncio.gather(*flood, *(call(budget, "alice", 0.001) for _ in range(10)))

    asyncio.run(attack())
    assert order.count("mallory") == 100
    assert max(i for i, name in enumerate(order) if name == "alice") < 30


def test_bytes_and_waiting_calls_are_bounded():
    async def attack():
        who = Principal(Kind.TENANT, "mallory")
        budget = _budget.Budget(
            Limits(calls=10, all_calls=10, bytes=100, all_bytes=1000, waiting=2, wait_s=0.05)
        )
        async with budget.turn(who, 100):
            results = await asyncio.gather(*(_try(budget, who) for _ in range(5)))
            async with budget.turn(Principal(Kind.TENANT, "alice"), 100):
                pass
        assert results == ["refused"] * 5
        async with budget.turn(who, 1_000_000):  # one always fits
            pass

    async def _try(budget, who):
        try:
            async with budget.turn(who, 1):
                return "in"
        except TooManyRequestsError:
            return "refused"

    asyncio.run(attack())
