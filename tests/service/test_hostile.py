"""Malformed, oversized and crafted requests to every part: a clear 4xx, and nothing changes."""

import base64
import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from qclone.errors import InvalidInputError
from qclone.service import Kind, Limits, Principal, fabric_part, tokens_of
from qclone.service._bodies import Run, parse
from qclone.store import Cloud
from tests.listening import listening

QPY = base64.b64encode(b"QISKIT").decode()
R = "/v1/registers/default:ab"
S = "/v1/servers/server-1/registers/default:ab"
DEEP = b'{"wires": ' + b"[" * 100_000


def load(**changes):
    return json.dumps({"core": QPY, "num_wires": 2, "inputs": [0], **changes}).encode()


def manifest(**changes):
    facts = {"name": "n", "qubits": 1, "num_clones": 2, "clones": {"S1": "server-1"}, "created_at": "now"}
    return json.dumps({**facts, "scheme": {"scheme": "canonical", "n": 2}, **changes}).encode()


REQUESTS = {
    "fabric": [
        ("PUT", R, b"not json"),
        ("PUT", R, b"\xff\xfe"),
        ("PUT", R, b""),
        ("PUT", R, b"[]"),
        ("PUT", R, b"{}"),
        ("PUT", R, load(core="!!")),
        ("PUT", R, load(core=base64.b64encode(b"something else").decode())),
        ("PUT", R, load(num_wires=1_000_000_000)),
        ("PUT", R, load(num_wires=0)),
        ("PUT", R, load(inputs=[2])),
        ("PUT", R, load(inputs=[0, 0])),
        ("PUT", R, load(inputs=[-1])),
        ("PUT", R, load(inputs=[1 << 70])),
        ("PUT", R, load(to={"client/../../x": [1]})),
        ("PUT", R, load(to={"nobody": [1]})),
        ("PUT", R, load(to={"server-1": [1], "server-2": [1]})),
        ("PUT", R, load(discarded=[7])),
        ("PUT", R, load(circuit="X 7")),
        ("PUT", R, load(surprise=1)),
        ("PUT", "/v1/registers/mallory:ab", load()),
        ("PUT", "/v1/registers/..%2f..%2fetc", load()),
        ("PUT", "/v1/registers/default:AB", load()),
        ("PUT", "/v1/registers/default:ab%00", load()),
        ("PUT", "/v1/registers/default:" + "a" * 65, load()),
        ("POST", f"{R}/run", b'{"circuit": "M 0"}'),
        ("POST", f"{R}/run", b'{"circuit": "NOT A GATE"}'),
        ("POST", f"{R}/run", b'{"circuit": "REPEAT 1000000000000 {\\nX 0\\n}"}'),
        ("POST", f"{R}/run", b'{"circuit": 1}'),
        ("POST", f"{R}/move", b'{"to": {"../x": [0]}}'),
        ("POST", f"{R}/move", b'{"to": {"server-1": ["0"]}}'),
        ("POST", f"{R}/discard", DEEP),
        ("POST", f"{R}/nothing", b"{}"),
        ("POST", f"{R}/../default:ab/run", b'{"circuit": ""}'),
        ("POST", f"{R}/fidelity", b'{"circuit": "UUlTS0lU"}'),
        ("POST", "/v1/clock", b'{"seconds": NaN}'),
        ("POST", "/v1/clock", b'{"seconds": -1}'),
        ("POST", "/v1/sites/state", b'{"names": ["nobody"], "state": "up"}'),
        ("DELETE", "/v1/clock", b""),
        ("TRACE", "/v1/clock", b""),
        ("GET", f"{R}/view/..%2fclient", b""),
        ("GET", "/../../etc/passwd", b""),
        ("GET", "//etc/passwd", b""),
        ("GET", "/v2/clock", b""),
        ("GET", "/HEALTHZ", b""),
    ],
    "ledger": [
        ("PUT", "/v1/objects/ab", b"{}"),
        ("PUT", "/v1/objects/a'--", manifest()),
        ("PUT", "/v1/objects/" + "a" * 65, manifest()),
        ("PUT", "/v1/objects/ab", manifest(scheme={"scheme": "no such"})),
        ("PUT", "/v1/objects/ab", manifest(scheme={"scheme": "canonical", "n": 10**9})),
        ("PUT", "/v1/objects/ab", manifest(scheme=[])),
        ("PUT", "/v1/objects/ab", manifest(qubits=-1)),
        ("PUT", "/v1/objects/ab", manifest(name="n" * 256)),
        ("PUT", "/v1/objects/ab", manifest(clones={"S1": "../x"})),
        ("GET", "/v1/objects/..%2f..%2fledger.db", b""),
        ("GET", "/v1/objects/%25", b""),
        ("GET", "/v1/objects/ab%00", b""),
        ("POST", "/v1/objects/ab/consume", b"{}"),
        ("POST", "/v1/objects/ab/consume", b'{"server": "server-1"}'),
        ("POST", "/v1/objects/ab/consume", json.dumps({"server": "s" * 1001}).encode()),
    ],
    "server-1": [
        ("POST", f"{S}/surrender", b'{"wires": [0]}'),
        ("POST", f"{S}/surrender", b'{"wires": "all"}'),
        ("POST", f"{S}/surrender", DEEP),
        ("POST", "/v1/servers/server-1/registers/mallory:ab/surrender", b'{"wires": [0]}'),
        ("POST", f"{S.replace('server-1', 'server-2')}/surrender", b'{"wires": [0]}'),
        ("GET", "/v1/servers/..%2f", b""),
    ],
}


@pytest.fixture
def world(addresses, cloud):
    """What must not change: the objects, where qubits are, and the clock."""

    def look():
        ledger, fabric = cloud.ledger, cloud.fabric
        return ledger.manifests(), ledger.unfinished(), fabric.qubits_at(), fabric.now()

    before = look()
    yield addresses
    assert look() == before


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"circuit": "\ud800"}',
        rb'{"circuit": "H 1 \uDFFF\ud800"}',
        '{"circuit": "H 1"}'.encode("utf-16"),
        b'{"circuit": "\xff"}',
    ],
)
def test_a_text_that_cannot_be_written_down_is_refused(raw):
    with pytest.raises(InvalidInputError, match="not JSON"):
        parse(Run, raw)


def test_two_halves_are_a_character():
    assert parse(Run, rb'{"circuit": "H 1 # \ud83d\ude00"}').circuit == "H 1 # \N{GRINNING FACE}"


@pytest.mark.parametrize("part", REQUESTS)
def test_hostile_requests_get_a_clear_4xx(world, part):
    url = {"fabric": world.fabric, "ledger": world.ledger, **world.servers}[part]
    headers = {
        "Authorization": f"Bearer {world.token}",
        "X-Register-Secret": "s",
        "Content-Type": "application/json",
    }
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        for method, path, content in REQUESTS[part]:
            got = client.request(method, path, content=content)
            told = (method, path, content[:80], got.status_code, got.text)
            assert 400 <= got.status_code < 500, told
            assert {"code", "message", "remedy"} <= got.json()["error"].keys(), told
            assert "Traceback" not in got.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Idempotency-Key": "short"},
        {"Idempotency-Key": "k" * 129},
        {"X-Register-Secret": "s" * 129},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-7"},
        {"Content-Type": "multipart/form-data; boundary=x"},
    ],
)
def test_headers_that_make_no_sense(world, headers):
    sent = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json", **headers}
    got = httpx.post(f"{world.fabric}{R}/run", headers=sent, content=b'{"circuit": "H 0"}')
    assert 400 <= got.status_code < 500


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic dTpw", "Bearer a b", "bearer \xe9"])
def test_what_is_no_token(addresses, authorization):
    headers = {"Authorization": authorization.encode("latin-1")}
    got = httpx.get(f"{addresses.fabric}/v1/clock", headers=headers)
    assert got.status_code == 401
    assert got.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "lines",
    [
        ["Transfer-Encoding: chunked", "", "5", "hello", "0", "", ""],
        ["Content-Length: -1", "", ""],
        ["Content-Length: 1e3", "", ""],
        ["Content-Length: 5", "Content-Length: 6", "", "hello"],
        ["Content-Length: 99999999999", "", ""],
    ],
)
def test_bodies_of_no_or_strange_length(addresses, lines):
    where = urlsplit(addresses.fabric)
    head = [f"POST {R}/run HTTP/1.1", "Host: x", f"Authorization: Bearer {addresses.token}"]
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*head, *lines]).encode())
        status = int(connection.recv(4096).split()[1])
    assert status in (400, 413)


def test_limits(tmp_path):
    Cloud.create(tmp_path / "cloud", servers=1).close()
    token = tokens_of(tmp_path / "cloud").issue(Principal(Kind.TENANT, "t"))
    limits = Limits(body_bytes=1000, requests_per_s=0.001, burst=2)
    with listening(fabric_part(tmp_path / "cloud", limits=limits)) as url:
        headers = {"Authorization": f"Bearer {token}"}
        body = {"circuit": "X 0\n" * 1000}
        large = httpx.post(f"{url}/v1/registers/t:ab/run", headers=headers, json=body)
        assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
        assert httpx.get(f"{url}/v1/clock", headers=headers).status_code == 200
        assert httpx.get(f"{url}/v1/clock", headers=headers).status_code == 429
        assert httpx.get(f"{url}/healthz").status_code == 200
