"""The tree of errors a user can meet.

    QcloneError                   1  failed
    +-- InvalidInputError         2  what was asked for makes no sense: bad n, bad file, unknown name
    |   +-- UnknownWireError      2
    |   +-- TailsTakenError       2  the numbers of a program's tails are those of other qubits
    |   +-- KeySealedError        2  a recovery is said to be over that has not begun
    |   +-- UnsupportedCircuitError  2  not a pure state preparation, or not Clifford where it must be
    +-- MissingPackageError       1  an optional package is not installed
    +-- StorageError              1  the disk or the ledger failed
    |   +-- UnavailableError      1  a file cannot be used now: a full or read-only disk, no permission
    |   +-- LossError            13  a file that held something is empty: it is lost
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


class TailsTakenError(InvalidInputError):
    """The numbers of a program's tails are those of other qubits; other numbers may be free."""

    code = "tails_taken"


class KeySealedError(InvalidInputError):
    """The key was not used yet, so nothing that its use would bring about is over."""

    code = "key_sealed"


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


class UnavailableError(StorageError):
    """A file is as it was and cannot be used now: a full or read-only disk, no permission, locked."""

    code = "unavailable"


class LossError(StorageError):
    """A file that held secrets or records is empty: what was in it is lost."""

    code = "lost"
    exit_code = 13


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
