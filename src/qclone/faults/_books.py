"""What a fabric must do, as plain dictionaries: the model that the real one is held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from qclone.store import ADVERSARY, CLIENT, Party, Preparation, SiteState

Places = dict[int, str]
"""Wire -> site. Every qubit that still exists is at one place; that is what a dictionary is."""


class Wrong(Exception):
    """Something took effect that must not."""


class Books:
    """Where every qubit is and whose it is, kept from what took effect, not from what the fabric says.

    The methods are those of a fabric that change something; each is called after its transaction.

    Parameters
    ----------
    decays : whether waiting leaves noise on its qubits.
    key_state : tells the state of a register's key in the ledger; None if it is not there.
    """

    def __init__(self, servers: Sequence[str], decays: bool, key_state: Callable[[str], str | None]) -> None:
        self.sites = dict.fromkeys(servers, SiteState.UP)
        self.places: dict[str, Places] = {}
        self.released: set[str] = set()
        self.aged = False
        self._decays = decays
        self._owner: dict[str, str] = {}
        self._key_state = key_state
        self._done: Counter[tuple[str, str]] = Counter()

    def load(self, party: Party, register: str, preparation: Preparation) -> None:
        if self._done[register, "load"] or self._done[register, "forget"]:
            raise Wrong(f"{register} was made twice, or made after it was given up")
        self._done[register, "load"] += 1
        self._owner[register] = party.secret
        self.places[register] = dict.fromkeys(range(preparation.num_wires), party.site)
        self._send(party, register, preparation.to)
        for wire in preparation.discarded:
            del self.places[register][wire]

    def run(self, party: Party, register: str, circuit: str) -> None:
        self._decrypting(party, register, "run", 1 + self._done[register, "measure"])

    def measure(self, party: Party, register: str, wires: Sequence[int]) -> None:
        self._at_hand(party, register, wires)
        self._decrypting(party, register, "measure", 1)

    def release(self, party: Party, register: str, outputs: Sequence[int]) -> None:
        self._at_hand(party, register, outputs)
        self._decrypting(party, register, "release", 1)
        self.released.add(register)
        del self.places[register]

    def move(self, party: Party, register: str, to: Mapping[str, Sequence[int]]) -> None:
        self._send(party, register, to)

    def discard(self, party: Party, register: str, wires: Sequence[int]) -> None:
        self._at_hand(party, register, wires)
        for wire in wires:
            del self.places[register][wire]

    def forget(self, party: Party, register: str) -> None:
        if register in self._owner:
            self._theirs(party, register)
        self.places.pop(register, None)
        self.released.discard(register)
        self._done[register, "forget"] += 1

    def advance(self, seconds: float) -> None:
        self.aged |= self._decays and seconds > 0

    def set_state(self, names: Sequence[str], state: SiteState) -> None:
        for name in names:
            self.sites[name] = state
            for register, places in self.places.items():
                here = [wire for wire, site in places.items() if site == name]
                if state is SiteState.LOST:
                    self.places[register] = {w: site for w, site in places.items() if site != name}
                elif state is SiteState.COMPROMISED:
                    places.update(dict.fromkeys(here, ADVERSARY + name))

    def reachable(self, register: str) -> frozenset[int]:
        """The wires that the owner holds, or can ask a server for that is up."""
        return frozenset(
            wire
            for wire, site in self.places.get(register, {}).items()
            if site == CLIENT or self.sites.get(site) is SiteState.UP
        )

    def _send(self, party: Party, register: str, to: Mapping[str, Sequence[int]]) -> None:
        for site, wires in to.items():
            self._at_hand(party, register, wires)
            self.places[register].update(dict.fromkeys(wires, site))

    def _at_hand(self, party: Party, register: str, wires: Sequence[int]) -> None:
        self._theirs(party, register)
        places = self.places.get(register, {})
        if any(places.get(wire) != party.site for wire in wires):
            raise Wrong(f"{party.site} acted on qubits of {register} that are not there")

    def _theirs(self, party: Party, register: str) -> None:
        if party.site == CLIENT and party.secret != self._owner.get(register):
            raise Wrong(f"somebody acted on {register} who does not own it")

    def _decrypting(self, party: Party, register: str, what: str, at_most: int) -> None:
        self._theirs(party, register)
        if party.site != CLIENT:
            return
        if self._key_state(register) != "consuming":
            raise Wrong(f"{register}: {what} while its key is {self._key_state(register)}")
        self._done[register, what] += 1
        if self._done[register, what] > at_most:
            raise Wrong(f"{register}: {what} took effect {self._done[register, what]} times")
