"""The compiler of the kernels, which an extra installs."""

from __future__ import annotations

from qclone.errors import MissingPackageError

try:
    from numba import njit
except ImportError:
    raise MissingPackageError("numba", "search") from None

__all__ = ["njit"]
