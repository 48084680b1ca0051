"""Ways to store a logical qubit with so many physical ones, sampled: one large block, or smaller clones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

from qclone.errors import InvalidInputError
from qclone.markup import table
from qclone.plan._scenario import Scenario
from qclone.plan._strategies import learnt

LOST = 3 / 4
"""Infidelity of a maximally mixed output."""
_DISTANCES = range(3, 16, 2)


@dataclass(frozen=True)
class Encoded:
    """How one way does.

    Parameters
    ----------
    strategy, meaning : its name, and what is done.
    num_qubits : physical qubits, ancillas included.
    distance : of the surface code.
    infidelity, error : mean over all losses, and one standard deviation of the sampling.
    server_bits : what all servers together learn: 0 nothing, 2 the state itself.
    """

    strategy: str
    meaning: str
    num_qubits: int
    distance: int
    infidelity: float
    error: float
    server_bits: float


@dataclass(frozen=True)
class EncodedPlan:
    """Every way, the best first, and what to do in plain words."""

    outcomes: list[Encoded]
    advice: str

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        names = ("way", "qubits", "distance", "infidelity", "servers learn", "what it is")
        rows = (
            (
                o.strategy,
                o.num_qubits,
                o.distance,
                f"{o.infidelity:.2e} ± {o.error:.0e}",
                learnt(o.server_bits),
                o.meaning,
            )
            for o in self.outcomes
        )
        return table(names, rows, self.advice)


def encoded_plan(
    scenario: Scenario,
    qubits: int,
    noise: str,
    rounds: int = 0,
    shots: int = 5000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> EncodedPlan:
    """Return the ways to store one logical qubit in surface code blocks of so many physical qubits in all.

    A block kept by the client, or at one server; n = 2 clones in five smaller blocks, S1, S2 and, from three
    servers on, A at servers of their own, the key at the client, checks used to correct. A server is lost
    with all it holds; the client's share counts as lost if any block of it is.

    Parameters
    ----------
    scenario : servers and the losses of servers and client.
    noise : of `qclone.logical.load_rates`. rounds : T, of storage.

    Raises
    ------
    InvalidInputError : too few qubits for a block, or links and memories, which are not modelled.
    """
    from qclone.logical import load_code, load_rates

    if scenario.link_loss or scenario.link_fidelity < 1 or scenario.gate_error or scenario.time_s:
        raise InvalidInputError(
            "Links, memories and gates of bare qubits are not those of encoded ones.",
            "Give --noise and --rounds, and no --link-loss, --link-fidelity, --gate-error or --time.",
        )
    rates = load_rates(noise)
    kept_distance, clone_distance = _largest(qubits), _largest(qubits // 5)
    if kept_distance is None:
        raise InvalidInputError(
            f"{qubits} qubits hold no block of distance 3.", "That takes 17, and five blocks 85."
        )
    update = progress or (lambda done, total: None)
    found = _kept(scenario, load_code("surface", kept_distance), rates, rounds, shots, seed)
    update(1, 2)
    if clone_distance is not None and scenario.servers >= 2:
        found.append(_clone(scenario, load_code("surface", clone_distance), rates, rounds, shots, seed))
    update(2, 2)
    found.sort(key=lambda way: way.infidelity)
    return EncodedPlan(found, _advice(found, scenario))


def _kept(
    scenario: Scenario, code: object, rates: object, rounds: int, shots: int, seed: int
) -> list[Encoded]:
    from qclone.logical import Case, Code, Rates, collect, rate

    assert isinstance(code, Code) and isinstance(rates, Rates)
    # As many rounds as the clones have, gates and all.
    case = Case(code, rates, storage=rounds)
    task = case.kept().task() if code.distance <= 7 else case.kept().task("matching")
    found = rate(collect(task, shots, seed), "none")
    size = 2 * code.distance**2 - 1
    ways = []
    for name, meaning, loss, bits in (
        ("kept block", "one block at the client", scenario.client_loss, 0.0),
        ("block at a server", "one block, not encrypted", scenario.server_loss, 2.0),
    ):
        infidelity = (1 - loss) * found.infidelity + loss * LOST
        ways.append(Encoded(name, meaning, size, code.distance, infidelity, (1 - loss) * found.error, bits))
    return ways


def _clone(scenario: Scenario, code: object, rates: object, rounds: int, shots: int, seed: int) -> Encoded:
    from qclone.access import classify
    from qclone.logical import Case, Code, Rates, rate
    from qclone.scheme import Canonical

    assert isinstance(code, Code) and isinstance(rates, Rates)
    at_servers = ("S1", "S2", "A") if scenario.servers >= 3 else ("S1", "S2")
    never = () if "A" in at_servers else ("A",)
    count, q = len(at_servers), scenario.server_loss
    infidelity, variance = q**count * LOST, 0.0
    # All clones are nearly alike: S1 is decrypted, the others are lost in turn.
    for lost in range(count if q else 1):
        weight = comb(count, lost) * q**lost * (1 - q) ** (count - lost)
        gone = at_servers[1 : 1 + lost] + never
        case = Case(code, rates, Canonical(2), "S1", gone, rounds)
        found = rate(case.stats(shots, seed), "corrected")
        infidelity += weight * found.infidelity
        variance += (weight * found.error) ** 2
    here = (1 - scenario.client_loss) ** 2
    return Encoded(
        "clones n=2" + ("+A" if "A" in at_servers else ""),
        "encrypted cloning in five blocks, checks corrected",
        5 * (2 * code.distance**2 - 1),
        code.distance,
        here * infidelity + (1 - here) * LOST,
        here * variance**0.5,
        classify(Canonical(2), at_servers).bits,
    )


def _largest(qubits: int) -> int | None:
    """The largest distance of a block, 2 d^2 - 1 qubits with ancillas."""
    return max((d for d in _DISTANCES if 2 * d * d - 1 <= qubits), default=None)


def _advice(found: list[Encoded], scenario: Scenario) -> str:
    by = {way.strategy.split()[0]: way for way in found}
    kept, clone = by["kept"], by.get("clones")
    if clone is None:
        return "Clones take five blocks and two servers: keep one large block."
    place = next(way for way in found if way.strategy == "block at a server")
    said = [f"Best: {found[0].strategy} ({found[0].infidelity:.2e})."]
    if kept.infidelity <= clone.infidelity:
        said.append("While the client is safe and may hold the state, one large block is the better memory.")
    if clone.infidelity < place.infidelity:
        said.append("Where the state must leave the client, clones beat one block at a server.")
    else:
        said.append(
            "One block at a server is the better memory at this loss; the server then holds the state, "
            "which clones hide from each of them."
        )
    if scenario.server_loss == 0:
        even = max(clone.infidelity - place.infidelity, 0) / LOST
        said.append(f"Clones win once a server is lost with a probability above about {even:.1g}.")
    return " ".join(said)
