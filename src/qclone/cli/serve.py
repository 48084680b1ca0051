"""Run the fabric or one server as a service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._duration import duration
from qclone.cli._output import emit, json_option
from qclone.cli._secret import postgres_option, secret
from qclone.errors import InvalidInputError

RANK = 230


_tokens_option = click.option(
    "--tokens",
    "token_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the hashes of tokens are, if not in tokens.json of the cloud.",
)


def _listen_options(run: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
        click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes a free one."),
        click.option("--certificate", type=click.Path(path_type=Path), help="PEM certificate, for TLS."),
        click.option("--private-key", type=click.Path(path_type=Path), help="Its private key."),
        click.option("--plaintext", is_flag=True, help="No TLS, though other machines can connect."),
        _tokens_option,
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
@postgres_option("A PostgreSQL database instead of a SQLite file.")
@_workers_option
@_listen_options
def fabric(
    directory: Path,
    host: str,
    port: int,
    certificate: Path | None,
    private_key: Path | None,
    plaintext: bool,
    token_file: Path | None,
    postgres: str | None,
    workers: int,
) -> None:
    """Run the simulated quantum hardware of a cloud.

    On PostgreSQL any number of these, here and on other machines, may answer for the same fabric. A database
    without one gets that of the new cloud in the directory.
    """
    from qclone.service import Listen, fabric_part, serve_by

    listen = Listen(host, port, certificate, private_key, plaintext)
    serve_by(workers, lambda: fabric_part(directory, postgres, tokens=token_file), listen)


@command.command("ledger")
@postgres_option("A PostgreSQL database instead of SQLite files.")
@_workers_option
@_listen_options
def ledger(
    directory: Path,
    host: str,
    port: int,
    certificate: Path | None,
    private_key: Path | None,
    plaintext: bool,
    token_file: Path | None,
    postgres: str | None,
    workers: int,
) -> None:
    """Run the classical record of a cloud."""
    from qclone.service import Listen, ledger_part, serve_by

    listen = Listen(host, port, certificate, private_key, plaintext)
    serve_by(workers, lambda: ledger_part(directory, postgres, tokens=token_file), listen)


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
    token_file: Path | None,
) -> None:
    """Run the classical control of one server or of several, each at a site of its own.

    QCLONE_SITE_TOKEN holds the tokens of the sites, or QCLONE_SITE_TOKEN_FILE names a file that does: in the
    same order and with spaces between them.
    """
    from qclone.service import SITE_TOKEN, Listen, serve, server_part

    tokens = (secret(SITE_TOKEN) or "").split()
    if len(set(names)) < len(names):
        raise InvalidInputError("A server is named twice.", "Name each once.")
    if len(tokens) != len(names):
        without = names[min(len(tokens), len(names) - 1)]
        raise InvalidInputError(
            f"There are {len(tokens)} tokens for {len(names)} sites in {SITE_TOKEN}.",
            f"Make one with: qclone serve token --site {without}",
        )
    app = server_part(dict(zip(names, tokens, strict=True)), directory, fabric_url, trust, token_file)
    serve(app, Listen(host, port, certificate, private_key, plaintext))


@command.command("token")
@click.argument("name")
@click.option("--site", is_flag=True, help="For a server's site instead of a tenant.")
@click.option("--operator", is_flag=True, help="For who runs the simulated world: clock, failing servers.")
@click.option("--valid", type=duration, help="How long it is good for, such as 24h; by default forever.")
@click.option("--instead", is_flag=True, help="The earlier tokens of NAME are no good any more.")
@_tokens_option
@cloud_option
@json_option
def token(
    name: str,
    site: bool,
    operator: bool,
    valid: float | None,
    instead: bool,
    token_file: Path | None,
    directory: Path,
    as_json: bool,
) -> None:
    """Issue a token for tenant NAME; it is shown once and only its hash is kept."""
    from qclone.service import Kind, Principal, Tokens, tokens_of

    if site and operator:
        raise InvalidInputError("A site is no operator.", "Give --site or --operator.")
    kind = Kind.SITE if site else Kind.OPERATOR if operator else Kind.TENANT
    tokens = tokens_of(directory) if token_file is None else Tokens(token_file)
    issued = tokens.issue(Principal(kind, name), valid, instead_of_others=instead)
    emit(as_json, {"name": name, "token": issued}, issued)
