"""Every route of every part, asked by those it is not for; a new route is to be listed here."""

import base64
import io

import httpx
import pytest
from qiskit import QuantumCircuit, qpy

from qclone.errors import InvalidInputError
from qclone.service import Kind, Principal, tokens_of
from tests.service.test_service import a_claim, request

ALL = {("GET", path) for path in ("/v1/sites", "/v1/clock", "/v1/links", "/v1/time")}
REGISTER = "/v1/registers/{register}"
OWNERS = {  # the owner's alone
    *((method, REGISTER) for method in ("PUT", "DELETE")),
    *(("POST", f"{REGISTER}/{verb}") for verb in ("read", "rehearse", "deliver", "acknowledge", "fidelity")),
    ("GET", f"{REGISTER}/view/{{site}}"),
    *(("POST", f"/v1/servers/{{site}}/registers/{{register}}/{verb}") for verb in ("surrender", "compute")),
}
AT_A_SITE = {("POST", f"{REGISTER}/{verb}") for verb in ("run", "measure", "move", "discard", "compute")}
WHEREABOUTS = {("GET", f"{REGISTER}/whereabouts"), ("POST", "/v1/whereabouts")}
OPERATORS = {("POST", "/v1/clock"), ("POST", "/v1/sites/state")}
OBJECT = "/v1/objects/{object_id}"
OBJECTS = {
    *(
        ("GET", path)
        for path in ("/v1/objects", "/v1/unfinished", "/v1/search", "ledger/v1/revision", OBJECT)
    ),
    *((method, OBJECT) for method in ("PUT", "DELETE")),
    *(
        ("POST", f"{OBJECT}/{verb}")
        for verb in ("stored", "abandoned", "removed", "consume", "note", "consumed")
    ),
}
TENANTS_AND_OPERATORS = {("GET", "/v1/sites/qubits"), ("GET", "fabric/v1/revision")}
MAY = {
    Kind.SITE: ALL | AT_A_SITE | WHEREABOUTS,
    Kind.OPERATOR: ALL | OPERATORS | TENANTS_AND_OPERATORS,
    Kind.TENANT: ALL | OBJECTS | TENANTS_AND_OPERATORS,  # of another tenant
}


def bodies(object_id, wire):
    qpy.dump(QuantumCircuit(1), file := io.BytesIO())
    circuit = base64.b64encode(file.getvalue()).decode()
    order, uses = {"circuit": "", "outputs": [wire]}, {}
    part = {"wires": [wire], "tails": [], "public": "", "text": f"H {wire}"}
    made = {"name": "", "qubits": 1, "num_clones": 2, "clones": {"S1": "server-1"}, "created_at": "now"}
    return {
        ("PUT", REGISTER): {"core": circuit, "num_wires": 1, "inputs": [0]},
        ("PUT", OBJECT): made | {"scheme": {"scheme": "canonical", "num_clones": 2}},
        "run": {"circuit": f"H {wire}"},
        "measure": {"wires": [wire]},
        "discard": {"wires": [wire]},
        "surrender": {"wires": [wire]},
        "move": {"to": {"server-2": [wire]}},
        "compute": part,
        "read": {"circuit": "", "wires": [wire]},
        "rehearse": {"order": order},
        "deliver": {"order": order, "receipt": ""},
        "acknowledge": {"receipt": ""},
        "fidelity": {"circuit": circuit},
        "whereabouts": {"registers": [f"default:{object_id}"]},
        "clock": {"seconds": 0},
        "state": {"names": [], "state": "up"},
        "consume": {"server": "server-1", "claim": a_claim()},
        "note": {"before": uses, "after": uses},
    }


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.SITE, "server-2"), (Kind.OPERATOR, "operator"), (Kind.TENANT, "mallory")]
)
def test_no_route_answers_whom_it_is_not_for(addresses, directory, cloud, kind, name):
    object_id = cloud.client.put(QuantumCircuit(1)).object_id
    before = cloud.fabric.whereabouts(object_id)
    token, body = tokens_of(directory).issue(Principal(kind, name)), bodies(object_id, before["server-1"][0])
    where = {"register": f"default:{object_id}", "site": "server-1", "object_id": object_id}
    secret, seen = {"X-Register-Secret": "0" * 64}, set()
    client = httpx.Client(headers=secret | {"Authorization": f"Bearer {token}"})
    parts = {"fabric": addresses.fabric, "ledger": addresses.ledger, "server": addresses.servers["server-1"]}
    for part, url in parts.items():
        for path, methods in client.get(f"{url}/openapi.json").json()["paths"].items():
            for method in map(str.upper, methods):
                if not path.startswith("/v1/"):
                    continue
                route = method, part + path if path == "/v1/revision" else path
                seen.add(route)
                sent = None
                if method != "GET":
                    sent = body.get((method, path), body.get(path.rpartition("/")[2]))
                got = client.request(method, url + path.format(**where), json=sent)
                allowed = route in MAY[kind]
                assert (got.status_code != 403) is allowed, (method, path, got.text)
    client.close()
    others = OWNERS | AT_A_SITE | WHEREABOUTS | OPERATORS | OBJECTS | TENANTS_AND_OPERATORS
    assert seen == ALL | others
    assert cloud.fabric.whereabouts(object_id) == before
    assert cloud.client.get(object_id).entanglement_fidelity == 1


def test_a_server_is_told_of_its_own_site_and_no_other(addresses, directory, cloud):
    object_id = cloud.client.put(QuantumCircuit(1)).object_id
    mine = {"server-2": list(cloud.fabric.whereabouts(object_id)["server-2"])}
    token, register = tokens_of(directory).issue(Principal(Kind.SITE, "server-2")), f"default:{object_id}"
    got = request(addresses.fabric, token, "GET", f"/v1/registers/{register}/whereabouts")
    assert got.json() == {"sites": mine}
    asked = {"registers": [register]}
    got = request(addresses.fabric, token, "POST", "/v1/whereabouts", json=asked)
    assert got.json() == {"registers": {register: mine}}


def test_what_is_sealed_is_not_said_to_be_consumed(addresses, cloud):
    object_id = cloud.client.put(QuantumCircuit(1)).object_id
    got = request(addresses.ledger, addresses.token, "POST", f"/v1/objects/{object_id}/consumed")
    assert (got.status_code, got.json()["error"]["code"]) == (409, "key_sealed")
    assert cloud.client.get(object_id).entanglement_fidelity == 1


def test_no_server_is_called_as_the_owners_site_is():
    with pytest.raises(InvalidInputError, match="owners' site"):
        Principal(Kind.SITE, "client")
