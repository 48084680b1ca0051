"""A cloud of processes, seen from its directory: the same `Cloud`, its parts across the network."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shlex import quote

from qclone.durable import replace_file
from qclone.errors import StorageError
from qclone.service._link import Link
from qclone.service._remote import HttpFabric, HttpLedger, HttpServer
from qclone.store import Cloud, Parts

ADDRESSES = "service.json"


@dataclass(frozen=True)
class Addresses:
    """Where the parts of a cloud are and how its client proves who it is; the client's file, mode 0600.

    Parameters
    ----------
    fabric, ledger : URLs. servers : name -> URL.
    tenant, token : whom the client speaks for. operator_token : for failing servers and the clock.
    certificate : the certificate to trust, for TLS: a PEM file or its text; None for plain HTTP.
    """

    fabric: str
    ledger: str
    servers: Mapping[str, str]
    tenant: str
    token: str
    operator_token: str
    certificate: str | None = None

    def write(self, directory: Path) -> None:
        """Write the file."""
        replace_file(directory / ADDRESSES, json.dumps(asdict(self), indent=1).encode(), mode=0o600)

    @classmethod
    def read(cls, directory: Path) -> Addresses:
        """Read the file. Raises StorageError if it is missing or damaged."""
        try:
            return cls(**json.loads((directory / ADDRESSES).read_text()))
        except FileNotFoundError:
            raise StorageError(
                f"No service was started in {directory}.",
                f"Start one with: qclone up --cloud {quote(str(directory))}",
            ) from None
        except (ValueError, TypeError):
            raise StorageError(
                f"{ADDRESSES} is damaged.", "Start the service again with: qclone up"
            ) from None


class RemoteCloud(Cloud):
    """The cloud of a running service; `Client` does not know the difference.

    Parameters
    ----------
    directory : the client's, with service.json and the keyring.
    link : makes a link from an address, a token and a certificate.
    """

    def __init__(self, directory: str | os.PathLike[str], link: Callable[..., Link] = Link) -> None:
        at = Addresses.read(Path(directory))
        shared = {url: link(url, at.token, at.certificate) for url in dict.fromkeys(at.servers.values())}
        links = {name: shared[url] for name, url in at.servers.items()}
        operator = link(at.fabric, at.operator_token, at.certificate) if at.operator_token else None
        fabric = HttpFabric(link(at.fabric, at.token, at.certificate), at.tenant, links, operator)
        ledger = HttpLedger(link(at.ledger, at.token, at.certificate))
        servers = {
            name: HttpServer(name, link, at.tenant, fabric.does_not_answer) for name, link in links.items()
        }
        super().__init__(directory, Parts(fabric, ledger, servers))


def as_tenant(addresses: Addresses, tenant: str, token: str) -> Addresses:
    """Return the addresses for another tenant, who is no operator."""
    return replace(addresses, tenant=tenant, token=token, operator_token="")
