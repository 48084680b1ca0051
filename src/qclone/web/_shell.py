"""Words of the commands that the page shows: as a shell reads them, whatever is in a name."""

from __future__ import annotations

import os
import re
import shlex

_SAID = re.compile(r"\w+:")


def quoted(text: str) -> str:
    """Return a word that a shell reads as this text; what is not printed is written as its bytes.

    Who copies a command with the name of a file in it pastes what he has seen: no escape sequence, and
    nothing that turns the direction of writing.

    >>> quoted("bell.qasm"), quoted("my bell.qasm"), quoted("a\\x1b[201~'b")
    ('bell.qasm', "'my bell.qasm'", "$'a\\\\x1b[201~\\\\'b'")
    """
    if all(c.isprintable() or c == "\n" for c in text):
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def quoted_file(name: str) -> str:
    """Return the same for a file in the folder at hand, which is no option and no sample, whatever its name.

    >>> quoted_file("bell.qasm"), quoted_file("--help"), quoted_file("example:bell")
    ('bell.qasm', './--help', './example:bell')
    """
    return quoted(f"./{name}" if name.startswith("-") or _SAID.match(name) else name)


def _escaped(c: str) -> str:
    if c in "'\\":
        return f"\\{c}"
    return c if c.isprintable() else "".join(f"\\x{byte:02x}" for byte in os.fsencode(c))
