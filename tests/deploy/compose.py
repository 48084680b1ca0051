"""What the compose file says would run in containers, told as what runs without."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
INSIDE = Path("/run/secrets")


def interpolated(text, given):
    """Fill `${NAME}`, `${NAME:?}` and `${NAME:-default}` in, as Compose does."""

    def value(match):
        name, default = match["name"], match["default"]
        if not given.get(name):
            assert default is not None, f"{name} is not set"
            return default
        return given[name]

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", value, text)


def read(**given):
    """Return the compose file with its variables filled in."""
    return yaml.safe_load(interpolated((DEPLOY / "compose.yaml").read_text(), given))


@dataclass(frozen=True)
class Process:
    """What a service of the compose file runs: its words and environment, paths and addresses as outside."""

    name: str
    port: int
    words: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def secret_paths(document, service):
    """Return what each secret of a service is inside, and which file that is."""
    found = {}
    for one in service.get("secrets", []):
        source, target = (one, one) if isinstance(one, str) else (one["source"], one["target"])
        found[str(INSIDE / target)] = document["secrets"][source]["file"]
    return found


def bound_paths(service):
    """Return the directories that a service sees, by where it sees them."""
    split = [volume.split(":") for volume in service.get("volumes", [])]
    return {inside: outside for outside, inside, *_ in split if outside.startswith("/")}


def processes(document, ports):
    """Return what runs of the services named in `ports`, all on this machine: name -> port of its own."""
    return [process(document, name, ports) for name in ports]


def process(document, name, ports):
    service = document["services"][name]
    places = secret_paths(document, service) | bound_paths(service)

    def outside(text):
        for inside, path in sorted(places.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(inside, path)
        for part, port in ports.items():
            text = text.replace(f"https://{part}:7000", f"https://127.0.0.1:{port}")
        text = text.replace("https://localhost:7000", f"https://localhost:{ports[name]}")
        return text.replace("--host=0.0.0.0", "--host=127.0.0.1").replace(
            "--port=7000", f"--port={ports[name]}"
        )

    words = [*service["entrypoint"], *service["command"]]
    said = {key: outside(value) for key, value in service.get("environment", {}).items()}
    return Process(name, ports[name], [outside(word) for word in words], said)


def health_check(document, name, ports):
    """Return the words that say whether a service is healthy."""
    service = document["services"][name]
    kind, *words = service["healthcheck"]["test"]
    assert kind == "CMD"
    replaced = {"https://localhost:7000/readyz": f"https://localhost:{ports[name]}/readyz"}
    places = secret_paths(document, service)
    return [replaced.get(word, places.get(word, word)) for word in words]
