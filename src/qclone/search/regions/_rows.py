"""Where the wires of an iterated scheme may lie on a heavy-hex lattice: kinds of qubits, not yet labels."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from qclone.native._assemble import Draft
from qclone.native._graph import Edge, hops_from, in_one_piece, neighbours, within
from qclone.scheme import Clone
from qclone.search.regions._ladders import COLUMNS, HERON, bridge, bridge_columns, heron_couplers, site
from qclone.search.regions._layout import Layout

_SIGNAL_ROW = 2
_ABOVE, _BELOW = bridge_columns(_SIGNAL_ROW - 1), bridge_columns(_SIGNAL_ROW)


@dataclass(frozen=True)
class Sites:
    """Qubits by what may lie on them.

    Parameters
    ----------
    source, reference : the input and the qubit entangled with it.
    clone : the wire of the clone to decrypt.
    signals : all other signal qubits.
    key : the noise qubits that decrypt it.
    noise : all other noise qubits.
    spare : qubits that carry no data; preparation and decryption may use them as wires.
    couplers : the lattice's, a Heron's if not given.
    """

    source: int
    reference: int
    clone: int
    signals: tuple[int, ...]
    key: tuple[int, ...]
    noise: tuple[int, ...]
    spare: tuple[int, ...]
    couplers: tuple[Edge, ...] = heron_couplers()

    @classmethod
    def of(cls, draft: Draft, clone: Clone, couplers: tuple[Edge, ...]) -> Sites:
        """Return the sites of a placed draft with one input, in which a clone of one wire is decrypted.

        Spare is what preparation and decryption use beside the wires.
        """
        (wire,) = clone.wires
        own = {wire, *clone.key}
        rest = [(label.split("/")[-1][0], q) for label, q in draft.roles.items() if label not in own]
        pairs = chain(draft.prepare, draft.encrypt, draft.decrypt)
        used = {q for a, b, _ in pairs for q in (a, b)} - set(draft.roles.values())
        return cls(
            source=draft.roles["A"],
            reference=draft.roles["R"],
            clone=draft.roles[wire],
            signals=tuple(q for kind, q in rest if kind == "S"),
            key=tuple(draft.roles[label] for label in clone.key),
            noise=tuple(q for kind, q in rest if kind == "N"),
            spare=tuple(sorted(used)),
            couplers=couplers,
        )

    @classmethod
    def on(cls, layout: Layout, num_key: int) -> Sites:
        """Return the sites of a layout, as key what is nearest its clone of the noise qubits."""
        start = layout.roles[layout.clone]
        hops = hops_from(neighbours(layout.decrypt_edges), start)
        noise = sorted(layout.noise, key=lambda q: hops.get(q, len(layout.noise)))
        return cls(
            source=layout.roles["A"],
            reference=layout.roles["R"],
            clone=start,
            signals=tuple(q for q in layout.signals if q != start),
            key=tuple(noise[:num_key]),
            noise=tuple(noise[num_key:]),
            spare=layout.spare,
            couplers=layout.couplers,
        )

    @cached_property
    def prepared(self) -> tuple[int, ...]:
        """Everything but source and reference."""
        return (self.clone, *self.signals, *self.key, *self.noise, *self.spare)

    @cached_property
    def prepare_edges(self) -> tuple[Edge, ...]:
        """Couplers for preparation."""
        return within(self.prepared, self.couplers)

    @cached_property
    def encrypt_edges(self) -> tuple[Edge, ...]:
        """Couplers among the source and all signal qubits."""
        return within((self.source, self.clone, *self.signals), self.couplers)

    @cached_property
    def decrypt_edges(self) -> tuple[Edge, ...]:
        """Couplers among the clone, its key and the spare qubits."""
        return within((self.clone, *self.key, *self.spare), self.couplers)


def two_rows(num_signals: int, num_key: int, rng: random.Random) -> Sites:
    """Return signal qubits on a row, with the source among them, noise qubits on the next, the clone between.

    The reference is the bridge beyond the source; the key is what of the noise row is nearest the clone.
    The other bridges between the rows are spare, or noise qubits.
    """
    while True:
        first = rng.randrange(COLUMNS - num_signals + 1)
        columns = range(first, first + num_signals)
        rungs = [c for c in _BELOW if c in columns]
        sources = [c for c in _ABOVE if c in columns]
        rng.shuffle(rungs)
        if not sources or not rungs:
            continue
        middle = first + (num_signals - 1) / 2
        rung = rungs[0] if rng.random() < 0.3 else min(rungs, key=lambda c: abs(c - middle))
        source = rng.choice(sources) if rng.random() < 0.3 else min(sources, key=lambda c: abs(c - middle))
        on_bridges = [bridge(_SIGNAL_ROW, c) for c in rungs if c != rung and rng.random() < 0.4]
        row = num_signals - len(on_bridges)
        start = min(max(first + rng.choice((-1, 0, 0, 1, 2)), 0), COLUMNS - row)
        below = range(start, start + row)
        if rung not in below or any(c not in below for c in rungs if bridge(_SIGNAL_ROW, c) in on_bridges):
            continue
        noise = sorted((site(_SIGNAL_ROW + 1, c) for c in below), key=_far_from(site(_SIGNAL_ROW + 1, rung)))
        spare = [bridge(_SIGNAL_ROW, c) for c in rungs if c != rung and c in below]
        sites = Sites(
            source=site(_SIGNAL_ROW, source),
            reference=bridge(_SIGNAL_ROW - 1, source),
            clone=bridge(_SIGNAL_ROW, rung),
            signals=tuple(site(_SIGNAL_ROW, c) for c in columns if c != source),
            key=tuple(noise[:num_key]) if num_key < num_signals else (*noise, *on_bridges),
            noise=(*noise[num_key:], *on_bridges) if num_key < num_signals else (),
            spare=tuple(q for q in spare if q not in on_bridges),
        )
        if _is_connected(sites.prepared):
            return sites


def three_rows(rng: random.Random) -> Sites:
    """Return 27 qubits around a row, noise qubits on both rows beside it: every clone cloned twice over.

    The signal qubits are the row, its bridges, and four sites beyond bridges, from which each reaches
    noise qubits on two sides.
    """
    while True:
        source, rung = rng.choice((5, 9)), rng.choice((7, 11))
        row = [site(_SIGNAL_ROW, c) for c in range(COLUMNS)]
        bridges = [bridge(_SIGNAL_ROW - 1, c) for c in _ABOVE] + [bridge(_SIGNAL_ROW, c) for c in _BELOW]
        tips = [site(_SIGNAL_ROW - 1, c) for c in rng.sample([c for c in _ABOVE if c != source], 2)]
        tips += [site(_SIGNAL_ROW + 1, c) for c in rng.sample([c for c in _BELOW if c != rung], 2)]
        fixed = {site(_SIGNAL_ROW, source), bridge(_SIGNAL_ROW - 1, source), bridge(_SIGNAL_ROW, rung)}
        signals = tuple(q for q in (*row, *bridges, *tips) if q not in fixed)
        free = [site(r, c) for r in (_SIGNAL_ROW - 1, _SIGNAL_ROW + 1) for c in range(COLUMNS)]
        free = sorted((q for q in free if q not in tips), key=_far_from(site(_SIGNAL_ROW + 1, rung)))
        key, rest = tuple(free[:6]), free[6:]
        noise = _reachable(signals, rest)[:20]
        sites = Sites(
            source=site(_SIGNAL_ROW, source),
            reference=bridge(_SIGNAL_ROW - 1, source),
            clone=bridge(_SIGNAL_ROW, rung),
            signals=signals,
            key=key,
            noise=tuple(noise),
            spare=(),
        )
        if _is_connected(sites.prepared) and _is_connected((sites.clone, *key)):
            return sites


def _far_from(qubit: int) -> Callable[[int], tuple[int, int]]:
    return lambda q: (abs(HERON.row_of(q) - HERON.row_of(qubit)), abs(q - qubit))


def _reachable(signals: Iterable[int], free: list[int]) -> list[int]:
    """The free qubits, those nearest to a signal qubit first."""
    hops = hops_from(neighbours(within((*signals, *free), heron_couplers())), *signals)
    return sorted((q for q in free if q in hops), key=lambda q: (hops[q], q))


def _is_connected(nodes: Iterable[int]) -> bool:
    return in_one_piece(set(nodes), neighbours(within(nodes, heron_couplers())))
