"""Access: who can recover or learn what from a set of wires, and how to recover."""

from qclone.access._decoder import Decoder, decoder
from qclone.access._verdict import Verdict, classify

__all__ = ["Decoder", "Verdict", "classify", "decoder"]
