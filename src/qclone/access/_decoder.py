"""A circuit that recovers the input from any authorized set, on that set alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import stim

from qclone.access._many import supported_by_many
from qclone.access._ranks import Integers
from qclone.access._shrink import cheapest
from qclone.access._verdict import classify, logical_sign, parts_held, pauli_strings
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import BitRows, Composition, Role, Scheme, Sweep, place

_MAX_CLONES_TRIED = 4
_SHUFFLES, _MANY = 4, 100


@dataclass(frozen=True)
class Decoder:
    """A recovery that uses some wires only.

    Parameters
    ----------
    circuit : a Clifford circuit on the indices of the scheme.
    outputs : labels of the wires that hold the recovered inputs, in the order of ``Scheme.inputs``.
    """

    circuit: stim.Circuit
    outputs: tuple[str, ...]

    @property
    def num_two_qubit_gates(self) -> int:
        """Number of two-qubit gates."""
        return sum(len(g.target_groups()) for g in self.circuit if stim.gate_data(g.name).is_two_qubit_gate)


def decoder(scheme: Scheme, held: Iterable[str], output: str | Sequence[str] | None = None) -> Decoder:
    """Return a short Clifford circuit that recovers the input on a set of wires alone.

    Logical X and Z that act on the set alone are made small and moved onto one wire. For m wires acted on,
    t of them by anticommuting X and Z, that takes m - 1 + (t - 1)/2 two-qubit gates, which no circuit that
    moves the same operators beats: 3 for A with one complete pair, about 3 n / 2 for S_j with all N, where
    U_dec takes 2 n + 1. Unlike U_dec it does not give the other pairs back as Bell pairs.

    Parameters
    ----------
    scheme : a scheme of qubits.
    held : labels of the wires at hand.
    output : the wire (or one a logical qubit, in the order of ``scheme.inputs``) to recover on; by default
        wires that cost nothing extra, signal qubits before noise qubits.

    Raises
    ------
    NotRecoverableError : the set is not authorized: by the no-cloning theorem, what is outside of it knows
        something of the input.
    InvalidInputError : the output is not among the wires held.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> found = decoder(Canonical(4), ["S1", "S2", "S3", "S4", "N2"])
    >>> found.outputs, found.num_two_qubit_gates
    (('S1',), 6)
    """
    indices = tuple(sorted(set(scheme.indices(held))))
    outputs = _requested(scheme, indices, output)
    if (made_of := scheme.composition) is not None and (placed := made_of.side_by_side) is not None:
        return _decode_copies(scheme, made_of, placed, indices, outputs)
    found = supported_by_many(scheme, indices)
    if found.bits != 2 * len(scheme.inputs):
        raise _not_recoverable(scheme, indices)
    rows = found.operators.astype(np.uint8)
    if len(found.stabilizers):
        last = outputs or ()
        orders = ([*(w for w in order if w not in last), *last] for order in _orders(scheme, indices))
        rows = cheapest(rows, found.stabilizers.astype(np.uint8), orders)
    return _gather(scheme, rows, outputs)


def _gather(scheme: Scheme, rows: BitRows, outputs: tuple[int, ...] | None) -> Decoder:
    num_inputs = len(rows) // 2
    sweep, chosen = Sweep(rows), list(outputs or ())
    for qubit in range(num_inputs):
        if outputs is None:
            # What was moved before has left no trace on the outputs so far, so they are not full.
            chosen.append(
                min(sweep.full(qubit).tolist(), key=lambda w: (scheme.wires[w].role is Role.NOISE, w))
            )
        sweep.gather(qubit, chosen[qubit])
    circuit = sweep.circuit
    negative: dict[str, list[int]] = {"Z": [], "X": []}
    for row, operator in enumerate(pauli_strings(rows.astype(np.int64))):
        sign = logical_sign(scheme, operator) * int(np.real(operator.after(circuit).sign))
        if sign < 0:
            negative["Z" if row < num_inputs else "X"].append(chosen[row % num_inputs])
    for gate, wires in negative.items():
        if wires:
            circuit.append(gate, wires)
    return Decoder(circuit, tuple(scheme.wires[w].label for w in chosen))


def _decode_copies(
    scheme: Scheme,
    made_of: Composition,
    rows: Integers,
    held: tuple[int, ...],
    outputs: tuple[int, ...] | None,
) -> Decoder:
    """Copies know nothing of each other; alike ones share one circuit."""
    base, inputs = made_of.base, len(made_of.base.inputs)
    alike: dict[tuple[tuple[int, ...], tuple[int, ...] | None], list[int]] = {}
    for q, part in enumerate(parts_held(rows, held)):
        wanted = outputs[q * inputs : (q + 1) * inputs] if outputs else None
        asked = None
        if wanted:
            own = {wire: i for i, wire in enumerate(rows[q].tolist())}
            if not set(wanted) <= own.keys():
                raise InvalidInputError(
                    f"Qubit {q} cannot be recovered on a wire of another qubit.", "Choose a wire of its own."
                )
            asked = tuple(own[w] for w in wanted)
        alike.setdefault((part, asked), []).append(q)
    circuit = stim.Circuit()
    outputs_of: list[tuple[int, ...]] = [()] * len(rows)
    names = [w.label for w in base.wires]
    for (here, asked), copies in alike.items():
        try:
            one = decoder(base, [names[w] for w in here], [names[w] for w in asked] if asked else None)
        except NotRecoverableError:
            raise _not_recoverable(scheme, held) from None
        circuit += place(one.circuit, rows[copies])
        recovered = list(base.indices(one.outputs))
        for q in copies:
            outputs_of[q] = tuple(rows[q, recovered].tolist())
    return Decoder(circuit, tuple(scheme.wires[w].label for each in outputs_of for w in each))


def _requested(
    scheme: Scheme, held: tuple[int, ...], output: str | Sequence[str] | None
) -> tuple[int, ...] | None:
    if output is None:
        return None
    outputs = scheme.indices([output] if isinstance(output, str) else output)
    if len(set(outputs)) != len(scheme.inputs) or not set(outputs) <= set(held):
        raise InvalidInputError(
            f"{' '.join(scheme.wires[w].label for w in outputs)} cannot be the output: outputs are wires "
            f"that are held, a different one for each of {len(scheme.inputs)} inputs.",
            "Name one wire of the set for each input.",
        )
    return outputs


def _not_recoverable(scheme: Scheme, held: tuple[int, ...]) -> NotRecoverableError:
    verdict = classify(scheme, [scheme.wires[w].label for w in held])
    known = f"{verdict.bits} of {2 * verdict.num_inputs} bits" if verdict.bits else "nothing"
    listed = " ".join(verdict.held) if len(verdict.held) <= 12 else f"{len(verdict.held)} wires"
    return NotRecoverableError(
        f"The set of {listed or 'no wires'} knows {known} about the input of {scheme}: it recovers nothing.",
        "`minimal_sets` lists the smallest sets that do.",
    )


def _orders(scheme: Scheme, held: tuple[int, ...]) -> Iterator[list[int]]:
    """Orders in which to drop wires; what comes last is what the decoder will use."""
    present, backwards = set(held), held[::-1]
    if scheme.alike is not None:
        # A with one complete pair is smallest; the other minimal sets all have n + 1 wires.
        n = scheme.alike.num_pairs
        pairs = ({0, i, i + n} for i in range(1, n + 1))
        used = next((three for three in pairs if three <= present), set())
        yield [*(w for w in backwards if w not in used), *(w for w in backwards if w in used)]
        return
    for label in scheme.clones[:_MAX_CLONES_TRIED]:
        clone = scheme.clone(label)
        used = set(scheme.indices(clone.wires + clone.key))
        if used <= present:
            yield [*(w for w in backwards if w not in used), *(w for w in backwards if w in used)]
    yield list(held)
    yield list(backwards)
    generator = np.random.default_rng(0)
    for _ in range(_SHUFFLES if len(held) <= _MANY else 0):
        yield generator.permutation(held).tolist()
