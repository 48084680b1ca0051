"""How to get back what a server has computed, or a register whose key has been narrowed or committed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import stim

from qclone.access import KeyMeasurement, key_measurement, key_paulis
from qclone.compute import Program
from qclone.errors import InvalidInputError, NotRecoverableError, QcloneError
from qclone.scheme import Parallel, from_spec
from qclone.store._manifest import KeyState, Manifest
from qclone.store._order import Finish, Order
from qclone.store._protocols import SiteState
from qclone.store._recovery import Holdings, plan_recovery
from qclone.store._uses import Run, Uses

Planned = tuple[str, Order, dict[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Wish:
    """What somebody wants back.

    Parameters
    ----------
    server : whose clone; None for any.
    correct : with checks.
    values : of the free parameters of what was run.
    stays : the result stays at the server.
    """

    server: str | None = None
    correct: bool = False
    values: Mapping[str, float] = field(default_factory=dict)
    stays: bool = False


def target_of(holdings: Holdings, wish: Wish) -> str | None:
    """Return the server whose result is wanted; None if nothing but the register itself can be.

    Raises
    ------
    InvalidInputError : several servers have computed, and it is not said which; or one to which the key was
        not committed.
    """
    manifest, uses = holdings.manifest, holdings.manifest.uses
    if (committed := manifest.committed_to) is not None:
        if wish.server not in (None, committed):
            raise InvalidInputError(
                f"The key of {manifest.object_id} was committed to {committed}.",
                f"Recover what it has: --from {committed}",
            )
        return committed
    if wish.server is None and uses.runs:
        ran = ", ".join(run.server for run in uses.runs)
        raise InvalidInputError(
            f"{ran} computed on clones of {manifest.object_id}: what comes back depends on whose is used.",
            f"Say whose: --from {uses.runs[0].server}",
        )
    return wish.server


def label_at(holdings: Holdings, server: str) -> str:
    """Return the clone of a server that programs run on and keys are committed to.

    Raises
    ------
    InvalidInputError : it was given none. NotRecoverableError : it was given up.
    """
    manifest = holdings.manifest
    labels = [label for label, holder in manifest.clones.items() if holder == server]
    if not labels:
        raise InvalidInputError(
            f"{server} was given no clone of {manifest.object_id}.",
            f"Its clones went to {', '.join(manifest.servers[:8])}.",
        )
    kept = [label for label in labels if manifest.uses.keeps(label)]
    if not kept:
        raise NotRecoverableError(
            f"Clone {labels[0]} at {server} was given up when the key of {manifest.object_id} was narrowed.",
            "See what was kept with: qclone show",
        )
    return kept[0]


def any_kept(holdings: Holdings) -> str:
    """Return a server whose clone was kept and is within reach, the first of all kept if none is."""
    manifest = holdings.manifest
    kept = [label for label in manifest.clones if manifest.uses.keeps(label)]
    return manifest.clones[next((label for label in kept if _is_within_reach(holdings, label)), kept[0])]


def clone_to_use(holdings: Holdings, server: str) -> str:
    """Return the clone of a server that its program ran on, or its key was committed to; else a whole one."""
    manifest, label = holdings.manifest, label_at(holdings, server)
    if (run := manifest.uses.run_at(server)) is not None:
        return run.clone
    if manifest.committed_to is not None:
        return label
    kept = [one for one, at in manifest.clones.items() if at == server and manifest.uses.keeps(one)]
    return next((one for one in kept if _is_within_reach(holdings, one)), label)


def _is_within_reach(holdings: Holdings, label: str) -> bool:
    here = holdings.at_client | holdings.reachable_at(holdings.manifest.clones[label])
    return here.issuperset(holdings.scheme.indices(holdings.scheme.clone(label).wires))


def as_measured(holdings: Holdings) -> Holdings:
    """Return the same with uses that say what has been measured, of a narrowing that was only written down.

    Whoever narrowed has died. What a narrowing gives up is not given up before noise qubits are measured, and
    pairs that are all here were not.
    """
    manifest, scheme = holdings.manifest, holdings.scheme
    uses, size = uncommitted(manifest), scheme.base.num_qubits
    if uses.narrowed:
        return replace(holdings, manifest=replace(manifest, uses=uses))
    read = tuple(
        pair
        for pair in uses.pairs
        if not holdings.at_client.issuperset(q * size + wire for q in range(scheme.copies) for wire in pair)
    )
    return replace(holdings, manifest=replace(manifest, uses=with_pairs(manifest, read)))


def with_pairs(manifest: Manifest, read: tuple[tuple[int, int], ...]) -> Uses:
    """Return the uses of an object whose key was narrowed by pairs of noise wires, and by no others."""
    scheme = from_spec(manifest.scheme, kind=Parallel).base
    n = scheme.num_qubits // 2
    gone = {scheme.wires[wire - n].label for pair in read for wire in pair}
    kept = tuple(label for label in manifest.clones if label not in gone) if read else None
    return replace(manifest.uses, kept=kept, pairs=read, narrowed=True)


def uncommitted(manifest: Manifest) -> Uses:
    """Return the uses of an object without a commitment that came to nothing: the key is still sealed."""
    uses = manifest.uses
    if uses.committed is None or manifest.key.state is not KeyState.SEALED:
        return uses
    return replace(with_pairs(manifest, uses.pairs) if uses.narrowed else uses, committed=None)


def early_pairs(holdings: Holdings) -> tuple[tuple[int, int], ...]:
    """Return the pairs of noise wires that were measured when the key was narrowed, of all copies."""
    scheme = holdings.scheme
    size = scheme.base.num_qubits
    return tuple(
        (q * size + c, q * size + d) for q in range(scheme.copies) for c, d in holdings.manifest.uses.pairs
    )


def measurement(holdings: Holdings, label: str) -> KeyMeasurement:
    """Return how to read what is left of the key of a clone, after checking that the client has it."""
    found = key_measurement(holdings.scheme, label, early_pairs(holdings))
    late = found.measured[found.before :]
    if holdings.manifest.committed_to is None and not holdings.at_client.issuperset(late):
        missing = [holdings.scheme.wires[w].label for w in late if w not in holdings.at_client]
        raise NotRecoverableError(
            f"The key of {holdings.manifest.object_id} cannot be read: missing is {', '.join(missing[:6])}.",
            "Recover without what was computed, from a server that ran nothing.",
        )
    return found


def without_computed(holdings: Holdings) -> Holdings:
    """Return what is left for an ordinary recovery: no clone that a program ran on."""
    scheme = holdings.scheme
    touched = set[int]()
    for run in holdings.manifest.uses.runs:
        touched.update(run.tail_wires, scheme.indices(scheme.clone(run.clone).wires))
    if not touched:
        return holdings
    where = {
        site: tuple(wire for wire in wires if wire not in touched)
        for site, wires in holdings.whereabouts.items()
    }
    return replace(holdings, whereabouts={site: wires for site, wires in where.items() if wires})


def program_of(run: Run | None, kept: Program | None, qubits: int, values: Mapping[str, float]) -> Program:
    """Return what a server has run, with all parameters set.

    Raises
    ------
    NotRecoverableError : this client does not know the program. InvalidInputError : parameters.
    """
    if run is None:
        return Program(qubits, ()).bind(values)
    if not run.done:
        raise InvalidInputError(
            f"{run.server} was asked to run a program and has not said that it is done.",
            f"Ask again with the same program: qclone run ... --on {run.server}",
        )
    if kept is None:
        raise NotRecoverableError(
            f"The keyring here does not know what {run.server} has run.",
            "Use the keyring of the client that asked for it.",
        )
    program = kept.bind(values)
    if program.parameters:
        names = ", ".join(program.parameters)
        raise InvalidInputError(
            f"The program that {run.server} ran has free parameters: {names}.",
            " ".join(f"--set {name}=VALUE" for name in program.parameters),
        )
    return program


def computed_plan(holdings: Holdings, server: str, program: Program, stays: bool) -> Planned:
    """Return who, what the fabric is to do, and what to fetch, to finish what a server has.

    Raises
    ------
    NotRecoverableError : the clone, a tail or a part of the key is out of reach.
    """
    manifest, scheme, label = holdings.manifest, holdings.scheme, clone_to_use(holdings, server)
    run = manifest.uses.run_at(server)
    key = key_paulis(scheme, label)
    read = measurement(holdings, label)
    clone, tails = set(key.wires), set(run.tail_wires if run else ())
    at_server = holdings.reachable_at(server)
    wanted = (tails if stays else clone | tails) - holdings.at_client
    missing = (wanted - at_server) | (clone - at_server if stays else set())
    if missing:
        remedy = "Recover from another server."
        if holdings.sites.get(server) is SiteState.DOWN:
            remedy = f"Bring it back with: qclone server heal {server}"
        elif manifest.committed_to is not None:
            remedy = f"Nothing else is left: its key is bits that fit the clone of {server} alone."
        raise NotRecoverableError(_missing(holdings, server, missing & clone, missing & tails), remedy)
    # Who committed may have died before the key was read.
    late = read.measured[read.before :]
    are_bits = not holdings.at_client.issuperset(late)
    circuit = stim.Circuit() if run else key.public.inverse()
    if not are_bits:
        circuit += read.circuit
    order = Order(
        circuit=str(circuit),
        outputs=key.wires,
        measured=() if are_bits else late,
        finish=Finish(
            site=server if run else "",
            wires=key.wires,
            program=program.text,
            rules=tuple((constant, tuple(read.measured[i] for i in which)) for constant, which in read.rules),
        ),
        at=server if stays else "",
    )
    return server, order, {server: tuple(sorted(wanted))} if wanted else {}


def recoverable_from(holdings: Holdings) -> tuple[str, ...]:
    """Return the servers from which something can be recovered now, of an object that was used."""
    holdings = as_measured(holdings)
    found, manifest = [], holdings.manifest
    for server in manifest.servers:
        with suppress(QcloneError):
            if target_of(holdings, Wish(server)) != server:
                continue
            run = manifest.uses.run_at(server)
            if run is not None and not run.done:
                continue
            if run is not None or manifest.uses.kept is not None or manifest.committed_to is not None:
                computed_plan(holdings, server, Program(manifest.qubits, ()), False)
            else:
                plan_recovery(without_computed(holdings), server)
            found.append(server)
    return tuple(found)


def _missing(holdings: Holdings, server: str, clone: set[int], tails: set[int]) -> str:
    state = holdings.sites.get(server)
    if clone or state != "up":
        where = "with the client already" if clone <= holdings.at_client and clone else f"{server} is {state}"
        return f"The clone of {holdings.manifest.object_id} at {server} is out of reach: {where}."
    return (
        f"{len(tails)} of the qubits that come back from {server} were lost: its result is dephased for good."
    )


def undone_plan(planned: Planned, text: str, program: Program) -> Planned:
    """Return a recovery from a clone on which a Clifford program ran: undo it, decrypt, do it again."""
    who, order, fetch = planned
    undo = stim.Circuit(text).inverse()
    return who, replace(order, circuit="\n".join((str(undo), order.circuit)), then=program.text), fetch


def served_text(scheme: Parallel, run: Run, program: Program) -> str:
    """Return what a server did to its clone, F^-1 and the program, as stim text."""
    part = program.server(scheme, run.clone, run.first_tail)
    return f"{part.public}\n{part.text}"
