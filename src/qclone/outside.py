"""What other packages bring under entry points, with one sentence where it cannot be loaded."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

from qclone.errors import InvalidInputError


def loaded(point: EntryPoint) -> Any:
    """Return what an entry point names.

    Raises
    ------
    InvalidInputError : its module fails when it is imported, or has no such thing.

    Example
    -------
    >>> loaded(EntryPoint("root", "math:sqrt", "any.group"))(9)
    3.0
    """
    try:
        return point.load()
    except Exception as error:  # a module from elsewhere fails in its own ways
        raise InvalidInputError(
            f"{point.name} of another package cannot be loaded from {point.value}: "
            f"{type(error).__name__}: {str(error).rstrip('.')}.",
            "Mend that package or its entry points, or uninstall it.",
        ) from error
