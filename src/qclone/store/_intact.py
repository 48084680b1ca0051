"""What was written well and makes no sense when it is read was damaged in between."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from qclone.errors import StorageError

DAMAGED = "See what is whole with: qclone fsck. An old copy may call sealed what was opened since."
"""What to do about damage."""


@contextmanager
def intact(what: str) -> Iterator[None]:
    """Say in one sentence that `what` is damaged, whatever the block meets in it.

    >>> try:
    ...     with intact("the ledger"):
    ...         int("not a number")
    ... except StorageError as error:
    ...     print(error.message)
    What the ledger holds makes no sense: it is damaged.
    """
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, struct.error) as error:
        raise StorageError(
            f"What {what} holds makes no sense: it is damaged.",
            DAMAGED,
        ) from error
