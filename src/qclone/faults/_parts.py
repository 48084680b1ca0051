"""The parts of the service without their sockets: the very functions that answer over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import Pattern
from types import SimpleNamespace
from typing import Any, cast, get_type_hints
from urllib.parse import parse_qsl, unquote

from fastapi import FastAPI, Response
from pydantic import BaseModel, ValidationError

from qclone.errors import InvalidInputError, QcloneError
from qclone.service import Principal, Tokens, fabric_app, ledger_app, server_app
from qclone.service._endpoint import Endpoint
from qclone.service._jobs import Jobs
from qclone.service._wire import status_of, to_document
from qclone.store import Ledger, Server, SqliteFabric

JSON = dict[str, Any]


class Substitute:
    """Stands where an application expects a fabric, a ledger or a server; which one can change later."""

    target: Any = SimpleNamespace(name="", now=None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


@dataclass(frozen=True)
class _Endpoint:
    method: str
    path: Pattern[str]
    answer: Callable[..., Response]
    body: type[BaseModel] | None
    takes: frozenset[str]


@dataclass(frozen=True)
class Application:
    """One FastAPI application, built once (which takes long), and what stands in it (which changes)."""

    stand: Substitute
    endpoints: tuple[_Endpoint, ...]

    def answer(
        self, principal: Principal, method: str, path: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[int, JSON]:
        """Return status and document; bodies and answers go through JSON, as over a socket."""
        try:
            response = self._call(principal, method, path, headers, body)
        except QcloneError as error:
            return status_of(error), to_document(error)
        return response.status_code, json.loads(bytes(response.body))

    def _call(
        self, principal: Principal, method: str, path: str, headers: Mapping[str, str], body: str | None
    ) -> Response:
        path, _, query = path.partition("?")
        for endpoint in self.endpoints:
            found = endpoint.path.match(path) if endpoint.method == method else None
            if found is None:
                continue
            offered: dict[str, Any] = {
                "request": SimpleNamespace(state=SimpleNamespace(principal=principal)),
                "secret": headers.get("X-Register-Secret", ""),
                "key": headers.get("Idempotency-Key"),
            }
            arguments = {name: value for name, value in offered.items() if name in endpoint.takes}
            arguments |= {name: unquote(value) for name, value in found.groupdict().items()}
            arguments |= {name: int(v) if v.isdecimal() else v for name, v in parse_qsl(query)}
            if endpoint.body is not None:
                try:
                    arguments["body"] = endpoint.body.model_validate_json(body or "{}")
                except ValidationError as error:
                    raise InvalidInputError(str(error)) from None
            return endpoint.answer(**arguments)
        raise InvalidInputError(f"There is no {method} {path}.")


@cache
def applications() -> Mapping[str, Application]:
    """The three applications of the service, by kind."""
    tokens = Tokens(Path("tokens are checked elsewhere"))
    fabric, ledger, server = Substitute(), Substitute(), Substitute()
    return {
        "fabric": _application(fabric, fabric_app(cast(SqliteFabric, fabric), tokens, jobs=Jobs(None))),
        "ledger": _application(ledger, ledger_app(lambda tenant: cast(Ledger, ledger.of(tenant)), tokens)),
        "server": _application(server, server_app(lambda name: cast(Server, server), lambda: None, tokens)),
    }


def _application(stand: Substitute, app: FastAPI) -> Application:
    endpoints = []
    for route in app.routes:
        if isinstance(route, Endpoint) and route.path.startswith("/v1/"):
            hints = get_type_hints(route.plain)
            rest = route.path_regex, route.plain, hints.get("body"), frozenset(hints)
            endpoints += [_Endpoint(method, *rest) for method in route.methods or ()]
    return Application(stand, tuple(endpoints))
