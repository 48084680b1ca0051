"""Whatever the OpenAPI description allows, and what it does not: no part answers it with a 5xx."""

import base64
import io
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qpy
from schemathesis.generation import GenerationMode

from qclone.service import Kind, Principal, fabric_app, ledger_app, server_app, tokens_of
from qclone.store import Cloud, LocalServer, SqliteLedger

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
"""Per operation and mode; a longer run: SCHEMATHESIS_EXAMPLES=500 pytest tests/service/test_openapi.py."""
CIRCUITS = ["", "H 0", "CX 0 1", "X 77", "SPP X0*X1", "TICK", "M 0", "MPP X0", "DETECTOR rec[-1]", "X 999999"]


def qpy_text():
    qpy.dump(QuantumCircuit(1), file := io.BytesIO())
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def cloud(tmp_path):
    """An embedded cloud with an object, behind the applications."""
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    cloud.client.put(QuantumCircuit(1))
    yield cloud
    cloud.close()


def application(cloud, part):
    tokens = tokens_of(cloud.directory)
    if part == "fabric":
        return fabric_app(cloud.fabric, tokens)
    if part == "ledger":
        return ledger_app(lambda _: SqliteLedger(cloud.directory / "ledger.db"), tokens)
    return server_app(lambda name: LocalServer(name, cloud.fabric), cloud.fabric.now, tokens)


@pytest.mark.parametrize(
    ("part", "kind", "name", "mode"),
    [
        ("fabric", Kind.TENANT, "default", GenerationMode.POSITIVE),
        ("fabric", Kind.TENANT, "default", GenerationMode.NEGATIVE),
        ("fabric", Kind.OPERATOR, "operator", GenerationMode.POSITIVE),
        ("ledger", Kind.TENANT, "default", GenerationMode.POSITIVE),
        ("ledger", Kind.TENANT, "default", GenerationMode.NEGATIVE),
        ("server", Kind.TENANT, "default", GenerationMode.POSITIVE),
    ],
)
def test_no_request_is_a_server_error(cloud, part, kind, name, mode):
    (object_id,) = (manifest.object_id for manifest in cloud.ledger.manifests())
    real = {"register": f"default:{object_id}", "object_id": object_id, "site": "server-1"}
    headers = {
        "Authorization": f"Bearer {tokens_of(cloud.directory).issue(Principal(kind, name))}",
        "X-Register-Secret": cloud.client.keyring.secret(object_id),
    }
    schema = schemathesis.openapi.from_asgi("/openapi.json", application(cloud, part))
    statuses = set()
    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in sorted(operations, key=lambda operation: operation.method == "delete"):
        names = {p.name: real[p.name] for p in operation.path_parameters}
        if mode is GenerationMode.NEGATIVE and not (names or operation.body):
            continue  # there is nothing to get wrong
        known = names if mode is GenerationMode.POSITIVE else None
        cases = operation.as_strategy(generation_mode=mode, path_parameters=known)

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
        @given(case=cases, circuit=st.sampled_from(CIRCUITS))
        def answers(case, circuit):
            if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
                # What no generator hits by chance: the two formats inside the JSON.
                case.body |= {"core": qpy_text()} if "core" in case.body else {}
                case.body |= {"circuit": circuit} if "circuit" in case.body else {}
            response = case.call(headers=headers)
            statuses.add(response.status_code)
            assert response.status_code < 500, (case.method, case.path, case.body, response.text)

        answers()
    assert statuses & ({200} if mode is GenerationMode.POSITIVE else {400, 404, 405, 422})
