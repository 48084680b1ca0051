"""Who gets in: only this machine's browser, by the secret, from the page itself."""

import pytest
from starlette.testclient import TestClient

from qclone.web import Gate, Rooms, app
from qclone.web._app import QUESTIONS

HOST = "127.0.0.1:8000"
HERE = {"host": HOST, "origin": f"http://{HOST}"}


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def stranger(cloud, gate):
    return TestClient(app(Rooms(cloud), gate), base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture
def client(stranger, gate):
    assert stranger.get(f"/open?secret={gate.secret}").status_code == 200
    return stranger


def test_the_secret_is_exchanged_for_a_strict_cookie(stranger, gate):
    assert stranger.get("/").status_code == 401
    answer = stranger.get(f"/open?secret={gate.secret}")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert gate.secret not in cookie and gate.secret not in answer.text
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize("given", ["", "secret=", "secret=wrong", "secret=%ff%00"])
def test_no_other_secret_opens(stranger, given):
    assert stranger.get(f"/open?{given}").status_code == 401
    assert "set-cookie" not in stranger.get(f"/open?{given}").headers


@pytest.mark.parametrize(
    "others",
    [
        '{"a": 1}',  # of no form that the standard knows; browsers send it all the same
        'theme={"dark": true, "x": [1, 2]}',
        "a b=c\xe9; =; ;;",
        "qclone-8000=of-somebody-else",
        "qclone-9000=of-another-page",
    ],
)
def test_cookies_of_others_do_not_lock_out(stranger, gate, others):
    """Whoever serves on another port of this machine may set cookies that come here, too."""
    for cookie in (f"{others}; qclone-8000={gate.ticket}", f"qclone-8000={gate.ticket}; {others}"):
        assert stranger.get("/", headers={"cookie": cookie.encode("latin-1")}).status_code == 200
    assert stranger.get("/", headers={"cookie": others.encode("latin-1")}).status_code == 401


def test_what_changes_something_needs_the_cookie(stranger):
    answer = stranger.post("/api/cloud/servers", json={"verb": "lose", "names": ["server-1"]}, headers=HERE)
    assert answer.status_code == 401
    assert stranger.get("/api/events").status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example:8000", "", "[::2]:8000"]
)
@pytest.mark.parametrize("path", ["/", "/api/cloud", "/open"])
def test_other_names_do_not_lead_here(client, gate, host, path):
    """As when a foreign name is made to resolve to this machine."""
    headers = {"host": host, "origin": f"http://{host}"}
    answer = client.request(
        "POST" if "api" in path else "GET", path, headers=headers, params={"secret": gate.secret}
    )
    assert answer.status_code == 421
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9", f"https://{HOST}", None]
)
def test_only_the_page_itself_changes_anything(client, cloud, origin):
    headers = {"host": HOST} | ({} if origin is None else {"origin": origin})
    answer = client.post("/api/cloud/servers", json={"verb": "lose", "names": ["server-1"]}, headers=headers)
    assert answer.status_code == 403
    assert set(cloud.fabric.sites().values()) == {"up"}


def test_a_browser_that_says_cross_site_is_believed(client):
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/", headers={"sec-fetch-site": "same-site"}).status_code == 403
    assert client.get("/", headers={"sec-fetch-site": "none"}).status_code == 200


def test_every_answer_is_strict(client):
    for answer in (client.get("/"), client.get("/app.js"), client.get("/nothing"), client.post("/api/cloud")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


def test_large_bodies_are_refused_before_they_are_read(client):
    answer = client.post("/api/cloud/drop", headers=HERE | {"content-length": str(65 << 20)}, content=b"x")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10**5,
        b'{"a":' * 10**5,
        b"1" * 10**5,
        b'{"id": "\\ud800", "search": "\\udfff", "names": ["\\uD800"], "verb": "\\udc00"}',
        b'{"seconds": NaN}',
        b'{"seconds": Infinity}',
        b'{"search": "' + b"x" * (5 << 20) + b'"}',
    ],
    ids=range(7),
)
def test_what_no_answer_could_repeat_is_refused(client, body):
    for path in QUESTIONS:
        answer = client.post(f"/api/{path}", content=body, headers=HERE)
        assert answer.status_code == 422, (path, answer.text)
        assert answer.json()["error"]["code"] == "invalid_input"


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b"3", b'{"id": 3}', b'{"start": -1}', b'{"coalition": 3, "id": ""}', b"\xff"]
)
@pytest.mark.parametrize(
    "path", ["cloud/objects", "cloud/object", "cloud/servers", "cloud/get", "cloud/wait"]
)
def test_nonsense_is_an_error_and_not_a_fault(client, path, body):
    answer = client.post(f"/api/{path}", content=body, headers=HERE)
    said = answer.json()
    assert answer.status_code in (200, 404, 422), said
    assert answer.status_code == 200 or said["error"]["message"].endswith(".")
