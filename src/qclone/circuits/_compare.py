"""How far two files say the same state, both read another way than registers are."""

from __future__ import annotations

import warnings
from typing import TypeVar

from qclone.circuits._blocks import Calls, same_product
from qclone.circuits._file import READER_FAILURES, say
from qclone.circuits._second_reading import Read, read_again
from qclone.circuits._states import Amplitudes, OutOfReachError, Stabilisers, State
from qclone.errors import QcloneError

_SAME = 1e-9


class Compared(float):
    """A fidelity, and how it was found.

    >>> Compared(1.0, "by amplitudes") == 1, Compared(1.0, "by amplitudes").how
    (True, 'by amplitudes')
    """

    how: str

    def __new__(cls, fidelity: float, how: str = "") -> Compared:
        made = super().__new__(cls, fidelity)
        made.how = how
        return made


def compare(source: bytes, delivered: bytes) -> Compared:
    """Return |<a|b>|^2 of what two files (OpenQASM or QPY) say, neither read as registers are read.

    Raises
    ------
    OutOfReachError : neither amplitudes nor stabilisers nor calls tell; the text says why.

    Example
    -------
    >>> plus = b'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; h q[0];'
    >>> round(compare(plus, b'OPENQASM 3.0; qubit q;'), 12)
    0.5
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _by_amplitudes(source, delivered)
        except OutOfReachError as error:
            why = error
        for way in (_by_stabilisers, _by_calls):
            try:
                return way(source, delivered)
            except OutOfReachError as error:
                why = OutOfReachError(f"{why}; {error}")
        raise why


def _by_amplitudes(source: bytes, delivered: bytes) -> Compared:
    a, b = Amplitudes(), Amplitudes()
    read = _read(source, a)
    _read_other(delivered, b, a)
    return _told(a, b, read, f"in 2^{a.num_qubits} amplitudes")


def _by_stabilisers(source: bytes, delivered: bytes) -> Compared:
    a, b = Stabilisers(), Stabilisers()
    read = _read(source, a)
    _read_other(delivered, b, a)
    return _told(a, b, read, f"in the stabilisers of {a.num_qubits} qubits")


def _by_calls(source: bytes, delivered: bytes) -> Compared:
    a, b = Calls(), Calls()
    read = _read(source, a)
    _read_other(delivered, b, a)
    fidelity = float(same_product(a, b))
    shared = f"; {_SHARED}" if read.shared else ""
    return Compared(
        fidelity, f"with the file, read by {read.by}, call by call as products of matrices{shared}"
    )


_SHARED = "what it computes, such as loops and arithmetic, was run by the code that reads registers"
_Whole = TypeVar("_Whole", Amplitudes, Stabilisers)


def _told(a: _Whole, b: _Whole, read: Read, way: str) -> Compared:
    """Return the fidelity, and the lower one if another library runs the file's statements otherwise."""
    how = f"with the file, read by {read.by}, {way}"
    fidelity = a.overlap(b)
    if not read.shared:
        return Compared(fidelity, how)
    elsewhere = None if read.elsewhere is None else _elsewhere(read.elsewhere, b)
    if elsewhere is None:
        return Compared(fidelity, f"{how}; {_SHARED}")
    if abs(elsewhere - fidelity) < _SAME:
        return Compared(
            fidelity, f"{how}; what it computes, such as loops and arithmetic, was also run by pyqasm"
        )
    says = (
        f"pyqasm runs what it computes otherwise: {elsewhere:.9g} by its reading, {fidelity:.9g} by qclone's"
    )
    return Compared(min(fidelity, elsewhere), f"{how}; {says}")


def _elsewhere(text: str, delivered: _Whole) -> float | None:
    state = type(delivered)()
    try:
        _read(text.encode(), state)
        return state.overlap(delivered) if state.num_qubits == delivered.num_qubits else None
    except OutOfReachError:
        return None


def _read_other(content: bytes, state: State, first: State) -> None:
    _read(content, state)
    if state.num_qubits != first.num_qubits:
        raise OutOfReachError("the registers differ in size")


def _read(content: bytes, state: State) -> Read:
    try:
        return read_again(content, state)
    except QcloneError as error:
        raise OutOfReachError(f"the second reading stops: {error.message}") from None
    except READER_FAILURES as error:
        raise OutOfReachError(f"the second reading stops: {say(error)}") from None
