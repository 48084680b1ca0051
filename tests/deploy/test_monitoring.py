"""Whatever the dashboard and the alerts ask for is exported by a part, under the labels that they name."""

import json
import re
import shutil
import subprocess
from contextlib import closing

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from qiskit import QuantumCircuit

from qclone.errors import StorageError
from qclone.service import RemoteCloud, Tokens, _guard, status_of
from qclone.service._wire import STATUS
from tests.deploy.compose import DEPLOY, read
from tests.listening import listening
from tests.service.conftest import served_cloud

MONITORING = DEPLOY / "monitoring"
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
ALERTS = [
    rule
    for group in yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
EXPRESSIONS = {f"alert {rule['alert']}": rule["expr"] for rule in ALERTS} | {
    f"panel {panel['title']}, {target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", [])
}
OF_PROMETHEUS = {"up": {"job", "part"}}
GIVEN_BY_PROMETHEUS = {"job", "part", "instance"}
NAME = r"(?<![\w$./\"])(up|qclone_\w+|process_\w+)"
# A selector's braces hold braces within strings: paths have parameters.
SELECTOR = re.compile(NAME + r"(?:\{((?:[^\"{}]|\"[^\"]*\")*)\})?")
MATCHER = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Every sample that the parts export after a put and a get: (name, labels)."""
    directory = tmp_path_factory.mktemp("cloud") / "cloud"
    with served_cloud(directory, servers=2) as addresses:
        with closing(RemoteCloud(directory)) as cloud:
            stored = cloud.client.put(QuantumCircuit(1)).object_id
            cloud.client.get(stored)
        texts = [
            httpx.get(f"{url}/metrics").text
            for url in (addresses.fabric, addresses.ledger, *addresses.servers.values())
        ]
        paths = {
            path
            for url in (addresses.fabric, addresses.ledger, *addresses.servers.values())
            for path in httpx.get(f"{url}/openapi.json").json()["paths"]
        }
    samples = [s for text in texts for family in text_string_to_metric_families(text) for s in family.samples]
    return samples, paths


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
def test_what_is_asked_for_is_exported(expression, exported):
    samples, paths = exported
    labels: dict[str, set[str]] = {name: set(of) for name, of in OF_PROMETHEUS.items()}
    for sample in samples:
        labels.setdefault(sample.name, set()).update(sample.labels, GIVEN_BY_PROMETHEUS)
    asked = SELECTOR.findall(expression)
    assert asked
    statuses = {str(code) for code in (200, 500, *STATUS.values())}
    for name, matchers in asked:
        assert name in labels, name
        for label, how, value in MATCHER.findall(matchers):
            assert label in labels[name], f"{name} has no label {label}"
            known = {"path": paths, "status": statuses}.get(label)
            if known is not None:
                found = [one for one in known if (re.fullmatch(value, one) if "~" in how else one == value)]
                assert found, f"no {label} is {value}"
    for grouped in re.findall(r"by \(([^)]*)\)", expression):
        of_all = set().union(*(labels[name] for name, _ in asked))
        assert {label.strip() for label in grouped.split(",")} <= of_all


def test_the_objects_put_and_the_keys_consumed_are_counted(exported):
    """What the dashboard shows of these, after one put and one get."""
    samples, _ = exported

    def counted(path):
        return sum(
            s.value
            for s in samples
            if s.name == "qclone_requests_total" and s.labels["path"] == path and s.labels["status"] == "200"
        )

    assert counted("/v1/objects/{object_id}/stored") == 1
    assert counted("/v1/objects/{object_id}/consume") == 1
    assert counted("/v1/servers/{site}/registers/{register}/surrender") == 1


def test_a_part_that_cannot_serve_says_so_in_its_metrics(tmp_path):
    failing = []

    def ready():
        if failing:
            raise StorageError("The disk is full.", "Make room.")

    with listening(_guard.guarded("a part", Tokens(tmp_path / "tokens.json"), ready)) as url:
        assert "\nqclone_ready 1.0\n" in httpx.get(f"{url}/metrics").text
        failing.append(True)
        assert httpx.get(f"{url}/readyz").status_code == status_of(StorageError("x", "y"))
        assert "\nqclone_ready 0.0\n" in httpx.get(f"{url}/metrics").text


def test_every_part_of_the_compose_file_is_scraped():
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    scraped = {
        one["labels"]["part"]: one["targets"][0].rpartition(":")[2]
        for one in config["scrape_configs"][0]["static_configs"]
    }
    services = read(QCLONE_HOME="/srv/qclone")["services"]
    published = {name: one["ports"][0].split(":")[1] for name, one in services.items() if "ports" in one}
    assert scraped == published


def test_panels_do_not_cover_each_other():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    taken = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


@pytest.mark.parametrize(
    "words",
    ["check rules alerts.yml", "test rules alerts_test.yml", "check config --syntax-only prometheus.yml"],
)
def test_prometheus_takes_it(words):
    promtool = shutil.which("promtool") or pytest.skip("there is no promtool here")
    ran = subprocess.run(
        [promtool, *words.split()], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
