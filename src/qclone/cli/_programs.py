"""What commands that compute share: reading a program, values of its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

MAX_BYTES = 16 << 20


def read_program(file: Path) -> QuantumCircuit:
    """Return the circuit in an OpenQASM or QPY file; parameters may be free.

    Raises
    ------
    InvalidInputError : there is no such file, it is too large, or no circuit.
    """
    from qiskit import qasm2, qasm3, qpy

    try:
        if file.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"{file} is larger than 16 MiB.", "Run a smaller program.")
        if file.suffix == ".qpy":
            with file.open("rb") as data:
                return qpy.load(data)[0]
        text = file.read_text()
        if "OPENQASM 2" in text:
            return qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
        return qasm3.loads(text)
    except InvalidInputError:
        raise
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}.", "Name a program.") from None
    except Exception as error:  # three readers, each with exceptions of its own
        said = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInputError(
            f"{file} is no program: {said[:200]}.", "Write OpenQASM 2 or 3, or QPY."
        ) from None


def values_of(given: tuple[str, ...]) -> dict[str, float]:
    """Return the values in options such as ``theta=0.3``; raises InvalidInputError."""
    found: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name in found:
            raise InvalidInputError(f"--set gives {name} twice.", "Give one value for each parameter.")
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = math.nan
        if not name or not math.isfinite(found[name]):
            raise InvalidInputError(f"--set {text} sets nothing.", "Write for example --set theta=0.3")
    return found


def set_option(run: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--set`; the command receives numbers by name as `values`."""

    def read(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
        return values_of(given)

    return click.option(
        "--set",
        "values",
        multiple=True,
        metavar="NAME=VALUE",
        callback=read,
        help="Value of a free parameter of what was run, in radians.",
    )(run)
