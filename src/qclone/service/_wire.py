"""Errors on the wire: the same classes, codes and sentences on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from qclone.errors import QcloneError
from qclone.store import Key, KeyState, Manifest, Uses

JSON = dict[str, Any]
MAX_FILE_BYTES = 16 << 20
"""Of a circuit that is sent: a register's core in QPY, or a file to compare with."""


class UnauthorizedError(QcloneError):
    """The token is missing, wrong or expired."""

    code = "unauthorized"


class ForbiddenError(QcloneError):
    """The token is good, but not for this."""

    code = "forbidden"


class TooLargeError(QcloneError):
    """A body or a register is larger than the service takes."""

    code = "too_large"


class TooManyRequestsError(QcloneError):
    """More requests than the limit of this token."""

    code = "too_many_requests"


class TooSlowError(QcloneError):
    """A request that takes too long to arrive."""

    code = "too_slow"


class UnreachableError(QcloneError):
    """A part of the service does not answer."""

    code = "unreachable"


PAGE = 1000
"""Objects in one answer, at most."""


def document_of(manifest: Manifest) -> JSON:
    """Return a manifest as JSON."""
    document = {name: getattr(manifest, name) for name in Manifest.__slots__}
    key = manifest.key
    return document | {
        "key": {"state": key.state, "server": key.server, "at": key.at},
        "uses": asdict(manifest.uses),
    }


def manifest_of(document: JSON) -> Manifest:
    """Return the manifest in a document."""
    key = document["key"]
    made = {"key": Key(KeyState(key["state"]), key["server"], key["at"]), "uses": Uses.of(document["uses"])}
    return Manifest(**{**document, **made})


STATUS: dict[str, int] = {
    "invalid_input": 422,
    "unknown_wire": 422,
    "unsupported_circuit": 422,
    "not_at_site": 409,
    "no_such_object": 404,
    "key_consumed": 409,
    "key_sealed": 409,
    "tails_taken": 409,
    "not_recoverable": 409,
    "storage": 507,
    "unavailable": 507,
    "lost": 507,
    "unauthorized": 401,
    "forbidden": 403,
    "too_slow": 408,
    "too_large": 413,
    "too_many_requests": 429,
    "unreachable": 503,
    "key_reused": 422,
    "too_late": 408,
}
"""Error code -> HTTP status; what is not here is 500."""


def status_of(error: QcloneError) -> int:
    """Return the HTTP status of an error."""
    return STATUS.get(error.code, 500)


def to_document(error: QcloneError) -> JSON:
    """Return an error as JSON: {"error": {"code", "message", "remedy"}}."""
    return {"error": {"code": error.code, "message": error.message, "remedy": error.remedy}}


def from_document(document: JSON) -> QcloneError:
    """Return the error that a service sent, of its own class. Raises ValueError if that is none."""
    said = document.get("error")
    if not isinstance(said, dict):
        raise ValueError
    if not all(isinstance(said.get(name), str) for name in ("code", "message", "remedy")):
        raise ValueError
    kind = next((kind for kind in _kinds(QcloneError) if kind.code == said["code"]), QcloneError)
    error = kind.__new__(kind)
    QcloneError.__init__(error, said["message"], said["remedy"])
    return error


def _kinds(root: type[QcloneError]) -> Iterator[type[QcloneError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)
