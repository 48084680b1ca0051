"""What can still be recovered from where, and what others could learn. Looks only; consumes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from qclone.access import Verdict, classify
from qclone.scheme import Parallel
from qclone.store._computed import recoverable_from
from qclone.store._manifest import KeyState
from qclone.store._protocols import ADVERSARY, CLIENT, SiteState
from qclone.store._recovery import Holdings, smallest_groups
from qclone.store._shown import report_html


@dataclass(frozen=True)
class Report:
    """The prospects of one object.

    Parameters
    ----------
    holdings : where its wires are.
    recoverable_from : servers from whose clone alone it can be recovered now.
    groups : smallest groups of servers that are enough together with what the client holds.
    after_heal : such groups once the servers that are down are healed; empty if it is recoverable now.
    servers_together : what all servers could learn if they put everything together that is at one of them
        or was taken from it; nothing once the key is used, for what is left then is noise.
    compromised : the servers whose wires an adversary holds.
    adversary : what that adversary has learned, or can any time.
    """

    holdings: Holdings
    recoverable_from: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    after_heal: tuple[tuple[str, ...], ...]
    servers_together: Verdict
    compromised: tuple[str, ...]
    adversary: Verdict

    @property
    def recoverable(self) -> bool:
        """Whether the register can be recovered now."""
        return bool(self.groups)

    @property
    def released(self) -> str:
        """What nobody who looks can tell once the key is used: whether bits were sent; empty before.

        The bits of a pad go from who used the key to a server, and no record says that they were sent.
        """
        manifest = self.holdings.manifest
        if (server := manifest.key.server) not in manifest.servers:
            return ""
        return (
            f"If the bits of its pad were sent to {server} (release, or get --measured), "
            f"{server} has the register in the clear; who used the key knows."
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return report_html(self)


def check(holdings: Holdings) -> Report:
    """Return the prospects of an object, by the access structure of its scheme.

    >>> import tempfile
    >>> from qiskit import QuantumCircuit
    >>> from qclone.store import Cloud
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cloud = Cloud.create(f"{folder}/cloud", servers=4)
    ...     stored = cloud.client.put(QuantumCircuit(1))
    ...     cloud.lose("server-1", "server-3")
    ...     report = check(cloud.client.holdings(stored))
    ...     cloud.close()
    >>> report.recoverable_from, report.servers_together.verdict
    (('server-2', 'server-4'), 'nothing')
    """
    manifest, scheme = holdings.manifest, holdings.scheme
    sealed = manifest.key.state is KeyState.SEALED or manifest.committed_to is not None
    used = not manifest.uses.is_plain
    if used:
        singles = dict.fromkeys(recoverable_from(holdings) if sealed and holdings.ours else ())
    else:
        singles = dict.fromkeys(manifest.clones[label] for label in holdings.whole_clones() if sealed)
    compromised = [s.removeprefix(ADVERSARY) for s in holdings.whereabouts if s.startswith(ADVERSARY)]
    taken = holdings.with_adversary
    alone: tuple[tuple[str, ...], ...] = tuple((server,) for server in singles)
    groups = alone or (smallest_groups(holdings) if sealed and not used else ())
    away = tuple(sorted(w for site, wires in holdings.whereabouts.items() if site != CLIENT for w in wires))
    return Report(
        holdings,
        recoverable_from=tuple(singles),
        groups=groups,
        after_heal=() if groups or not sealed or used else _after_heal(holdings),
        servers_together=_together(scheme, away) if sealed else _knows_nothing(holdings),
        compromised=tuple(compromised),
        adversary=classify(scheme, _labels(holdings, taken)) if taken else _knows_nothing(holdings),
    )


@lru_cache(maxsize=32)
def _together(scheme: Parallel, wires: tuple[int, ...]) -> Verdict:
    """What these wires tell: the same for every object that is stored alike."""
    return classify(scheme, [scheme.wires[wire].label for wire in wires if wire < scheme.num_qubits])


def _after_heal(holdings: Holdings) -> tuple[tuple[str, ...], ...]:
    """The smallest groups that were enough if every server that is down were up."""
    up = {site: SiteState.UP if state is SiteState.DOWN else state for site, state in holdings.sites.items()}
    if up == holdings.sites:
        return ()
    healed = replace(holdings, sites=up)
    singles = dict.fromkeys(holdings.manifest.clones[label] for label in healed.whole_clones())
    return tuple((server,) for server in singles) or smallest_groups(healed)


def _knows_nothing(holdings: Holdings) -> Verdict:
    return Verdict((), len(holdings.scheme.inputs), 0, (), ())


def _labels(holdings: Holdings, wires: Iterable[int]) -> list[str]:
    scheme = holdings.scheme  # what is numbered beyond it are qubits that programs send back
    return [scheme.wires[wire].label for wire in wires if wire < scheme.num_qubits]
