"""Which wires to bring together, and what to do to them, to get a register back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.access import classify, decoder
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import Parallel, Role, place
from qclone.store._manifest import KeyState, Manifest
from qclone.store._order import Order
from qclone.store._placement import clone_wires
from qclone.store._protocols import ADVERSARY, CLIENT, SiteState

MAX_ENUMERATED_SERVERS = 8
"""Up to here all 2^servers groups are looked at."""


@dataclass(frozen=True)
class Holdings:
    """Where the wires of one object are, and which of them its client can reach now.

    Parameters
    ----------
    manifest, scheme : the object and its scheme.
    whereabouts : site -> wires there.
    sites : how each server is.
    ours : whether this client has the secret of the object; without it, the client can reach no wire.
    unwilling : servers that are up and did not give back what was asked of them.
    """

    manifest: Manifest
    scheme: Parallel
    whereabouts: Mapping[str, tuple[int, ...]]
    sites: Mapping[str, SiteState]
    ours: bool = True
    unwilling: frozenset[str] = frozenset()

    @cached_property
    def lost_key(self) -> tuple[int, ...]:
        """The noise qubits that the client no longer has."""
        noise = (i for i, wire in enumerate(self.scheme.wires) if wire.role is Role.NOISE)
        return tuple(i for i in noise if i not in self.at_client)

    @cached_property
    def at_client(self) -> frozenset[int]:
        """The wires at the client's site: the key, and clones that were fetched."""
        return frozenset(self.whereabouts.get(CLIENT, ()) if self.ours else ())

    @cached_property
    def _at(self) -> Mapping[str, frozenset[int]]:
        return {site: frozenset(wires) for site, wires in self.whereabouts.items()}

    def reachable_at(self, server: str) -> frozenset[int]:
        """The wires at a server that is up, if they are the client's."""
        up = self.sites.get(server) is SiteState.UP and server not in self.unwilling
        return self._at.get(server, frozenset()) if up and self.ours else frozenset()

    @property
    def reachable(self) -> frozenset[int]:
        """Every wire that the client holds or can ask for."""
        return self.at_client.union(*(self.reachable_at(site) for site in self.whereabouts))

    @property
    def with_adversary(self) -> frozenset[int]:
        """Every wire in an adversary's hands."""
        held = (wires for site, wires in self.whereabouts.items() if site.startswith(ADVERSARY))
        return frozenset(wire for wires in held for wire in wires)

    def clone_state(self, label: str) -> str:
        """Say how a clone is: as its server is, with the client, or spent once the key was used."""
        holder = self.manifest.clones[label]
        if self.manifest.key.state is not KeyState.SEALED:
            return "spent"
        wires, nowhere = clone_wires(self.scheme, label), frozenset[int]()
        for site, state in ((CLIENT, "with the client"), (ADVERSARY + holder, SiteState.COMPROMISED.value)):
            if not self._at.get(site, nowhere).isdisjoint(wires):
                return state
        there = self._at.get(holder, nowhere).issuperset(wires)
        return self.sites[holder].value if there else SiteState.LOST.value

    def is_left(self, label: str) -> bool:
        """Whether a clone is where it was sent to, or here; its server may be down."""
        there = self._at.get(self.manifest.clones[label], frozenset())
        return all(wire in there or wire in self.at_client for wire in clone_wires(self.scheme, label))

    def whole_clones(self, server: str | None = None) -> Iterator[str]:
        """Labels of the clones that can be decrypted with their own key, from one server if it is given."""
        scheme = self.scheme
        fetched = frozenset(
            i for i in self.at_client if i < scheme.num_qubits and scheme.wires[i].role is not Role.NOISE
        )
        lost = {scheme.wires[i].label for i in self.lost_key}
        for label, holder in self.manifest.clones.items():
            here = self.reachable_at(holder)
            if (here or fetched) and server in (None, holder):
                whole = all(wire in here or wire in fetched for wire in clone_wires(scheme, label))
                if whole and (not lost or lost.isdisjoint(scheme.clone(label).key)):
                    yield label


@dataclass(frozen=True)
class Recovery:
    """One way to recover.

    Parameters
    ----------
    server : where the clone comes from; several names if no single one is enough.
    fetch : server -> wires to send to the client.
    circuit : what the client then does.
    outputs : the wires that hold the register afterwards.
    """

    server: str
    fetch: Mapping[str, tuple[int, ...]]
    circuit: stim.Circuit
    outputs: tuple[int, ...]

    @property
    def order(self) -> Order:
        """What the fabric is to do."""
        return Order(str(self.circuit), self.outputs)


@dataclass(frozen=True)
class Alike:
    """Copies of the base scheme of which the same wires are within reach.

    Parameters
    ----------
    labels : the wires of the base that are, in its order.
    rows : shape (copies, wires of the base), where the wires of each are in the register.
    """

    labels: tuple[str, ...]
    rows: NDArray[np.int64]


def alike(holdings: Holdings, servers: Iterable[str]) -> tuple[Alike, ...]:
    """Sort the copies of an object by what the client holds of them, or can ask of these servers."""
    scheme = holdings.scheme
    rows = np.arange(scheme.num_qubits).reshape(scheme.copies, -1)
    within_reach = holdings.at_client.union(*map(holdings.reachable_at, servers))
    # What is numbered beyond the scheme are qubits that programs send back.
    wires = [wire for wire in within_reach if wire < scheme.num_qubits]
    there = np.zeros(scheme.num_qubits, dtype=bool)
    there[wires] = True
    patterns, number = np.unique(there[rows], axis=0, return_inverse=True)
    labels = [wire.label for wire in scheme.base.wires]
    return tuple(
        Alike(tuple(labels[i] for i in np.flatnonzero(pattern)), rows[number.ravel() == i])
        for i, pattern in enumerate(patterns)
    )


def plan_recovery(holdings: Holdings, server: str | None = None) -> Recovery:
    """Return the simplest recovery from the wires within reach; nothing is changed.

    A surviving clone with its whole key comes first, then whatever other authorized set there is, for each
    qubit its own.

    Raises
    ------
    InvalidInputError : the object has no clone at `server`.
    NotRecoverableError : the wires within reach are not an authorized set; says which are missing.
    """
    manifest, scheme = holdings.manifest, holdings.scheme
    if server is not None and server not in manifest.clones.values():
        raise InvalidInputError(
            f"{server} was given no clone of {manifest.object_id}.",
            f"Its clones went to {_some(manifest.servers)}.",
        )
    for label in holdings.whole_clones(server):
        clone = scheme.clone(label)
        holder = manifest.clones[label]
        wanted = frozenset(scheme.indices(clone.wires)) - holdings.at_client
        fetch = {holder: tuple(sorted(wanted))} if wanted else {}
        return Recovery(holder, fetch, scheme.decrypt(label), scheme.indices(clone.outputs))
    joint = _jointly(holdings, server)
    if joint is not None:
        return joint
    raise NotRecoverableError(_what_is_missing(holdings, server), _remedy(holdings))


def _jointly(holdings: Holdings, server: str | None) -> Recovery | None:
    """Return a recovery from several servers, or with a damaged key; None if there is none."""
    base = holdings.scheme.base
    servers = [site for site in holdings.whereabouts if server in (None, site)]
    outputs = np.empty((holdings.scheme.copies, len(base.inputs)), dtype=np.int64)
    circuit, used = stim.Circuit(), set[int]()
    for group in alike(holdings, servers):
        found = _decryption(holdings, group)
        if found is None:
            return None
        one, ends = found
        columns = list(base.indices(ends))
        touched = sorted({t.value for gate in one for t in gate.targets_copy() if not t.is_combiner})
        outputs[group.rows[:, 0] // base.num_qubits] = group.rows[:, columns]
        used.update(group.rows[:, [*touched, *columns]].ravel().tolist())
        circuit += place(one, group.rows)
    fetch = fetching(holdings, used, servers)
    return Recovery(", ".join(fetch) or CLIENT, fetch, circuit, tuple(outputs.ravel().tolist()))


def _decryption(holdings: Holdings, group: Alike) -> tuple[stim.Circuit, tuple[str, ...]] | None:
    """Return how to decrypt one of the copies, and where the result is."""
    base = holdings.scheme.base
    label = whole_clone(holdings, group)
    if label is not None:
        return base.decrypt(label), base.clone(label).outputs
    if not classify(base, group.labels).recovers:
        return None
    found = decoder(base, group.labels)
    return found.circuit, found.outputs


def whole_clone(holdings: Holdings, group: Alike, server: str | None = None) -> str | None:
    """Return a clone that these copies have with its own key: one that is at the client if there is one."""
    base, there = holdings.scheme.base, set(group.labels)
    at_client = {
        wire.label
        for wire, column in zip(base.wires, group.rows.T, strict=True)
        if holdings.at_client.issuperset(column.tolist())
    }
    whole = []
    for label, holder in holdings.manifest.clones.items():
        clone = base.clone(label)
        if server in (None, holder) and there.issuperset((*clone.wires, *clone.key)):
            whole.append((not at_client.issuperset(clone.wires), label))
    return min(whole, key=lambda pair: pair[0])[1] if whole else None


def fetching(holdings: Holdings, used: Iterable[int], servers: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return which of the wires that are used are to be sent from where."""
    wanted = frozenset(used)
    fetch = {site: tuple(sorted(wanted & holdings.reachable_at(site))) for site in servers}
    return {site: wires for site, wires in fetch.items() if wires}


def smallest_groups(holdings: Holdings) -> tuple[tuple[str, ...], ...]:
    """Return groups of servers that, with what the client holds, are an authorized set; none can be spared.

    All of them for a few servers, one for many. An empty group means that the client needs no one.
    """
    names = [site for site in holdings.whereabouts if holdings.reachable_at(site)]
    if len(names) > MAX_ENUMERATED_SERVERS:
        recovery = _jointly(holdings, None)
        return () if recovery is None else (tuple(recovery.fetch),)
    found: list[tuple[str, ...]] = []
    for size in range(len(names) + 1):
        for group in combinations(names, size):
            wires = holdings.at_client.union(*map(holdings.reachable_at, group))
            labels = (
                holdings.scheme.wires[wire].label for wire in wires if wire < holdings.scheme.num_qubits
            )
            if not any(set(smaller) <= set(group) for smaller in found):
                found += [group] if classify(holdings.scheme, labels).recovers else []
    return tuple(found)


def _what_is_missing(holdings: Holdings, server: str | None) -> str:
    manifest, scheme = holdings.manifest, holdings.scheme
    missing = []
    for label, holder in manifest.clones.items():
        state = holdings.clone_state(label) if server in (None, holder) else SiteState.UP
        if state in (SiteState.DOWN, SiteState.LOST, SiteState.COMPROMISED):
            was_replaced = holdings.sites.get(holder) is SiteState.UP
            missing.append(
                f"{label} ({state} with {holder})" if was_replaced else f"{label} ({holder} is {state})"
            )
        elif holder in holdings.unwilling:
            missing.append(f"{label} ({holder} does not give it back)")
    missing += [f"{scheme.wires[wire].label} of the key" for wire in holdings.lost_key]
    return f"{manifest.object_id} cannot be recovered: missing are {_some(missing)}."


def _remedy(holdings: Holdings) -> str:
    down = [s for s in holdings.manifest.servers if holdings.sites.get(s) is SiteState.DOWN]
    if down:
        return f"A server that is only down can come back: qclone server heal {down[0]}"
    return "What is lost or in an adversary's hands does not come back."


def _some(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:6])} and {len(names) - 6} more"
