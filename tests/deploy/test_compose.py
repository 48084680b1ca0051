"""The compose file is one, and has what an administrator expects: no secrets in it, few rights, restarts."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from tests.deploy.compose import DEPLOY, read, secret_paths

SCHEMA = Path(__file__).parents[1] / "data/compose-spec/compose-spec.json"
DOCUMENT = read(QCLONE_HOME="/srv/qclone")
SERVICES = DOCUMENT["services"]
PARTS = {name: service for name, service in SERVICES.items() if name not in ("database", "prepare")}


def test_it_is_a_compose_file():
    errors = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).iter_errors(DOCUMENT)
    assert [f"{error.instance_path}: {error.message}" for error in errors] == []


def test_it_has_every_part():
    assert set(PARTS) == {"fabric", "ledger", *(f"server-{i}" for i in range(1, 6))}


def test_nothing_has_a_default_that_is_secret():
    text = (DEPLOY / "compose.yaml").read_text()
    assert "${QCLONE_HOME:?}" in text
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in ("PASSWORD", "TOKEN", "POSTGRES_", "KEY")):
                assert name.endswith("_FILE") or name in {
                    "POSTGRES_DB",
                    "POSTGRES_USER",
                    "POSTGRES_INITDB_ARGS",
                }
                assert not name.endswith("_FILE") or value in secret_paths(DOCUMENT, service)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_has_no_rights_that_it_does_not_need(name):
    service = PARTS[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][1] == "healthy"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    words = [*service["entrypoint"], *service["command"]]
    assert "--plaintext" not in words
    assert {"--certificate=/run/secrets/part.pem", "--private-key=/run/secrets/part.key"} <= set(words)


@pytest.mark.parametrize("name", [name for name in PARTS if name.startswith("server-")])
def test_a_server_sees_its_own_secrets_only(name):
    service = PARTS[name]
    seen = {Path(file).name for file in secret_paths(DOCUMENT, service).values()}
    assert seen == {"ca.pem", f"{name}.pem", f"{name}.key", f"{name}.token"}
    assert service["volumes"] == ["/srv/qclone/tokens:/var/lib/qclone/tokens:ro"]  # and no receipt.key
    assert service["networks"] == ["parts"]


def test_nobody_sees_the_key_of_the_authority():
    assert not any("ca.key" in file["file"] for file in DOCUMENT["secrets"].values())


def test_the_database_is_reached_by_ledger_and_fabric_alone():
    assert DOCUMENT["networks"]["tables"]["internal"] is True
    assert {name for name, one in SERVICES.items() if "tables" in one.get("networks", [])} == {
        "database",
        "fabric",
        "ledger",
    }
    assert "ports" not in SERVICES["database"]


def test_every_port_is_its_own():
    ports = [port.split(":")[1] for service in PARTS.values() for port in service["ports"]]
    assert len(set(ports)) == len(PARTS)


def test_the_workflow_that_reads_it_says_what_it_asks_for():
    workflow = Path(__file__).parents[2] / ".github/workflows/container.yml"
    if not workflow.exists():
        pytest.skip("an sdist has no workflows")
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    reading = [
        step
        for job in yaml.safe_load(workflow.read_text())["jobs"].values()
        for step in job["steps"]
        if "docker compose" in step.get("run", "")
    ]
    assert reading and all(asked <= set(step["env"]) for step in reading)


def test_the_containerfile_passes_hadolint():
    hadolint = shutil.which("hadolint") or pytest.skip("there is no hadolint here")
    ran = subprocess.run([hadolint, DEPLOY / "Containerfile"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")
