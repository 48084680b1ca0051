"""Pictures of circuits, by Qiskit's drawer."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING

from qiskit import QuantumCircuit

from qclone.errors import InvalidInputError, MissingPackageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Wider pictures cannot be read, and take minutes.
MAX_QUBITS = 60
# Layers in a row before the drawing goes on in the next.
_FOLD = 60
_INK, _ONE_QUBIT, _PHASE, _TWO_QUBIT = "#1f2933", "#f2c14e", "#8ecae6", "#1d5c8f"
_STYLE = {
    "name": "iqp",
    "displaycolor": {
        **dict.fromkeys(("h", "sx", "sxdg", "x", "y", "z", "id"), (_ONE_QUBIT, _INK)),
        **dict.fromkeys(("s", "sdg"), (_PHASE, _INK)),
        **dict.fromkeys(("cx", "cz", "rzz", "swap"), (_TWO_QUBIT, "#ffffff")),
    },
}


def draw(circuit: QuantumCircuit, title: str = "") -> Figure:
    """Return the circuit as a matplotlib figure; barriers carry the names of the stages.

    Raises
    ------
    MissingPackageError : matplotlib or pylatexenc is not installed.
    InvalidInputError : more than 60 qubits, which no one could read.

    Example
    -------
    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1)
    >>> png(draw(bell, title="A Bell pair"))[1:4]
    b'PNG'
    """
    check_drawable(circuit.num_qubits)
    for package in ("matplotlib", "pylatexenc"):
        try:
            importlib.import_module(package)
        except ImportError:
            raise MissingPackageError(package, "plot") from None
    figure = _with_links(circuit).draw("mpl", fold=_FOLD, style=_STYLE, scale=0.8)
    if title:
        figure.axes[0].set_title(title, loc="left", fontsize=11, color=_INK)
    return figure


def draw_text(circuit: QuantumCircuit) -> str:
    """Return the circuit drawn in characters, unfolded.

    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1)
    >>> print(draw_text(bell))
         ┌───┐
    q_0: ┤ H ├──■──
         └───┘┌─┴─┐
    q_1: ─────┤ X ├
              └───┘
    """
    check_drawable(circuit.num_qubits)
    drawn = str(_with_links(circuit).draw("text", fold=-1))
    return "\n".join(line.rstrip() for line in drawn.splitlines())


def check_drawable(num_qubits: int) -> None:
    """Raise InvalidInputError if a circuit of so many qubits has no readable picture."""
    if num_qubits > MAX_QUBITS:
        raise InvalidInputError(
            f"A drawing of {num_qubits} qubits cannot be read.",
            f"Draw at most {MAX_QUBITS} qubits, or choose another format.",
        )


def _with_links(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return RXX as RZZ between Hadamards: a link, where Qiskit draws a box over all wires between."""
    drawn = circuit.copy_empty_like()
    drawn.global_phase = 0
    for instruction in circuit.data:
        if instruction.operation.name == "rxx":
            drawn.h(instruction.qubits)
            drawn.rzz(*instruction.operation.params, *instruction.qubits)
            drawn.h(instruction.qubits)
        else:
            drawn.append(instruction)
    return drawn


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150, bbox_inches="tight")
    return stream.getvalue()
