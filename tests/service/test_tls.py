"""TLS with a certificate made here: the whole cloud over HTTPS, and who does not trust it gets nowhere."""

import socket
import subprocess
import time
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.service import Link, RemoteCloud, UnreachableError, _connections, ledger_part
from qclone.store import SqliteLedger
from tests.listening import listening
from tests.service.conftest import served_cloud

MAKE = [
    *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
    *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
]


def certificate(folder, name):
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run([*MAKE, "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def test_a_cloud_over_tls(tmp_path):
    trusted, key = certificate(tmp_path, "trusted")
    other, _ = certificate(tmp_path, "other")
    with served_cloud(tmp_path / "cloud", servers=2, tls=(trusted, key)) as addresses:
        urls = [addresses.fabric, addresses.ledger, *addresses.servers.values()]
        assert all(url.startswith("https://") for url in urls)
        cloud = RemoteCloud(tmp_path / "cloud")
        stored = cloud.client.put(QuantumCircuit(2))
        # The server reaches the fabric over TLS, too.
        assert cloud.client.get(stored.object_id).entanglement_fidelity == 1
        cloud.close()
        assert main(["status", "--cloud", str(tmp_path / "cloud"), "--json"]) == 0
        for certificate_file in (None, str(other)):
            stranger = Link(addresses.fabric, addresses.token, certificate=certificate_file)
            with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
                stranger.once("/v1/clock", {})
            stranger.close()
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(addresses.fabric.replace("https", "http") + "/healthz")


@pytest.mark.parametrize("half", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP"])
def test_half_a_handshake_is_not_waited_for(tmp_path, monkeypatch, half):
    monkeypatch.setattr(_connections, "HEAD_WITHIN_S", 0.5)
    SqliteLedger.create(tmp_path / "ledger.db")
    with listening(ledger_part(tmp_path), certificate(tmp_path, "part")) as url:
        where = urlsplit(url)
        with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
            connection.sendall(half)
            started = time.monotonic()
            with suppress(ConnectionResetError):
                while connection.recv(65536):
                    pass
            assert time.monotonic() - started < 5


def test_what_is_no_certificate(tmp_path, capsys):
    good, key = certificate(tmp_path, "good")
    _, foreign = certificate(tmp_path, "foreign")
    serve = ["serve", "ledger", "--cloud", str(tmp_path)]
    for pem, private in ((good, foreign), (key, key), (tmp_path / "missing.pem", key)):
        assert main([*serve, "--certificate", str(pem), "--private-key", str(private)]) == 2
        assert "do not serve for TLS" in capsys.readouterr().err
    assert main([*serve, "--certificate", str(good)]) == 2
