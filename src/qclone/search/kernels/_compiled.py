"""The compiler of the kernels, which an extra installs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from qclone.errors import MissingPackageError

__all__ = ["njit"]

try:
    from numba import njit
except ImportError:

    def njit(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., NoReturn]]:
        """Say what is missing where a kernel is called: importing this room is no use of it."""

        def without_compiler(kernel: Callable[..., Any]) -> Callable[..., NoReturn]:
            @wraps(kernel)
            def missing(*_: Any, **__: Any) -> NoReturn:
                raise MissingPackageError("numba", "search")

            return missing

        return without_compiler
