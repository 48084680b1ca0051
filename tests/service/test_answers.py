"""Answers that have no end, that unpack to gigabytes, that are none, or that come from a stranger."""

import gzip
import json
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from functools import partial

import pytest
from qiskit import QuantumCircuit

from qclone.service import (
    Addresses,
    Link,
    RemoteCloud,
    UnreachableError,
    _link,
    _transport,
    down,
    supervisor_of,
    up,
)
from qclone.store import KeyState, _get

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def a_stranger(answer=lambda connection: None, port=0):
    """Listen on a port, note what comes, and answer each connection in a thread of its own."""
    heard, server = [], socket.create_server(("127.0.0.1", port))

    def serve(connection):
        with connection:
            connection.settimeout(5)
            try:
                heard.append(connection.recv(65536))
                answer(connection)
            except OSError:
                pass

    def accept():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1], heard
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def dripping_head(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.05)


def dripping_body(connection):
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n{")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def endless_body(connection):
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b" " * 65536)


def a_bomb(connection):
    packed = gzip.compress(b" " * (64 << 20))
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
    connection.recv(1)


def silence(connection):
    connection.recv(1)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(_link, "ATTEMPTS", 1)
    monkeypatch.setattr(_transport, "ANSWER_BYTES", 8 << 20)


@pytest.mark.parametrize("answer", [dripping_head, dripping_body, endless_body, a_bomb, silence])
def test_an_answer_has_an_end(impatient, answer):
    with a_stranger(answer) as (port, _):
        client = _transport.Client(f"http://127.0.0.1:{port}")
        started = time.monotonic()
        with pytest.raises(_transport.httpx.TransportError):
            client.get("/", timeout=0.5)
        assert time.monotonic() - started < 3
        client.close()


GARBAGE = [b"<html>", b"[]", b"1", b"\xff", b"[" * 100_000, b'{"error": 1}', b'{"error": {"code": 7}}']


@pytest.mark.parametrize("said", GARBAGE)
@pytest.mark.parametrize("status", [b"200 OK", b"404 Not Found", b"500 Oops", b"302 Found"])
def test_garbage_is_one_clear_error(said, status, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)

    def answer(connection):
        connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(said), said))

    with a_stranger(answer) as (port, _):
        link = Link(f"http://127.0.0.1:{port}", "t")
        if status == b"200 OK" and said.startswith(b"{"):
            assert link.get("/v1/clock") == json.loads(said)  # who asked sees that it is something else
        else:
            with pytest.raises(UnreachableError):
                link.get("/v1/clock")
        link.close()


def test_no_proxy_is_told_a_token(addresses, monkeypatch):
    with a_stranger() as (port, heard):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        link = Link(addresses.fabric, addresses.token)
        assert link.get("/v1/clock")["now_s"] >= 0
        link.close()
        assert heard == []


def test_a_stranger_on_the_port_of_a_killed_part_is_told_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(_link, "ATTEMPTS", 1)
    directory = tmp_path / "cloud"
    up(directory, servers=1)
    addresses = Addresses.read(directory)
    os.kill(supervisor_of(directory), signal.SIGKILL)
    port, deadline = int(addresses.ledger.rpartition(":")[2]), time.monotonic() + 30
    while True:  # until the part has ended with its supervisor
        try:
            stranger = a_stranger(silence, port)
            _, heard = stranger.__enter__()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    try:
        with pytest.raises(UnreachableError):
            RemoteCloud(directory).ledger.manifests()
    finally:
        stranger.__exit__(None, None, None)
    assert heard  # the client came, and said hello as TLS does
    said = b"".join(heard)
    assert addresses.token.encode() not in said
    assert b"Bearer" not in said
    down(directory)


def test_a_call_whose_caller_has_left_takes_no_effect(tmp_path, monkeypatch):
    """A ledger that was frozen finds the call, and that nobody waits for it any more."""
    directory = tmp_path / "cloud"
    parts = {part.name: part for part in up(directory, servers=2)}
    try:
        cloud, addresses = RemoteCloud(directory), Addresses.read(directory)
        stored = cloud.client.put(QuantumCircuit(1))
        context = _transport.tls_context(addresses.certificate)
        where = "127.0.0.1", int(addresses.ledger.rpartition(":")[2])
        for leaves in (True, False):
            body = b'{"name": "n", "qubits": 1, "num_clones": 2, "clones": {}, "created_at": "now", '
            body += b'"scheme": {"scheme": "canonical", "num_clones": 2}}'
            head = f"PUT /v1/objects/{'ab' if leaves else 'cd'} HTTP/1.1\r\nHost: x\r\n"
            head += f"Authorization: Bearer {addresses.token}\r\nContent-Type: application/json\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            plain = socket.create_connection(where, timeout=20)
            connection = context.wrap_socket(plain, server_hostname="127.0.0.1")
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            said = b""
            while b'"status":"ok"' not in said:
                said += connection.recv(4096)
            os.kill(parts["ledger"].pid, signal.SIGSTOP)
            connection.sendall(head.encode() + body)
            if leaves:
                connection.close()
            time.sleep(0.3)
            os.kill(parts["ledger"].pid, signal.SIGCONT)
            if not leaves:
                said = connection.recv(4096)
                assert b"200 OK" in said, said
                connection.close()
            time.sleep(0.5)
        assert cloud.ledger.unfinished() == ["cd"]
        assert cloud.ledger.find(stored.object_id).key.state is KeyState.SEALED
        _frozen_past_the_deadline(cloud, stored.object_id, parts["ledger"].pid, monkeypatch)
        assert cloud.client.get(stored.object_id).entanglement_fidelity == 1
        cloud.close()
    finally:
        down(directory)


def _frozen_past_the_deadline(cloud, object_id, pid, monkeypatch):
    """The ledger is frozen as a consumption is sent, and thaws when its client has given up: sealed."""
    monkeypatch.setattr(_get, "CONSUME_WITHIN_S", 1.0)
    monkeypatch.setattr(_link, "ATTEMPTS", 1)
    link = cloud.ledger._link
    ask, request = link.ask, link._client.request

    def freeze_and_ask(path, body, **named):
        if path.endswith("/consume"):
            os.kill(pid, signal.SIGSTOP)
        return ask(path, body, **named)

    with monkeypatch.context() as patch:
        patch.setattr(link, "ask", freeze_and_ask)
        patch.setattr(link._client, "request", partial(request, timeout=2.0))
        with pytest.raises(UnreachableError):
            cloud.client.get(object_id)
    os.kill(pid, signal.SIGCONT)
    time.sleep(0.5)
    assert cloud.ledger.find(object_id).key.state is KeyState.SEALED
