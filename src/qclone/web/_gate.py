"""Who gets in: this machine's browser, with the secret that the address holds, from the page itself."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DOOR = "/open"
MAX_BODY_BYTES = 64 << 20
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
# A page and not a redirect: a browser that was led here from elsewhere sends a strict cookie only from the
# next page on.
_WELCOME = (
    '<!doctype html><html lang="en"><title>qclone</title><meta http-equiv="refresh" content="0; url=/">'
    '<p><a href="/">Open the page</a></p></html>'
)


@dataclass(frozen=True)
class Gate:
    """The secret of one run of the page, and what it is exchanged for.

    Parameters
    ----------
    secret : in the address that opens the page.
    ticket : what the browser keeps in its cookie instead.
    """

    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return why a request is not let in, as a status and a sentence; None if it is.

        The name in Host must be this machine's own, so that no other name can be made to lead here. Whoever
        changes something must be the page itself, by Origin; and a browser that says that another site is
        behind a request is believed.
        """
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host.rpartition(":")[0] not in LOOPBACK and host not in LOOPBACK:
            return 421, "This page answers to 127.0.0.1 and localhost only."
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return 403, "This request comes from another site."
        if scope["path"] == DOOR:
            return None
        if scope["method"] not in ("GET", "HEAD") and origin is None:
            return 403, "A request that changes something says its Origin."
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "This request comes from another site."
        if not any(secrets.compare_digest(shown, self.ticket.encode()) for shown in self._shown(headers)):
            return 401, "Open the address that qclone web has printed: it holds the secret."
        if not _fits(headers.get("content-length", "0")) or "transfer-encoding" in headers:
            return 413, f"At most {MAX_BODY_BYTES >> 20} MiB are taken at once."
        return None

    def admit(self, scope: Scope) -> Response:
        """Exchange the secret for the cookie."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("secret", [""])[0]
        if not secrets.compare_digest(given.encode(), self.secret.encode()):
            return said(401, "This is not the address that qclone web has printed.")
        answer = HTMLResponse(_WELCOME)
        answer.set_cookie(self._name(Headers(scope=scope)), self.ticket, httponly=True, samesite="strict")
        return answer

    def _shown(self, headers: Headers) -> list[bytes]:
        """Every cookie of our name: whoever else serves on this host may have set others, of any form."""
        name, every = self._name(headers), ";".join(headers.getlist("cookie")).split(";")
        return [value.encode() for one in every if (value := cookie_parser(one).get(name)) is not None]

    @staticmethod
    def _name(headers: Headers) -> str:
        """One for each port: browsers do not tell ports apart, and two pages may be open."""
        return f"qclone-{headers.get('host', '').rpartition(':')[2].strip(']') or 'page'}"


def guarded(inner: ASGIApp, gate: Gate) -> ASGIApp:
    """Return an application that lets in whom the gate lets in, with strict headers on every answer."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await inner(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_encoded(HEADERS.items())]
            await send(message)

        refused = gate.refusal(scope)
        if refused is not None:
            await said(*refused)(scope, receive, with_headers)
        elif scope["path"] == DOOR:
            await gate.admit(scope)(scope, receive, with_headers)
        else:
            await inner(scope, receive, with_headers)

    return outer


def said(status: int, message: str, remedy: str = "") -> Response:
    """Return a refusal in the form of every error."""
    return JSONResponse({"error": {"code": "refused", "message": message, "remedy": remedy}}, status)


def _fits(length: str) -> bool:
    return length.isascii() and length.isdecimal() and len(length) < 15 and int(length) <= MAX_BODY_BYTES


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]
