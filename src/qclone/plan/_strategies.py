"""Ways to store a qubit on the same hardware, each computed exactly: encrypted cloning and the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import stim

from qclone.access import classify
from qclone.plan._corrected import corrected_recovery
from qclone.plan._scenario import Scenario
from qclone.scheme import Canonical, Iterated, Scheme
from qclone.simulate import entanglement_fidelity

MIXED = 1 / 4
"""Entanglement fidelity of a maximally mixed output: what is left when nothing can be recovered."""


@dataclass(frozen=True)
class Outcome:
    """How one way of storing a qubit does.

    Parameters
    ----------
    strategy : its name. meaning : what is done, in a few words.
    is_cloning : whether it is encrypted cloning.
    num_qubits : qubits stored, at servers and client together.
    recovery_probability : that the losses leave an authorized set.
    fidelity : mean entanglement fidelity over all losses, 1/4 where nothing is left.
    server_bits : what all servers together hold, as mutual information: 0 nothing, 2 the state itself.
    """

    strategy: str
    meaning: str
    is_cloning: bool
    num_qubits: int
    recovery_probability: float
    fidelity: float
    server_bits: float


def outcomes(scenario: Scenario) -> list[Outcome]:
    """Return every way to store a qubit that this number of servers allows, the best fidelity first."""
    return sorted(_outcomes(scenario), key=lambda outcome: -outcome.fidelity)


def _outcomes(scenario: Scenario) -> Iterator[Outcome]:
    servers = scenario.servers
    yield from _unprotected(scenario)
    if servers >= 5:
        code = Canonical(2)
        everywhere = tuple(wire.label for wire in code.wires)
        sharing = corrected_recovery(code, everywhere, scenario, shares=3)
        corrected = corrected_recovery(code, everywhere, scenario)
        bits = classify(code, everywhere).bits
        yield Outcome("threshold", "((3,5)) secret sharing, three shares back", False, 5, *sharing, bits)
        yield Outcome("five-qubit code", "[[5,1,3]] over five servers, corrected", False, 5, *corrected, bits)
    largest = servers - servers % 2
    for with_source in (False, True):
        # With A at a server too, all servers together hold A and every S: they can undo the encryption.
        for n in sorted({2, 4, largest}):
            if 2 <= n <= servers - with_source:
                scheme = Canonical(n)
                clones = scheme.clones if with_source else scheme.clones[:-1]
                if n == largest:
                    yield _direct(scheme, clones, scenario)
                if n <= 4:
                    yield _corrected(scheme, clones, scenario)
    if servers >= 9:
        yield _iterated(Iterated.full(Canonical(2), levels=1), scenario)


def _unprotected(scenario: Scenario) -> Iterator[Outcome]:
    """One qubit as it is: qubit 1, its reference qubit 0."""
    pair = stim.Circuit("H 0\nCX 0 1")
    memory, link = scenario.memory([1]), scenario.link([1])
    kept = entanglement_fidelity(pair + memory, 0, 1)
    sent = entanglement_fidelity(pair + link + memory + link, 0, 1)
    there, back = _teleport(scenario, 1, 2, 3), _teleport(scenario, 3, 4, 5)
    teleported = entanglement_fidelity(pair + there + scenario.memory([3]) + back, 0, 5)
    # A Bell pair that is lost is made again before the state depends on it: only the server loses the qubit.
    for name, meaning, loss, fidelity, server_bits in (
        ("keep", "the qubit stays at the client", scenario.client_loss, kept, 0),
        ("one server", "sent to a server and back", scenario.wire_loss, sent, 2),
        ("teleport", "to a server and back, lost Bell pairs retried", scenario.server_loss, teleported, 2),
    ):
        yield Outcome(name, meaning, False, 1, 1 - loss, _mean(1 - loss, fidelity), server_bits)


def _teleport(scenario: Scenario, qubit: int, near: int, far: int) -> stim.Circuit:
    """Teleport `qubit` to `far` through a Bell pair whose far half went through the link."""
    bell_measurement = scenario.gates.apply(stim.Circuit(f"CX {qubit} {near}"))
    feedback = stim.Circuit(f"H {qubit}\nM {qubit} {near}\nCX rec[-1] {far}\nCZ rec[-2] {far}")
    return stim.Circuit(f"H {near}\nCX {near} {far}") + scenario.link([far]) + bell_measurement + feedback


def _corrected(scheme: Canonical, clones: tuple[str, ...], scenario: Scenario) -> Outcome:
    discarded = [clone for clone in scheme.clones if clone not in clones]
    probability, fidelity = corrected_recovery(scheme, clones, scenario, discarded=discarded)
    return _cloned(scheme, clones, "corrected", "every check used", probability, fidelity)


def _direct(scheme: Canonical, clones: tuple[str, ...], scenario: Scenario) -> Outcome:
    """Canonical decryption of the first clone that comes back; it needs the whole key."""
    has_key = (1 - scenario.client_loss) ** scheme.num_clones
    # All S are alike; only A is decrypted by another circuit.
    signal = _decrypted_fidelity(scheme, clones[0], scenario)
    last = signal if clones[-1] != "A" else _decrypted_fidelity(scheme, "A", scenario)
    first_back = [
        has_key * (1 - scenario.wire_loss) * scenario.wire_loss**earlier for earlier in range(len(clones))
    ]
    probability = sum(first_back)
    recovered = sum(first_back[:-1]) * signal + first_back[-1] * last
    fidelity = recovered + (1 - probability) * MIXED
    return _cloned(scheme, clones, "", "one clone back", probability, fidelity)


def _cloned(
    scheme: Canonical, clones: tuple[str, ...], how: str, meaning: str, probability: float, fidelity: float
) -> Outcome:
    """An outcome of the canonical scheme; what the servers hold is computed by ranks, not assumed."""
    source = "+A" if "A" in clones else ""
    return Outcome(
        f"clone n={scheme.num_clones}{source} {how}".strip(),
        f"encrypted cloning, {meaning}" + (", A at a server too" if source else ""),
        True,
        scheme.num_clones + len(clones),
        probability,
        fidelity,
        classify(scheme, clones).bits,
    )


def _iterated(scheme: Iterated, scenario: Scenario) -> Outcome:
    """Nested decryption of the first clone whose path of keys is complete.

    A subtree recovers with probability r_l = (1 - c)^n (1 - (1 - r_(l-1))^(n+1)), r_0 = 1 - loss of a wire.
    """
    base = scheme.base
    num_keys, num_clones = len(base.clone(base.clones[0]).key), len(base.clones)
    probability = 1 - scenario.wire_loss
    for _ in range(scheme.levels + 1):
        probability = (1 - scenario.client_loss) ** num_keys * (1 - (1 - probability) ** num_clones)
    worst = min(_decrypted_fidelity(scheme, clone, scenario) for clone in scheme.clones)
    return Outcome(
        f"clone n={num_keys} twice",
        "every clone cloned again, one back (its worst)",
        True,
        scheme.num_qubits,
        probability,
        _mean(probability, worst),
        classify(scheme, [wire for label in scheme.clones for wire in scheme.clone(label).wires]).bits,
    )


def _decrypted_fidelity(scheme: Scheme, label: str, scenario: Scenario) -> float:
    clone = scheme.clone(label)
    reference, source = scheme.num_qubits, scheme.index(scheme.inputs[0])
    travelling = list(scheme.indices(clone.wires))
    circuit = stim.Circuit(f"H {reference}\nCX {reference} {source}")
    circuit += scenario.gates.apply(scheme.prepare() + scheme.encrypt())
    circuit += (
        scenario.link(travelling) + scenario.memory(range(scheme.num_qubits)) + scenario.link(travelling)
    )
    circuit += scenario.gates.apply(scheme.decrypt(label))
    return entanglement_fidelity(circuit, reference, scheme.index(clone.outputs[0]))


def _mean(probability: float, fidelity: float) -> float:
    return probability * fidelity + (1 - probability) * MIXED
