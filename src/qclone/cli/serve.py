"""Run the fabric or one server as a service."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._duration import duration
from qclone.cli._output import emit, json_option
from qclone.errors import InvalidInputError

RANK = 230


def _listen_options(run: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
        click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes a free one."),
        click.option("--certificate", type=click.Path(path_type=Path), help="PEM certificate, for TLS."),
        click.option("--private-key", type=click.Path(path_type=Path), help="Its private key."),
        click.option("--plaintext", is_flag=True, help="No TLS, though other machines can connect."),
        cloud_option,
    ):
        run = option(run)
    return run


@click.group("serve")
def command() -> None:
    """Run the fabric, the ledger or one server; or issue a tenant's token."""


_workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes that answer.",
)


@command.command("fabric")
@click.option("--postgres", metavar="URL", help="A PostgreSQL database instead of a SQLite file.")
@_workers_option
@_listen_options
def fabric(
    directory: Path,
    host: str,
    port: int,
    certificate: Path | None,
    private_key: Path | None,
    plaintext: bool,
    postgres: str | None,
    workers: int,
) -> None:
    """Run the simulated quantum hardware of a cloud.

    On PostgreSQL any number of these, here and on other machines, may answer for the same fabric. A database
    without one gets that of the new cloud in the directory.
    """
    from qclone.service import Listen, fabric_part, serve_by

    listen = Listen(host, port, certificate, private_key, plaintext)
    serve_by(workers, lambda: fabric_part(directory, postgres), listen)


@command.command("ledger")
@click.option("--postgres", metavar="URL", help="A PostgreSQL database instead of SQLite files.")
@_workers_option
@_listen_options
def ledger(
    directory: Path,
    host: str,
    port: int,
    certificate: Path | None,
    private_key: Path | None,
    plaintext: bool,
    postgres: str | None,
    workers: int,
) -> None:
    """Run the classical record of a cloud."""
    from qclone.service import Listen, ledger_part, serve_by

    listen = Listen(host, port, certificate, private_key, plaintext)
    serve_by(workers, lambda: ledger_part(directory, postgres), listen)


@command.command("server")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--fabric", "fabric_url", required=True, metavar="URL", help="Where the fabric is.")
@click.option("--trust", metavar="PEM", help="Certificate of the fabric, for TLS.")
@_listen_options
def server(
    names: tuple[str, ...],
    fabric_url: str,
    trust: str | None,
    directory: Path,
    host: str,
    port: int,
    certificate: Path | None,
    private_key: Path | None,
    plaintext: bool,
) -> None:
    """Run the classical control of one server or of several, each at a site of its own.

    QCLONE_SITE_TOKEN holds the tokens of the sites, in the same order and with spaces between them.
    """
    from qclone.service import SITE_TOKEN, Listen, serve, server_part

    tokens = os.environ.get(SITE_TOKEN, "").split()
    if len(set(names)) < len(names):
        raise InvalidInputError("A server is named twice.", "Name each once.")
    if len(tokens) != len(names):
        without = names[min(len(tokens), len(names) - 1)]
        raise InvalidInputError(
            f"There are {len(tokens)} tokens for {len(names)} sites in {SITE_TOKEN}.",
            f"Make one with: qclone serve token --site {without}",
        )
    app = server_part(dict(zip(names, tokens, strict=True)), directory, fabric_url, trust)
    serve(app, Listen(host, port, certificate, private_key, plaintext))


@command.command("token")
@click.argument("name")
@click.option("--site", is_flag=True, help="For a server's site instead of a tenant.")
@click.option("--valid", type=duration, help="How long it is good for, such as 24h; by default forever.")
@cloud_option
@json_option
def token(name: str, site: bool, valid: float | None, directory: Path, as_json: bool) -> None:
    """Issue a token for tenant NAME; it is shown once and only its hash is kept."""
    from qclone.service import Kind, Principal, tokens_of

    issued = tokens_of(directory).issue(Principal(Kind.SITE if site else Kind.TENANT, name), valid)
    emit(as_json, {"name": name, "token": issued}, issued)
