"""What tables need of a database: transactions, and SQL that SQLite and PostgreSQL understand alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Rows(Protocol):
    """What a statement found."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """The next row; None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """All that are left."""
        ...


class Sql(Protocol):
    """An open transaction. Parameters are written as ?."""

    def execute(self, query: str, parameters: Sequence[Any] = ..., /) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each row of parameters."""
        ...


class Storage(Protocol):
    """Where tables are kept."""

    def transaction(self, of: str = "") -> AbstractContextManager[Sql]:
        """All of the block or nothing; durable when it has ended.

        Nobody else changes at the same time what it is `of`: one register, or everything if none is named.
        """
        ...

    def reading(self) -> AbstractContextManager[Sql]:
        """One consistent view of the tables."""
        ...

    def revision(self) -> str:
        """A text that is another one once anything in the tables has changed; it may change without that."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
