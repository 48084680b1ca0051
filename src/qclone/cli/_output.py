"""What a command prints: text for people, or one JSON document for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click


def json_option(run: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`; the command receives it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(run)


def emit(as_json: bool, document: Mapping[str, Any], text: str | Callable[[], str]) -> None:
    """Print the document as JSON, or the text."""
    if as_json:
        click.echo(json.dumps(document))
    else:
        click.echo(text() if callable(text) else text)


def short_id(object_id: str) -> str:
    """Return as much of an id as people need to see."""
    return object_id[:8]


def counted(number: int, noun: str) -> str:
    """Return such as "1 qubit" or "3 qubits".

    >>> counted(1, "clone"), counted(1200, "server")
    ('1 clone', '1,200 servers')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
