"""The tree of errors a user can meet.

    QcloneError                   1  failed
    +-- InvalidInputError         2  what was asked for makes no sense: bad n, bad file, unknown name
    |   +-- UnknownWireError      2
    |   +-- UnsupportedCircuitError  2  not a pure state preparation, or not Clifford where it must be
    +-- MissingPackageError       1  an optional package is not installed
    +-- StorageError              1  the disk or the ledger failed
    +-- TooLateError              1  a call outlived its caller; it had no effect
    +-- NoSuchObjectError        10
    +-- KeyConsumedError         11
    +-- NotRecoverableError      12

Every error carries one sentence (`message`), what to do next (`remedy`), a name for programs (`code`)
and the exit status of the command line (`exit_code`).
"""

from __future__ import annotations

from typing import ClassVar


class QcloneError(Exception):
    """Something failed; the message says what and the remedy what to do next."""

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class InvalidInputError(QcloneError):
    """What was asked for makes no sense."""

    code = "invalid_input"
    exit_code = 2


class UnknownWireError(InvalidInputError):
    """A label names no wire or clone of the scheme."""

    code = "unknown_wire"


class UnsupportedCircuitError(InvalidInputError):
    """A circuit is not what this operation can work with."""

    code = "unsupported_circuit"


class MissingPackageError(QcloneError):
    """An optional package is not installed."""

    code = "missing_package"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"The package {package} is not installed.", f"Install it with: pip install 'qclone[{extra}]'"
        )


class StorageError(QcloneError):
    """The disk or the ledger failed; nothing was half done."""

    code = "storage"


class TooLateError(QcloneError):
    """A call came to its point when its caller had given up; it had no effect."""

    code = "too_late"


class NoSuchObjectError(QcloneError):
    """No stored object has this id."""

    code = "no_such_object"
    exit_code = 10


class KeyConsumedError(QcloneError):
    """The key was used before: decryption works once."""

    code = "key_consumed"
    exit_code = 11


class NotRecoverableError(QcloneError):
    """The surviving wires are not an authorized set."""

    code = "not_recoverable"
    exit_code = 12
