"""From sites to drafts of iterated schemes: label, concentrate, disentangle.

An iterated scheme's clones differ, so which wire lies where matters. Labels are annealed, so that the
encrypted state has little entanglement across the lattice; then the Paulis of the encryption are chosen
gate by gate, so that undoing it leaves little to prepare.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from qclone.errors import InvalidInputError
from qclone.native._assemble import Draft
from qclone.scheme import Role, Scheme
from qclone.search.kernels._beam import Options
from qclone.search.kernels._entropies import Cuts
from qclone.search.regions._rows import Sites
from qclone.search.regions._tree_sides import tree_sides
from qclone.search.stages._concentrate import EMPTY, Concentration, Schedule, Site
from qclone.search.stages._sites import decryption_sites, encryption_sites
from qclone.search.stages._state import encrypted_state
from qclone.search.stages._undone import Exchanges, Undone, relabelled, undone

_FULL: Site = ("X", "Z")
# While labels are exchanged.
_HOT, _COLD = 8.0, 0.1


@dataclass(frozen=True)
class IteratedSynthesis:
    """Circuits of a scheme with one input on some sites, different ones for different random states.

    Parameters
    ----------
    annealing : exchanges of labels tried.

    Raises
    ------
    InvalidInputError : X and Z are not spread over every wire, as by an odd number of clones.
    """

    scheme: Scheme
    clone: str
    sites: Sites
    options: Options
    annealing: int = 200_000
    _nodes: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        at = {w.label: i for i, w in enumerate(self.scheme.wires)}
        forth = encryption_sites(self.scheme, at)
        spread = (*forth.values(), *decryption_sites(self.scheme, self.clone, at).values())
        if any("I" in site or len(set(site)) < 2 for site in spread):
            raise InvalidInputError(
                f"On some wire of {self.scheme} X and Z become the same, or nothing.",
                "Take a scheme with an even number of clones, such as 2 or 4.",
            )
        object.__setattr__(self, "_nodes", self.sites.prepared)

    @cached_property
    def encryption(self) -> Concentration:
        """Encryption backwards, as far as types go: the pair is on every signal qubit in full."""
        places = (self.sites.source, self.sites.clone, *self.sites.signals)
        return Concentration(dict.fromkeys(places, _FULL), self.sites.encrypt_edges, (self.sites.source,))

    @cached_property
    def decryption(self) -> Concentration:
        """Decryption as far as types go."""
        held = (self.sites.clone, *self.sites.key)
        places = dict.fromkeys(self.sites.spare, EMPTY) | dict.fromkeys(held, _FULL)
        return Concentration(places, self.sites.decrypt_edges, held)

    def labelled(self, rng: random.Random) -> dict[str, int]:
        """Return roles for which the encrypted state has little entanglement across the lattice."""
        signals, key, noise = self._labels
        roles = {
            self.scheme.inputs[0]: self.sites.source,
            "R": self.sites.reference,
            self._wire: self.sites.clone,
        }
        for labels, places in (
            (signals, self.sites.signals),
            (key, self.sites.key),
            (noise, self.sites.noise),
        ):
            roles |= zip(rng.sample(labels, len(labels)), places, strict=True)
        state = encrypted_state(self.scheme, roles, self._nodes).first(len(self._nodes))
        exchanges = Exchanges(self._groups, self.annealing, _HOT, _COLD)
        return relabelled(state, roles, self._cuts, exchanges, rng)

    def undone(self, roles: Mapping[str, int], schedule: Schedule, rng: random.Random) -> Undone:
        """Run encryption backwards by a schedule, then exchange labels of noise qubits."""
        return undone(
            schedule,
            encryption_sites(self.scheme, roles),
            encrypted_state(self.scheme, roles, self._nodes),
            roles,
            self._cuts,
            self.options.square_weight,
            Exchanges(self._groups[1:], self.annealing // 10, _HOT, _COLD),
            rng,
        )

    def draft(self, undone: Undone, schedule: Schedule, seed: int) -> Draft | None:
        """Prepare what encryption backwards has left, decrypt by a schedule; None if the search fails."""
        prepare = undone.prepared(self._cuts, self.options, seed)
        if prepare is None:
            return None
        held = decryption_sites(self.scheme, self.clone, undone.roles)
        sites = dict.fromkeys(self.sites.spare, EMPTY) | held
        decryption = Concentration(sites, self.sites.decrypt_edges, tuple(sites))
        decrypt = tuple(chain.from_iterable(decryption.gates(schedule, random.Random(seed))))
        return undone.draft(prepare, decrypt, sites)

    @cached_property
    def _wire(self) -> str:
        (wire,) = self.scheme.clone(self.clone).wires
        return wire

    @cached_property
    def _labels(self) -> tuple[list[str], list[str], list[str]]:
        """Signal wires but the clone, the key, all other noise."""
        key = list(self.scheme.clone(self.clone).key)
        signals = [w.label for w in self.scheme.wires if w.role is Role.SIGNAL and w.label != self._wire]
        noise = [w.label for w in self.scheme.wires if w.role is Role.NOISE and w.label not in key]
        return signals, key, noise

    @property
    def _groups(self) -> tuple[tuple[int, ...], ...]:
        """Places whose labels may be exchanged."""
        return self.sites.signals, self.sites.key, self.sites.noise

    @cached_property
    def _cuts(self) -> Cuts:
        """Of a tree that keeps signal qubits together; noise qubits are cut apart far from the rungs."""
        edges, spine = self.sites.prepare_edges, frozenset((self.sites.clone, *self.sites.signals))
        rungs = [q for e in edges for q in e if len(spine & set(e)) == 1]
        away = {q: min(abs(q - r) for r in rungs) for q in self._nodes}
        return Cuts.of(self._nodes, edges, tree_sides(edges, spine, frozenset(self._nodes) - spine, away))
