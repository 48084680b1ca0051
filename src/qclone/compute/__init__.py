"""Programs on encrypted clones: what a server does, the tails it sends back, and what the pad becomes."""

from qclone.compute._enact import Enacted, Noise, enact
from qclone.compute._fewer_tails import fewer_tails
from qclone.compute._gates_text import append_gates, steps_of
from qclone.compute._limits import MAX_TAILS
from qclone.compute._program import Pad, Program, pad_of
from qclone.compute._server_part import ServerPart, parse
from qclone.compute._steps import CCZ, Reading, Rotation, Step

__all__ = [
    "CCZ",
    "Enacted",
    "MAX_TAILS",
    "Noise",
    "Pad",
    "Program",
    "Reading",
    "Rotation",
    "ServerPart",
    "Step",
    "append_gates",
    "enact",
    "fewer_tails",
    "pad_of",
    "parse",
    "steps_of",
]
