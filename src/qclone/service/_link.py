"""One part of the service as a client reaches it: where it is, who asks, and how patiently."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Protocol

import httpx

from qclone.errors import InvalidInputError
from qclone.service._transport import Client
from qclone.service._wire import JSON, UnreachableError, from_document
from qclone.store import current_call

ATTEMPTS = 6
FIRST_PAUSE_S = 0.05
_AGAIN = {429, 502, 503, 504}


class Clock(Protocol):
    """What the module `time` can do, as far as it is needed here."""

    def sleep(self, seconds: float, /) -> None: ...

    def monotonic(self) -> float: ...


class Link:
    """One part of the service: its address, a token, and patience.

    A call that fails on the way is tried again with the same idempotency key, so it takes effect once.

    Parameters
    ----------
    url : of the part. token : the caller's.
    certificate : the certificate to trust, as a PEM file or its text; None for the system's.
    client, clock : what sends requests and what measures and waits, in place of httpx and of real time.
    """

    def __init__(
        self,
        url: str,
        token: str,
        certificate: str | None = None,
        client: Client | None = None,
        clock: Clock = time,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InvalidInputError(f"{url!r} is no address of a part.", "Give one such as http://host:7000.")
        self.url = url
        self.clock = clock
        headers = {"Authorization": f"Bearer {token}"}
        self._client = client or Client(url, certificate, headers)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, attempts: int = ATTEMPTS) -> JSON:
        """Ask for something; asking twice does no harm."""
        return self._attempt("GET", path, {}, None, attempts)

    def send(
        self,
        method: str,
        path: str,
        body: JSON | None = None,
        *,
        secret: str = "",
        attempts: int = ATTEMPTS,
    ) -> JSON:
        """Have something done, once."""
        call = current_call()
        headers = {"Idempotency-Key": call.key if call else secrets.token_hex(16)}
        if secret:
            headers["X-Register-Secret"] = secret
        return self._attempt(method, path, headers, body, attempts)

    def ask(self, path: str, body: JSON, *, secret: str = "") -> JSON:
        """Have something done that does no harm when it is done again, and is answered alike."""
        headers = {"X-Register-Secret": secret} if secret else {}
        return self._attempt("POST", path, headers, body, ATTEMPTS)

    def once(self, path: str, body: JSON, *, secret: str = "") -> JSON:
        """Have something done that must not be tried twice, nor be done twice if the network repeats it."""
        headers = {"X-Register-Secret": secret, "Idempotency-Key": secrets.token_hex(16)}
        return self._attempt("POST", path, headers, body, 1)

    def is_alive(self) -> bool:
        """Whether the part answers at all."""
        try:
            return self._client.get("/healthz", timeout=1.0).status_code == 200
        except httpx.HTTPError:
            return False

    def _attempt(
        self, method: str, path: str, headers: Mapping[str, str], body: JSON | None, attempts: int
    ) -> JSON:
        pause = FIRST_PAUSE_S
        for left in reversed(range(attempts)):
            try:
                response = self._client.request(method, path, headers=headers, json=body)
                if response.status_code not in _AGAIN or left == 0:
                    return _content(response)
            except httpx.TransportError as error:
                if left == 0:
                    raise UnreachableError(
                        f"{self.url} does not answer: {error or type(error).__name__}.",
                        "See what runs with qclone status; qclone up starts what was stopped.",
                    ) from None
            self.clock.sleep(pause * (0.5 + secrets.randbelow(1000) / 1000))
            pause *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")


class _Answer(JSON):
    """What a part says; asked for what it does not say, the part is none of qclone's."""

    def __init__(self, document: JSON, url: str) -> None:
        super().__init__(document)
        self._url = url

    def __missing__(self, key: str) -> object:
        raise UnreachableError(f"{self._url} answered without {key!r}.", "Is this a part of qclone?")


def _content(response: httpx.Response) -> JSON:
    """Return what a part says; raises the error that it sends, or UnreachableError for what none would."""
    try:
        document = response.json()
        if not isinstance(document, dict):
            raise TypeError
        if response.is_success:
            return _Answer(document, str(response.url))
        raise from_document(document)
    except (ValueError, TypeError, LookupError, RecursionError):
        pass
    raise UnreachableError(f"{response.url} answered {response.status_code}.", "Is this a part of qclone?")
