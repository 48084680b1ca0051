"""What carries a client's calls: no proxy, an end to every call, and answers of bounded size."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import httpcore
import httpx

CALL_WITHIN_S = 30.0
CONNECTION_WITHIN_S = 3.0
ANSWER_BYTES = 64 << 20
"""The largest answer is a register: 16 MiB of QPY in base64 and its frame."""

_UNTIL: ContextVar[float] = ContextVar("until", default=float("inf"))


@cache
def tls_context(certificate: str | None) -> ssl.SSLContext:
    """Return what trusts a certificate, given as a PEM file or as its text; None for the system's."""
    if certificate is not None and certificate.startswith("-----BEGIN"):
        return ssl.create_default_context(cadata=certificate)
    return ssl.create_default_context(cafile=certificate)


class Client:
    """Speaks to one part: directly, whatever proxies the environment names, for they would see the token.

    Parameters
    ----------
    url : of the part. certificate : the one to trust, see `tls_context`. headers : of every request.
    """

    def __init__(
        self, url: str, certificate: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        context = tls_context(certificate) if url.startswith("https:") else None
        self._http = httpx.Client(
            base_url=url,
            headers={"Accept-Encoding": "identity", **(headers or {})},
            transport=_Transport(context),
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, timeout: float = CALL_WITHIN_S) -> httpx.Response:
        """Ask for something; as `request`."""
        return self.request("GET", path, timeout=timeout)

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        timeout: float = CALL_WITHIN_S,
    ) -> httpx.Response:
        """Send a request and return the answer.

        Parameters
        ----------
        timeout : seconds in which all of the answer is here.

        Raises
        ------
        httpx.TransportError : it is not; it is larger than `ANSWER_BYTES`, or compressed.
        """
        patience = httpx.Timeout(timeout, connect=min(timeout, CONNECTION_WITHIN_S))
        request = self._http.build_request(method, path, headers=headers, json=json, timeout=patience)
        with _within(timeout):
            response = self._http.send(request, stream=True)
            try:
                content = _content(response)
            finally:
                response.close()
        return httpx.Response(
            response.status_code, headers=response.headers, content=content, request=request
        )


def _content(response: httpx.Response) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise httpx.RemoteProtocolError("it compresses its answer")
    chunks, size = [], 0
    for chunk in response.iter_raw():
        chunks.append(chunk)
        size += len(chunk)
        if size > ANSWER_BYTES:
            raise httpx.RemoteProtocolError("its answer has no end")
    return b"".join(chunks)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    token = _UNTIL.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def _left(timeout: float | None, error: type[Exception]) -> float:
    left = _UNTIL.get() - time.monotonic()
    if left <= 0:
        raise error("it took too long")
    return left if timeout is None else min(timeout, left)


class _Transport(httpx.HTTPTransport):
    """HTTP over streams that look at the clock: a byte a second would else keep a call for ever."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(verify=context or False, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_Network(),
        )


class _Network(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._plain.connect_tcp(host, port, timeout, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, plain: httpcore.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._plain.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._plain.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)
