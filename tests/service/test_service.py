"""The cloud over real HTTP: the same client, and who may do what."""

import base64
import io
import json
import os
import secrets
import threading
import time

import httpx
import pytest
from qiskit import QuantumCircuit, qpy

from qclone.cli import main
from qclone.errors import KeyConsumedError, NotRecoverableError, QcloneError
from qclone.service import (
    Addresses,
    HttpFabric,
    Kind,
    Link,
    Principal,
    RemoteCloud,
    UnauthorizedError,
    UnreachableError,
    _remote,
    as_tenant,
    tokens_of,
)
from qclone.store import LocalityError, Party, Receipts, SiteState, digest_of


@pytest.fixture
def bell():
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    return circuit


def request(url, token, method, path, **kwargs):
    headers = {"Authorization": f"Bearer {token}", **kwargs.pop("headers", {})}
    return httpx.request(method, url + path, headers=headers, **kwargs)


def test_a_register_survives_across_the_network(cloud, bell):
    stored = cloud.client.put(bell, "bell")
    cloud.fail("server-1", "server-2")
    back = cloud.client.get(stored.object_id)
    assert back.manifest.key.server == "server-3"
    assert back.entanglement_fidelity == 1
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-12)
    with pytest.raises(KeyConsumedError, match="from server-3"):
        cloud.client.get(stored.object_id)


def test_another_machine_of_the_owner_leaves_a_put_alone(cloud, addresses, bell, tmp_path, capsys):
    addresses.write(tmp_path)
    load = cloud.client.fabric.load

    def meanwhile(*what, **named):
        RemoteCloud(tmp_path).close()  # its sweep sees the unfinished put of the first machine
        load(*what, **named)

    cloud.client.fabric.load = meanwhile
    stored = cloud.client.put(bell)
    assert main(["check", stored.object_id, "--cloud", str(tmp_path)]) == 12
    assert "no, not here: another client's keyring has its secret" in capsys.readouterr().out
    other = RemoteCloud(tmp_path)
    with pytest.raises(NotRecoverableError, match="holds no key"):
        other.client.get(stored.object_id)
    other.close()
    assert cloud.client.get(stored.object_id).entanglement_fidelity == 1


def test_the_commands_do_not_know_the_difference(directory, cloud, tmp_path, capsys):
    register = tmp_path / "r.qasm"
    register.write_text('OPENQASM 2.0;include "qelib1.inc";qreg q[2];h q[0];t q[0];cx q[0],q[1];')
    at = ["--cloud", str(directory), "--json"]
    assert main(["put", str(register), *at]) == 0
    object_id = json.loads(capsys.readouterr().out)["id"]
    assert main(["server", "lose", "server-1", "server-3", *at]) == 0
    capsys.readouterr()
    assert main(["get", object_id[:8], "--verify", "-o", str(tmp_path / "back.qasm"), *at]) == 0
    got = json.loads(capsys.readouterr().out)
    assert (got["server"], got["fidelity"]) == ("server-2", pytest.approx(1, abs=1e-12))
    assert main(["get", object_id, *at]) == 11
    assert main(["get", "ffffffff", *at]) == 10
    assert main(["check", *at]) == 0
    assert main(["status", *at]) == 0


def test_a_server_that_does_not_answer_counts_as_down(cloud, directory, bell):
    addresses = Addresses.read(directory)
    servers = {**addresses.servers, "server-1": "http://127.0.0.1:1"}
    stored = cloud.client.put(bell)
    Addresses(**{**vars(addresses), "servers": servers}).write(directory)
    try:
        crippled = RemoteCloud(directory)
        assert crippled.fabric.sites()["server-1"] is SiteState.DOWN
        assert crippled.client.get(stored.object_id).manifest.key.server == "server-2"
        crippled.close()
    finally:
        addresses.write(directory)


def test_a_server_that_dies_after_it_was_seen_is_replaced_by_another(cloud, bell, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    stored = cloud.client.put(bell)
    monkeypatch.setattr(cloud.client.servers["server-1"], "_link", Link("http://127.0.0.1:1", "t"))
    back = cloud.client.get(stored.object_id)
    assert back.manifest.key.server == "server-2"
    assert back.entanglement_fidelity == 1


def a_claim():
    return digest_of(secrets.token_hex(32))


def test_sixty_four_clients_race_for_one_key(directory, cloud, bell):
    acts = [lambda racer, object_id: racer.ledger.consume(object_id, "server-1", a_claim())] * 2
    for act in [*acts, lambda racer, object_id: racer.client.get(object_id)]:
        object_id = cloud.client.put(bell).object_id
        start, outcomes = threading.Barrier(64), []

        def race(object_id=object_id, start=start, outcomes=outcomes, act=act):
            racer = RemoteCloud(directory)
            start.wait()
            try:
                act(racer, object_id)
                outcomes.append("won")
            except KeyConsumedError as error:
                outcomes.append(error.message)
            racer.close()

        racers = [threading.Thread(target=race) for _ in range(64)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        refusals = [outcome for outcome in outcomes if outcome != "won"]
        assert len(outcomes) == 64
        assert len(refusals) == 63
        if act is acts[0]:
            assert len(set(refusals)) == 1
            assert "has not finished" in refusals[0]
        else:  # a whole recovery ends while others still ask
            assert all("has not finished" in r or "was consumed at" in r for r in refusals)


def test_a_call_that_comes_twice_takes_effect_once(addresses, directory, bell, cloud):
    stored = cloud.client.put(bell)
    path = f"/v1/registers/default:{stored.object_id}/run"
    token = tokens_of(directory).issue(Principal(Kind.SITE, "server-1"))
    gate = {"circuit": f"X {cloud.fabric.whereabouts(stored.object_id)['server-1'][0]}"}
    headers = {"Idempotency-Key": "0123456789abcdef"}
    for answer in ({}, {"repeated": True}, {"repeated": True}):
        got = request(addresses.fabric, token, "POST", path, headers=headers, json=gate)
        assert (got.status_code, got.json()) == (200, answer)
    # One X is an error of the clone; two would have been none, three one again: undo exactly one.
    headers["Idempotency-Key"] = "fedcba9876543210"
    request(addresses.fabric, token, "POST", path, headers=headers, json=gate)
    assert cloud.client.get(stored.object_id, "server-1").entanglement_fidelity == 1


@pytest.mark.parametrize(
    ("token", "status"), [("", 401), ("nonsense", 401), ("expired", 401), ("foreign", 403)]
)
def test_tokens(addresses, directory, cloud, bell, token, status):
    object_id = cloud.client.put(bell).object_id
    tokens = tokens_of(directory)
    if token == "expired":
        token = tokens.issue(Principal(Kind.TENANT, "default"), valid_s=0)
    elif token == "foreign":
        token = tokens.issue(Principal(Kind.TENANT, "mallory"))
    path = f"/v1/registers/default:{object_id}/whereabouts"
    got = request(addresses.fabric, token or "-", "GET", path)
    assert got.status_code == status
    assert got.json()["error"]["remedy"]
    assert object_id not in got.text


def test_tenants_see_only_their_own(addresses, directory, cloud, bell):
    object_id = cloud.client.put(bell).object_id
    token = tokens_of(directory).issue(Principal(Kind.TENANT, "mallory"))
    listing = request(addresses.ledger, token, "GET", "/v1/objects")
    assert listing.json() == {"objects": [], "next": None}
    assert request(addresses.ledger, token, "GET", f"/v1/objects/{object_id}").status_code == 404
    consume = request(
        addresses.ledger,
        token,
        "POST",
        f"/v1/objects/{object_id}/consume",
        json={"server": "server-1", "claim": a_claim()},
    )
    assert consume.status_code == 404
    asked = request(
        addresses.fabric, token, "POST", "/v1/whereabouts", json={"registers": [f"default:{object_id}"]}
    )
    assert asked.status_code == 403
    surrender = f"/v1/servers/server-1/registers/default:{object_id}/surrender"
    stolen = request(addresses.servers["server-1"], token, "POST", surrender, json={"wires": [1]})
    assert stolen.status_code == 403
    for path, body in (("/v1/clock", {"seconds": 1.0}), ("/v1/sites/state", {"names": [], "state": "lost"})):
        assert request(addresses.fabric, token, "POST", path, json=body).status_code == 403
    assert as_tenant(addresses, "mallory", token).operator_token == ""


def test_a_server_acts_only_on_what_is_at_its_site(addresses, directory, cloud, bell):
    object_id = cloud.client.put(bell).object_id
    where = cloud.fabric.whereabouts(object_id)
    site = Link(addresses.fabric, tokens_of(directory).issue(Principal(Kind.SITE, "server-1")))
    fabric, name = HttpFabric(site), f"default:{object_id}"
    for wires in (where["client"], where["server-2"]):
        with pytest.raises(LocalityError, match="not there"):
            fabric.run(Party("server-1"), name, f"X {wires[0]}")
        with pytest.raises(LocalityError, match="not there"):
            fabric.move(Party("server-1"), name, {"server-1": wires})
    # What it may do to its own clone costs the owner that clone's fidelity, and nothing else.
    fabric.run(Party("server-1"), name, f"X {where['server-1'][0]}")
    assert cloud.client.get(object_id, server="server-2").entanglement_fidelity == 1
    site.close()


def test_a_register_larger_than_a_call_takes_is_told_so(cloud, bell, monkeypatch):
    monkeypatch.setattr(_remote, "MAX_FILE_BYTES", 10)
    before = cloud.client.ledger.manifests()
    with pytest.raises(QcloneError, match="a cloud over the network takes 0 MiB") as refused:
        cloud.client.put(bell)
    assert refused.value.code == "too_large"
    assert "a cloud in a folder" in refused.value.remedy
    assert cloud.client.ledger.manifests() == before


@pytest.mark.parametrize("kind", [Kind.SITE, Kind.OPERATOR, Kind.TENANT])
def test_diagnostics_are_for_the_owner_alone(addresses, directory, cloud, bell, kind):
    path = f"/v1/registers/default:{cloud.client.put(bell).object_id}"
    qpy.dump(bell, file := io.BytesIO())
    stranger = tokens_of(directory).issue(Principal(kind, "server-1"))
    guess = {"circuit": base64.b64encode(file.getvalue()).decode()}
    asked = [("GET", f"{path}/view/server-2", None), ("POST", f"{path}/fidelity", guess)]
    for method, where, body in asked:
        for token, status in ((stranger, 403), (addresses.token, 200)):
            assert request(addresses.fabric, token, method, where, json=body).status_code == status


def test_without_its_secret_no_tenant_decrypts(addresses, directory, cloud, bell):
    stored = cloud.client.put(bell)
    path = f"/v1/registers/default:{stored.object_id}"
    headers, order = {"X-Register-Secret": "0" * 64}, {"circuit": "", "outputs": [0, 1]}
    receipt = Receipts(directory / "receipt.key").issue(stored.object_id, a_claim())
    for verb, body in (
        ("rehearse", {"order": order}),
        ("deliver", {"order": order, "receipt": receipt}),
        ("run", {"circuit": "H 0"}),
        ("move", {"to": {"server-1": [0]}}),
        ("measure", {"wires": [0]}),
    ):
        got = request(addresses.fabric, addresses.token, "POST", f"{path}/{verb}", headers=headers, json=body)
        assert (got.status_code, got.json()["error"]["code"]) == (409, "not_at_site")
    assert cloud.client.get(stored.object_id).entanglement_fidelity == 1


def test_what_a_token_that_was_shown_is_good_for(addresses, cloud, bell):
    """To list, and to deny: who consumes a key without the register's secret gets nothing by that."""
    stored, claim = cloud.client.put(bell).object_id, a_claim()

    def ask(part, *what, **named):
        return request(part, addresses.token, *what, **named)

    assert stored in ask(addresses.ledger, "GET", "/v1/objects").text
    body = {"server": "server-1", "claim": claim}
    receipt = ask(addresses.ledger, "POST", f"/v1/objects/{stored}/consume", json=body).json()["receipt"]
    path, opening = f"/v1/registers/default:{stored}", {"receipt": receipt}
    got = ask(
        addresses.fabric, "POST", f"{path}/deliver", json=opening | {"order": {"circuit": "", "outputs": [0]}}
    )
    assert (got.status_code, got.json()["error"]["code"]) == (409, "not_at_site")
    with pytest.raises(KeyConsumedError):
        cloud.client.get(stored)


def test_health_and_metrics_need_no_token_and_tell_no_secret(addresses, directory, cloud, bell):
    stored = cloud.client.put(bell)
    secret = cloud.client.keyring.secret(stored.object_id)
    for url in (addresses.fabric, addresses.ledger, *addresses.servers.values()):
        assert httpx.get(f"{url}/readyz").json()["status"] == "ready"
        metrics = httpx.get(f"{url}/metrics").text
        assert "qclone_request_seconds" in metrics
        for private in (secret, addresses.token, addresses.operator_token, stored.object_id):
            assert private not in metrics
    at_rest = (directory / "tokens.json").read_text()
    assert addresses.token not in at_rest
    assert secret.encode() not in (directory / "fabric.db").read_bytes()


def test_a_dead_service_is_one_clear_error(tmp_path, bell, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    link = Link("http://127.0.0.1:1", "t")
    with pytest.raises(UnreachableError, match="does not answer"):
        link.get("/v1/clock")
    link.close()


def test_a_wrong_token_or_a_damaged_file_is_one_clear_error(directory, addresses, tmp_path, capsys):
    as_tenant(addresses, "default", "a-wrong-token").write(tmp_path)
    assert main(["ls", "--cloud", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "This token is not known here." in told
    assert "a-wrong-token" not in told
    for content in ("", "{}", '{"fabric": 1}', "[]"):
        (tmp_path / "service.json").write_text(content)
        assert main(["ls", "--cloud", str(tmp_path)]) == 1
        assert "service.json is damaged." in capsys.readouterr().err
    (tmp_path / "service.json").unlink()
    assert main(["status", "--cloud", str(tmp_path)]) == 1
    assert "No service was started" in capsys.readouterr().err


def test_what_cannot_be_recovered_is_refused_and_changes_nothing(cloud, bell):
    stored = cloud.client.put(bell)
    cloud.lose("server-1", "server-2", "server-3")
    with pytest.raises(NotRecoverableError):
        cloud.client.get(stored.object_id)
    assert cloud.ledger.find(stored.object_id).key.state == "sealed"


def test_a_change_of_tokens_within_one_tick_of_the_clock_is_seen(tmp_path):
    tokens, other = tokens_of(tmp_path), tokens_of(tmp_path)
    alice, bob = Principal(Kind.TENANT, "alice"), Principal(Kind.TENANT, "bobby")
    secret = tokens.issue(alice)
    assert other.principal(secret) == alice
    path = tmp_path / "tokens.json"
    before = path.stat()
    # Edited in place: same inode, same length, same time.
    path.write_text(path.read_text().replace("alice", "bobby"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert other.principal(secret) == bob
    path.write_text("[]")
    with pytest.raises(UnauthorizedError):
        other.principal(secret)


@pytest.mark.parametrize(
    "call",
    [lambda link: _remote.HttpLedger(link).consume("a", "s", "c"), lambda link: HttpFabric(link).sites()],
)
def test_an_answer_that_says_nothing_is_no_error_of_our_own(call):
    """As of another program on the port, which answers 200 and {} to everything."""

    class Other:
        def request(self, method, path, **_):
            return httpx.Response(200, json={}, request=httpx.Request(method, f"http://part{path}"))

    with pytest.raises(UnreachableError, match="answered without"):
        call(Link("http://part", "t", client=Other()))
