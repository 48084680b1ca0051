"""What a check of a cloud finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    NOTE = "note"
    """Nothing is wrong."""
    TROUBLE = "trouble"
    """The books disagree; what to do is said."""
    DAMAGE = "damage"
    """Something is wrong in a file, or one is missing."""
    LOSS = "loss"
    """A file is empty that held secrets or records."""


@dataclass(frozen=True)
class Finding:
    """One thing found: how bad, where (a file or an object), what, and what to do."""

    severity: Severity
    where: str
    message: str
    remedy: str = ""
