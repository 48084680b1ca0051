"""The best known native circuit of a scheme on a device."""

from __future__ import annotations

from qclone.device import Device, load_device
from qclone.errors import InvalidInputError
from qclone.native._catalog import Aim
from qclone.native._direct import direct, is_all_to_all
from qclone.native._families import can_be_laid_out, circuit_of, is_register, known_clone, known_draft
from qclone.native._native import NativeCircuit
from qclone.scheme import Scheme


def build(
    scheme: Scheme, device: Device | str, clone: str | None = None, *, aim: Aim = "fidelity"
) -> NativeCircuit:
    """Return a placed circuit of a scheme that keeps the strict contract; see `verify`.

    Parameters
    ----------
    scheme : canonical, iterated (virtual or full), or a register in parallel, whose inputs are put into a
        GHZ state instead of being entangled with references.
    device : the processor, or its name.
    clone : label of the clone to decrypt; if not given the one that ships, else the first.
    aim : "fidelity", the best on the device's twin, or "layers", the shallowest known.

    Raises
    ------
    InvalidInputError : the device has no room for the scheme, or no circuit is known or found for it.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> native = build(Canonical(2), "kingston")
    >>> native.cost.layers, native.cost.gates
    (11, 13)
    """
    device = load_device(device) if isinstance(device, str) else device
    scheme = scheme.synthesized("pair_tree")  # how its own circuits are built is of no matter here
    made_of = scheme.composition
    if made_of is not None and made_of.base.wires == scheme.wires and not is_register(scheme):
        return build(made_of.base, device, clone, aim=aim)  # cloned again no time
    clone = default_clone(scheme, device, aim) if clone is None else clone
    scheme.clone(clone)
    own = is_all_to_all(device)
    references = 0 if is_register(scheme) and not own else len(scheme.inputs)
    needed, room = scheme.num_qubits + references, len(device.connected_qubits)
    if needed > room:
        raise InvalidInputError(
            f"{device.name} is too small: {scheme}{' with its reference' * bool(references)} needs {needed} "
            f"qubits that couplers connect, and there are {room}.",
            "Take fewer clones or a larger device.",
        )
    if own:
        return direct(scheme, device, clone)
    if (found := known_draft(scheme, device, clone, aim)) is not None:
        return circuit_of(found, scheme, device, clone)
    raise InvalidInputError(
        f"No native circuit of {scheme} is known for {device.name}, decrypting {clone}.",
        "Search one with search.find or qclone circuit --native --search SECONDS."
        if can_be_laid_out(scheme)
        else "Route the scheme's own circuit with simulate.route.",
    )


def default_clone(scheme: Scheme, device: Device, aim: Aim = "fidelity") -> str:
    """Return the clone that the best shipped circuit of a scheme decrypts; its first if none ships.

    >>> from qclone.scheme import Canonical, Iterated
    >>> default_clone(Iterated.virtual(Canonical(2), 2), load_device("kingston"))
    'S1/S1/S1'
    """
    return known_clone(scheme, device, aim) or scheme.clones[0]
