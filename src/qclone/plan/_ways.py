"""Ways to store a qubit on the same hardware, each computed exactly: encrypted cloning and the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Literal, Protocol

import stim

from qclone.access import classify
from qclone.plan._corrected import corrected_recovery
from qclone.plan._four_qubits import FourQubits
from qclone.plan._scenario import Scenario
from qclone.scheme import Canonical, Iterated, Scheme
from qclone.simulate import entanglement_fidelity

MIXED = 1 / 4
"""Entanglement fidelity of a maximally mixed output: what is left when nothing can be recovered."""
Source = Literal["discard", "client", "server"]
_CORRECTED = 4
"""The most clones whose checks are all used: what comes after is out of reach of exact correction."""


class Evaluate(Protocol):
    """(probability that the losses leave an authorized set, mean entanglement fidelity) of a way."""

    def __call__(self, scenario: Scenario) -> tuple[float, float]: ...


@dataclass(frozen=True)
class Way:
    """One way to store a qubit.

    Parameters
    ----------
    name : as in the first column of a plan; of ways with the same name only the best is listed.
    meaning : what is done, in a few words.
    is_cloning : whether it is encrypted cloning.
    num_qubits : qubits stored, at servers and client together.
    server_bits : what all servers together hold, as mutual information: 0 nothing, 2 the state itself.
    evaluate : how it does.
    """

    name: str
    meaning: str
    is_cloning: bool
    num_qubits: int
    server_bits: float
    evaluate: Evaluate


def ways(servers: int) -> Iterator[Way]:
    """Yield every way that a number of servers allows, the plainest first.

    Clones go round robin, as `put` deals them: the next even n fills the servers; A is discarded, kept by
    the client, or on a server of its own. A code's wires are at servers, one a server, or kept by the
    client: all of them, some, or none.
    """
    yield Way("keep", "the qubit stays at the client", False, 1, 0, partial(_bare, False))
    yield Way("one server", "sent to a server and back", False, 1, 2, partial(_bare, True))
    if servers >= 5:
        yield _code("threshold", "((3,5)) secret sharing, three shares back", Canonical(2), shares=3)
    yield from _split("four-qubit code", "[[4,1,2]]", FourQubits(), servers)
    yield from _split("five-qubit code", "[[5,1,3]]", Canonical(2), servers)
    yield from _split("seven-wire code", "all wires of n = 3", Canonical(3), servers)
    yield from _split("nine-wire code", "all wires of n = 4", Canonical(4), servers)
    if servers >= 2:
        yield from _cloning(servers)
    if servers >= 8:
        yield _iterated(with_source=False)
    if servers >= 9:
        yield _iterated(with_source=True)


def _bare(travels: bool, scenario: Scenario) -> tuple[float, float]:
    """One qubit as it is: qubit 1, its reference qubit 0."""
    link = scenario.link([1]) if travels else stim.Circuit()
    circuit = stim.Circuit("H 0\nCX 0 1") + link + scenario.memory([1]) + link
    back = 1 - (scenario.wire_loss if travels else scenario.client_loss)
    return back, mean(back, entanglement_fidelity(circuit, 0, 1))


def _split(name: str, meaning: str, scheme: Scheme, servers: int) -> Iterator[Way]:
    """Yield a code with so many of its wires at servers as there are, and with fewer.

    Wires are kept in two orders: those of the key first, or pair by pair. What is a way of cloning, S at
    servers and the key at the client, is left to that.
    """
    labels = [wire.label for wire in scheme.wires]
    cloning: list[set[str]] = []
    orders = [labels]
    if scheme.alike is not None:
        n = scheme.alike.num_pairs
        key, clones = [f"N{i}" for i in range(1, n + 1)], [f"S{i}" for i in range(1, n + 1)]
        pairs = [label for pair in zip(clones, key, strict=True) for label in pair]
        orders = [[*key, "A", *clones], [*pairs, "A"]]
        cloning = [set(key), {*key, "A"}] if n % 2 == 0 else []
        if n == 2:  # all wires of the five-qubit code are alike
            cloning = [set(order[:kept]) for order in orders for kept in (2, 3)]
    splits = [order[:kept] for order in orders for kept in range(len(labels) + 1)]
    for kept in map(set, splits):
        if len(labels) - len(kept) <= servers and kept not in cloning:
            yield _code(name, meaning, scheme, frozenset(kept))


def _code(
    name: str, meaning: str, scheme: Scheme, kept: frozenset[str] = frozenset(), shares: int | None = None
) -> Way:
    at = [wire.label for wire in scheme.wires if wire.label not in kept]
    bits = classify(scheme, at).bits
    if kept:
        where = f"{len(kept)} of {scheme.num_qubits} wires kept" if at else "kept by the client"
        meaning = f"{meaning}, {where}"
    if shares is None:
        meaning = f"{meaning}, corrected"

    def evaluate(scenario: Scenario) -> tuple[float, float]:
        return corrected_recovery(scheme, at, scenario, shares=shares)

    return Way(name if bits else f"{name}, private", meaning, False, scheme.num_qubits, bits, evaluate)


def _cloning(servers: int) -> Iterator[Way]:
    filling = servers + servers % 2
    for n in sorted({2, 4, filling}):
        if n <= servers or n == filling:
            yield from _cloned(n, "discard", servers, filling)
            yield from _cloned(n, "client", servers, filling)
    alone = (servers - 1) // 2 * 2  # the largest even n that leaves A a server of its own
    for n in sorted({2, 4, alone}):
        if 2 <= n <= alone:
            yield from _cloned(n, "server", servers, alone)


def _cloned(n: int, source: Source, servers: int, filling: int) -> Iterator[Way]:
    """Yield one clone decrypted, where n fills the servers, and every check used, where that is in reach."""
    scheme = Canonical(n)
    at = {f"S{i + 1}": i % servers for i in range(n)} | ({"A": n} if source == "server" else {})
    name = f"clone n={n}{ {'discard': '', 'client': ', A kept', 'server': '+A'}[source] }"
    where = {"discard": "", "client": ", A at the client too", "server": ", A at a server too"}[source]
    bits, qubits = classify(scheme, at).bits, 2 * n + (source != "discard")
    if n == filling:
        meaning = f"encrypted cloning, one clone back{where}"
        yield Way(name, meaning, True, qubits, bits, partial(_direct, scheme, at, source))
    if n <= _CORRECTED:

        def evaluate(scenario: Scenario) -> tuple[float, float]:
            discarded = ["A"] if source == "discard" else []
            return corrected_recovery(scheme, at, scenario, discarded=discarded)

        meaning = f"encrypted cloning, every check used{where}"
        yield Way(f"{name} corrected", meaning, True, qubits, bits, evaluate)


def _direct(
    scheme: Canonical, at: Mapping[str, int], source: Source, scenario: Scenario
) -> tuple[float, float]:
    """Canonical decryption of the first clone that comes back, A the last; it needs the whole key."""
    has_key = (1 - scenario.client_loss) ** scheme.num_clones
    held: dict[int, int] = {}
    for label, server in at.items():
        if label != "A":
            held[server] = held.get(server, 0) + 1
    loss, journey = scenario.server_loss, scenario.journey_loss
    # A server gives nothing back if it is lost, or if all of its clones are lost on the way.
    none_back = prod(loss + (1 - loss) * journey**clones for clones in held.values())
    lost = {"discard": 1.0, "client": scenario.client_loss, "server": scenario.wire_loss}[source]
    by_signal, by_source = has_key * (1 - none_back), has_key * none_back * (1 - lost)
    # All S are alike; only A is decrypted by another circuit.
    fidelity = by_signal * _decrypted_fidelity(scheme, "S1", scenario)
    if by_source:
        fidelity += by_source * _decrypted_fidelity(scheme, "A", scenario, travels=source == "server")
    back = by_signal + by_source
    return back, fidelity + (1 - back) * MIXED


def _iterated(*, with_source: bool) -> Way:
    """Every clone of n = 2 cloned again; the clone that is the input wire, A/A, is discarded or not."""
    scheme = Iterated.full(Canonical(2), levels=1)
    used = [label for label in scheme.clones if with_source or label != "A/A"]
    together = [wire for label in used for wire in scheme.clone(label).wires]
    return Way(
        "clone n=2 twice" + ("+A" if with_source else ""),
        f"every clone cloned again, one of {len(used)} back (its worst)",
        True,
        4 * 2 + len(used),
        classify(scheme, together).bits,
        partial(_nested, scheme, used),
    )


def _nested(scheme: Iterated, used: Sequence[str], scenario: Scenario) -> tuple[float, float]:
    """Nested decryption of the first clone whose path of keys is complete.

    A subtree recovers with probability (1 - c)^2 (1 - prod_i (1 - r_i)), r_i = 1 - loss for a wire.
    """
    keys = (1 - scenario.client_loss) ** 2
    first = {label.split("/")[0] for label in used}
    counts = [sum(label.split("/")[0] == top for label in used) for top in first]
    subtrees = [keys * (1 - scenario.wire_loss**count) for count in counts]
    probability = keys * (1 - prod(1 - subtree for subtree in subtrees))
    worst = min(_decrypted_fidelity(scheme, clone, scenario) for clone in used)
    return probability, mean(probability, worst)


def _decrypted_fidelity(scheme: Scheme, label: str, scenario: Scenario, *, travels: bool = True) -> float:
    clone = scheme.clone(label)
    reference, source = scheme.num_qubits, scheme.index(scheme.inputs[0])
    link = scenario.link(list(scheme.indices(clone.wires))) if travels else stim.Circuit()
    circuit = stim.Circuit(f"H {reference}\nCX {reference} {source}")
    circuit += scenario.gates.apply(scheme.prepare() + scheme.encrypt())
    circuit += link + scenario.memory(range(scheme.num_qubits)) + link
    circuit += scenario.gates.apply(scheme.decrypt(label))
    return entanglement_fidelity(circuit, reference, scheme.index(clone.outputs[0]))


def mean(probability: float, fidelity: float) -> float:
    """The fidelity averaged over success and failure."""
    return probability * fidelity + (1 - probability) * MIXED
