"""How many more servers may be lost: exact, and what only waits for servers apart from what is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from qclone.access import Survival, losses_survived
from qclone.scheme import Scheme
from qclone.store._computed import recoverable_from
from qclone.store._manifest import KeyState
from qclone.store._protocols import CLIENT, SiteState
from qclone.store._recovery import Holdings

Wires = tuple[str, ...]
_CLONES_ARE = {"up": "up", "with the client": "up", "down": "down", "lost": "gone", "compromised": "gone"}


@dataclass(frozen=True)
class Outlook:
    """What further losses would do to an object whose key was not used.

    Parameters
    ----------
    losses : how many of the servers that are up may be lost, whichever they are; -1 if it cannot be
        recovered now.
    healed : the same, once those that are down are up again.
    exact : whether both were found, rather than bounded from below; see `qclone.access.Survival`.
    needs_no_server : the client could recover it alone.
    clones : how many are ``up`` (at such servers, or with the client), ``down`` and ``gone``.
    """

    losses: int
    healed: int
    exact: bool
    needs_no_server: bool
    clones: Mapping[str, int]

    @property
    def state(self) -> str:
        """``recoverable`` now, ``waiting`` for servers that are down, or ``gone``."""
        return "recoverable" if self.losses >= 0 else "waiting" if self.healed >= 0 else "gone"


def outlook(holdings: Holdings) -> Outlook | None:
    """Return what further losses would do to an object; None once its key is used and not committed.

    Linear in the number of wires for canonical and iterated schemes, and of objects that are stored alike one
    is looked at; see `qclone.access.losses_survived`.

    Example
    -------
    >>> import tempfile
    >>> from qiskit import QuantumCircuit
    >>> from qclone.store import Cloud
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cloud = Cloud.create(f"{folder}/cloud", servers=4)
    ...     stored = cloud.client.put(QuantumCircuit(1))
    ...     cloud.lose("server-1")
    ...     cloud.fail("server-2")
    ...     found = outlook(cloud.client.holdings(stored))
    ...     cloud.close()
    >>> found.losses, found.healed, dict(found.clones)
    (1, 2, {'up': 2, 'down': 1, 'gone': 1})
    """
    manifest = holdings.manifest
    if manifest.key.state is not KeyState.SEALED and manifest.committed_to is None:
        return None
    up = {site: SiteState.UP if state is SiteState.DOWN else state for site, state in holdings.sites.items()}
    now = _survival(holdings)
    healed = now if up == holdings.sites else _survival(replace(holdings, sites=up))
    counts = Counter({"up": 0, "down": 0, "gone": 0})
    if manifest.key.state is KeyState.SEALED:
        counts.update(_CLONES_ARE[holdings.clone_state(label)] for label in manifest.clones)
    has_something = [site for site in holdings.whereabouts if holdings.reachable_at(site)]
    exact, alone = now.exact and healed.exact, now.losses == len(has_something)
    return Outlook(now.losses, healed.losses, exact, alone, dict(counts))


def _survival(holdings: Holdings) -> Survival:
    if not holdings.ours:
        return Survival(-1)
    if not holdings.manifest.uses.is_plain:
        # What was computed on, narrowed or committed comes back from one server at a time.
        return Survival(len(recoverable_from(holdings)) - 1)
    return min(
        (_of_copy(holdings.scheme.base, *pattern) for pattern in _patterns(holdings)),
        key=lambda found: found.losses,
    )


@lru_cache(maxsize=1024)
def _of_copy(base: Scheme, kept: Wires, at_risk: tuple[tuple[str, Wires], ...]) -> Survival:
    return losses_survived(base, kept, dict(at_risk))


def _patterns(holdings: Holdings) -> list[tuple[Wires, tuple[tuple[str, Wires], ...]]]:
    """Return how the wires of a copy of the base scheme lie, once for all copies that are alike.

    What is too much for one copy is too much for the register, and nothing else is.
    """
    scheme, base = holdings.scheme, holdings.scheme.base
    sites = [site for site in holdings.whereabouts if site != CLIENT]
    where = np.full(scheme.num_qubits, -1, dtype=np.int64)
    for number, wires in enumerate([holdings.at_client, *map(holdings.reachable_at, sites)]):
        # What is numbered beyond the scheme are qubits that programs send back.
        where[[wire for wire in wires if wire < scheme.num_qubits]] = number
    labels = np.array([wire.label for wire in base.wires])
    found = []
    for pattern in np.unique(where.reshape(scheme.copies, -1), axis=0):
        held = {number: tuple(labels[pattern == number].tolist()) for number in set(pattern.tolist())}
        at_risk = [(site, held[number]) for number, site in enumerate(sites, start=1) if number in held]
        found.append((held.get(0, ()), tuple(at_risk)))
    return found
