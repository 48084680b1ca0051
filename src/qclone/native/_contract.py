"""The contract that keeps a native circuit honest, checked by tableau."""

from __future__ import annotations

import stim

from qclone.errors import QcloneError
from qclone.native._native import NativeCircuit
from qclone.native._pairs import two_qubit_pairs
from qclone.native._register import ghz_inputs
from qclone.scheme import Role, Scheme


class ContractError(QcloneError):
    """A placed circuit does not do what its scheme says, or not where it may."""

    code = "contract"


def verify(
    native: NativeCircuit, scheme: Scheme, *, inputs: stim.Circuit | None = None, strict: bool = True
) -> None:
    """Check a placed circuit against its scheme; exact, by stabilisers.

    1. *prepare* couples the inputs with nothing but references, each other, and what carries no data.
    2. After *encrypt* the joint state of references, inputs, signal and noise qubits is the one of
       ``scheme.prepare`` and ``scheme.encrypt``, up to Pauli signs.
    3. *encrypt* has no two-qubit gate on a noise qubit, but on those that ``scheme.encrypt`` itself couples:
       a pad that is kept is such a qubit.
    4. *decrypt* has two-qubit gates only on the clone's wires, its key, and qubits that carry no data
       (not strict: also on other signal qubits, as wires).
    5. At the end the outputs hold what the inputs held, signs included: with references, each is in the
       Bell state (|00> + |11>)/sqrt2 with its output.

    Parameters
    ----------
    inputs : prepares the inputs' state on the scheme's wires, the references following the wires in
        number. If not given, one Bell pair of input and reference each, or without references a GHZ state.

    Raises
    ------
    ContractError : with the point that fails.
    """
    places = [native.roles[w.label] for w in scheme.wires] + list(native.references)
    _check_places(native, scheme, strict)
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(native.device.num_qubits)
    simulator.do(native.prepare + native.encrypt)
    if inputs is None:
        inputs = _bell_pairs(scheme) if native.references else ghz_inputs(scheme)
    for stabiliser in _stabilisers(inputs + scheme.prepare() + scheme.encrypt(), len(places)):
        value = simulator.peek_observable_expectation(_placed(stabiliser, places, native.device.num_qubits))
        _demand(value != 0, "the encrypted state is not the protocol's")
    simulator.do(native.decrypt)
    for wire, output in zip(scheme.indices(scheme.inputs), native.outputs, strict=True):
        places[wire] = output
    held = {*scheme.indices(scheme.inputs), *range(scheme.num_qubits, len(places))}
    for stabiliser in _stabilisers(inputs, len(places)):
        if held.issuperset(stabiliser.pauli_indices()):
            moved = _placed(stabiliser, places, native.device.num_qubits)
            value = simulator.peek_observable_expectation(moved)
            _demand(value == stabiliser.sign, "the outputs do not hold what the inputs held")


def _check_places(native: NativeCircuit, scheme: Scheme, strict: bool) -> None:
    at = {w.label: native.roles[w.label] for w in scheme.wires}
    roles: dict[Role, set[int]] = {role: set() for role in Role}
    for w in scheme.wires:
        roles[w.role].add(at[w.label])
    _demand(len(native.references) in (0, len(scheme.inputs)), "some inputs lack a reference")
    for a, b in two_qubit_pairs(native.prepare):
        early = {a, b} & roles[Role.INPUT] and {a, b} & (roles[Role.SIGNAL] | roles[Role.NOISE])
        _demand(not early, f"prepare couples an input with another wire (qubits {a}, {b})")
    kept = roles[Role.NOISE] - {at[scheme.wires[q].label] for q in _coupled(scheme.encrypt())}
    for a, b in two_qubit_pairs(native.encrypt):
        _demand(not {a, b} & kept, f"encrypt touches a noise qubit (qubits {a}, {b})")
    clone = scheme.clone(native.clone)
    data = set(native.roles.values()) - {at[label] for label in (*clone.wires, *clone.key)}
    forbidden = data if strict else data - roles[Role.SIGNAL]
    for a, b in two_qubit_pairs(native.decrypt):
        _demand(not {a, b} & forbidden, f"decrypt touches what it may not (qubits {a}, {b})")


def _coupled(circuit: stim.Circuit) -> set[int]:
    groups = [group for instruction in circuit.flattened() for group in instruction.target_groups()]
    return {target.value for group in groups if len(group) > 1 for target in group}


def _bell_pairs(scheme: Scheme) -> stim.Circuit:
    circuit = stim.Circuit()
    for k, wire in enumerate(scheme.indices(scheme.inputs)):
        circuit.append("H", [scheme.num_qubits + k])
        circuit.append("CX", [scheme.num_qubits + k, wire])
    return circuit


def _stabilisers(circuit: stim.Circuit, width: int) -> list[stim.PauliString]:
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(width)
    simulator.do(circuit)
    return simulator.canonical_stabilizers()


def _placed(pauli: stim.PauliString, places: list[int], width: int) -> stim.PauliString:
    moved = stim.PauliString(width)
    for index in pauli.pauli_indices():
        moved[places[index]] = pauli[index]
    return moved


def _demand(holds: bool, failure: str) -> None:
    if not holds:
        raise ContractError(f"This native circuit breaks its contract: {failure}.", "Please report it.")
