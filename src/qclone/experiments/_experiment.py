"""An experiment is a list of rows; a row is a circuit, what is measured, and the published value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from qiskit import QuantumCircuit

from qclone.estimate import (
    CLASSICAL_CHSH,
    WITNESS,
    approximate_cloning_chsh,
    approximate_cloning_fidelity,
    noise_floor,
)
from qclone.experiments._measurement import Measurement
from qclone.experiments._published import Published
from qclone.experiments._registry import register
from qclone.scheme import Scheme

if TYPE_CHECKING:
    from qclone.experiments._drawing import Drawing

Parameters = Mapping[str, int | str]


@dataclass(frozen=True)
class Bounds:
    """What a result stands beside.

    Parameters
    ----------
    threshold : entanglement is proved above 1/2, local hidden variables are ruled out above 2.
    floor : of the maximally mixed state.
    approximate_cloning : of the best universal cloner with as many copies; None where there is none.
    """

    threshold: float
    floor: float
    approximate_cloning: float | None


def fidelity_bounds(copies: int | None, num_qubits: int = 2) -> Bounds:
    """Return the bounds of a fidelity with a Bell or GHZ state."""
    cloner = None if copies is None else approximate_cloning_fidelity(copies)
    return Bounds(WITNESS, noise_floor(num_qubits), cloner)


def chsh_bounds(copies: int | None) -> Bounds:
    """Return the bounds of the CHSH parameter."""
    cloner = None if copies is None else approximate_cloning_chsh(copies)
    return Bounds(CLASSICAL_CHSH, 0.0, cloner)


@dataclass(frozen=True)
class Row:
    """One measured value: what is run, what is measured, what was published.

    Parameters
    ----------
    experiment : its name.
    parameters : what tells this row from the others: ``n``, ``l``, ``r``, ``method``, ...
    scheme, clone : what is cloned with, and which clone is decrypted; None for none.
    body : makes the circuit before routing; it measures Z into every bit.
    measurement : settings and analysis.
    bounds : what the result stands beside.
    published : the published result, if there is one.
    stages_only : whether the body is the scheme's three stages on one input or on a GHZ state, and a
        measurement of all ends together, so that a circuit built for a lattice can take its place.
    placement : options of how the circuit gets onto the device, for this row alone: ``device``, ``seed``,
        ``option``.
    """

    experiment: str
    parameters: Parameters
    scheme: Scheme
    clone: str | None
    body: Callable[[], QuantumCircuit]
    measurement: Measurement
    bounds: Bounds
    published: Published | None = None
    stages_only: bool = False
    placement: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment(ABC):
    """An experiment; subclasses are frozen dataclasses that know their rows.

    Circuits are built by `rows`, run by `qclone.experiments.run`, analysed by each row's measurement: data
    that were stored can be analysed again without running anything. One file makes an experiment: naming a
    subclass registers it, and command line, report, figures and sweeps find it in the registry; see
    `experiment_named`.

    Parameters
    ----------
    name : by which it is asked for.
    title : heading of its table in the report.
    about : one line of help.
    rank : its place among the others in tables and figures.
    fidelity_tables : published tables of fidelities that its rows are compared with.
    drawings : its figures.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str] = ""
    rank: ClassVar[int] = 100
    fidelity_tables: ClassVar[tuple[str, ...]] = ()
    drawings: ClassVar[tuple[Drawing, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in vars(cls):
            register(cls)

    @abstractmethod
    def rows(self) -> list[Row]:
        """Return what is measured."""

    @classmethod
    def in_budget(cls, parameters: Parameters) -> bool:
        """Whether the report says what each noise rule costs a row."""
        return True
