"""A whole cloud on loopback sockets inside the test process: real HTTP, real uvicorn, no sleeping."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from qclone.service import (
    Addresses,
    Kind,
    Principal,
    RemoteCloud,
    fabric_part,
    ledger_part,
    server_part,
    tokens_of,
)
from qclone.store import Cloud
from tests.listening import listening


@contextmanager
def served_cloud(directory, servers=3, tls=None) -> Iterator[Addresses]:
    """Serve a new cloud; `tls` is the paths of a certificate and its private key."""
    certificate = None if tls is None else str(tls[0])
    Cloud.create(directory, servers=servers).close()
    tokens = tokens_of(directory)
    with ExitStack() as stack:
        fabric = stack.enter_context(listening(fabric_part(directory), tls))
        ledger = stack.enter_context(listening(ledger_part(directory), tls))
        urls = {}
        for name in (f"server-{i}" for i in range(1, servers + 1)):
            token = tokens.issue(Principal(Kind.SITE, name))
            part = server_part({name: token}, directory, fabric, certificate)
            urls[name] = stack.enter_context(listening(part, tls))
        addresses = Addresses(
            fabric,
            ledger,
            urls,
            "default",
            tokens.issue(Principal(Kind.TENANT, "default")),
            tokens.issue(Principal(Kind.OPERATOR, "operator")),
            certificate,
        )
        addresses.write(directory)
        yield addresses


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The directory of a served cloud of three servers; one for the tests of a file."""
    path = tmp_path_factory.mktemp("cloud") / "cloud"
    with served_cloud(path):
        yield path


@pytest.fixture
def addresses(directory):
    """Where the parts of that cloud are."""
    return Addresses.read(directory)


@pytest.fixture
def cloud(directory):
    """The client's side of that cloud, with every server up."""
    cloud = RemoteCloud(directory)
    cloud.heal(*cloud.fabric.sites())
    yield cloud
    cloud.close()
