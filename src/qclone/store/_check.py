"""What can still be recovered from where, and what others could learn. Looks only; consumes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from qclone.access import Verdict, classify
from qclone.scheme import Parallel
from qclone.store._computed import recoverable_from
from qclone.store._manifest import KeyState
from qclone.store._protocols import ADVERSARY, CLIENT
from qclone.store._recovery import Holdings, smallest_groups


@dataclass(frozen=True)
class Report:
    """The prospects of one object.

    Parameters
    ----------
    holdings : where its wires are.
    recoverable_from : servers from whose clone alone it can be recovered now.
    groups : smallest groups of servers that are enough together with what the client holds.
    servers_together : what all servers could learn if they put every clone they were given together.
    compromised : the servers whose wires an adversary holds.
    adversary : what that adversary has learned, or can any time.
    """

    holdings: Holdings
    recoverable_from: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    servers_together: Verdict
    compromised: tuple[str, ...]
    adversary: Verdict

    @property
    def recoverable(self) -> bool:
        """Whether the register can be recovered now."""
        return bool(self.groups)


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
    given = tuple(label for label, holder in manifest.clones.items() if holder != CLIENT)
    compromised = [s.removeprefix(ADVERSARY) for s in holdings.whereabouts if s.startswith(ADVERSARY)]
    taken = holdings.with_adversary
    return Report(
        holdings,
        recoverable_from=tuple(singles),
        groups=tuple((server,) for server in singles)
        or (smallest_groups(holdings) if sealed and not used else ()),
        servers_together=_together(scheme, given),
        compromised=tuple(compromised),
        adversary=classify(scheme, _labels(holdings, taken)) if taken else _knows_nothing(holdings),
    )


@lru_cache(maxsize=32)
def _together(scheme: Parallel, clones: tuple[str, ...]) -> Verdict:
    """What all of these clones tell: the same for every object that is stored alike."""
    return classify(scheme, (wire for label in clones for wire in scheme.clone(label).wires))


def _knows_nothing(holdings: Holdings) -> Verdict:
    return Verdict((), len(holdings.scheme.inputs), 0, (), ())


def _labels(holdings: Holdings, wires: Iterable[int]) -> list[str]:
    scheme = holdings.scheme  # what is numbered beyond it are qubits that programs send back
    return [scheme.wires[wire].label for wire in wires if wire < scheme.num_qubits]
