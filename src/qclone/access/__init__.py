"""Access: who can recover or learn what from a set of wires."""

from qclone.access._verdict import Verdict, classify

__all__ = ["Verdict", "classify"]
