"""Registers that ship with qclone, for whoever has none at hand."""

from __future__ import annotations

from importlib import resources

from qclone.circuits._register import Register, from_bytes
from qclone.errors import InvalidInputError

_FOLDER = resources.files("qclone.circuits") / "registers"


def examples() -> tuple[str, ...]:
    """Return the names of the registers that ship, from QASMBench; their licence is beside them.

    >>> examples()
    ('qft_n4', 'toffoli_n3', 'wstate_n3')
    """
    return tuple(sorted(file.name[:-5] for file in _FOLDER.iterdir() if file.name.endswith(".qasm")))


def example(name: str) -> Register:
    """Return a register that ships.

    Raises
    ------
    InvalidInputError : there is none of that name.

    Example
    -------
    >>> abs(example("wstate_n3").state_vector[[1, 2, 4]]).round(3).tolist()
    [0.577, 0.577, 0.577]
    """
    if name not in examples():
        raise InvalidInputError(
            f"No register {name!r} ships.", f"There are {', '.join(f'example:{one}' for one in examples())}."
        )
    return from_bytes((_FOLDER / f"{name}.qasm").read_bytes(), f"{name}.qasm")
