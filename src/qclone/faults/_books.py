"""What a fabric must do, as plain dictionaries: the model that the real one is held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from qclone.compute import ServerPart
from qclone.faults._computing import ComputedBooks, targets_of
from qclone.store import ADVERSARY, CLIENT, Order, Party, Preparation, SiteState

Places = dict[int, str]
"""Wire -> site. Every qubit that still exists is at one place; that is what a dictionary is."""


class RuleBroken(Exception):
    """Something took effect that must not."""


class Books:
    """Where every qubit is and whose it is, kept from what took effect, not from what the fabric says.

    The methods are those of a fabric that change something; each is called after its transaction.

    Parameters
    ----------
    decays : whether waiting leaves noise on its qubits.
    loses : whether qubits that move may be lost.
    key_state : tells the state of a register's key in the ledger; None if it is not there.
    """

    def __init__(
        self,
        servers: Sequence[str],
        decays: bool,
        key_state: Callable[[str], str | None],
        loses: bool = False,
    ) -> None:
        self.sites = dict.fromkeys(servers, SiteState.UP)
        self.places: dict[str, Places] = {}
        self.released: set[str] = set()
        self.opened_by: dict[str, str] = {}
        self.aged = False
        self._decays = decays
        self._owner: dict[str, str] = {}
        self._key_state = key_state
        self._done: Counter[tuple[str, str]] = Counter()
        self.computed = ComputedBooks()
        self.nobody_asked = False
        """Whether a server computes of its own accord."""
        self._loses = loses
        self._sent: dict[str, set[int]] = {}
        self._size: dict[str, int] = {}

    def first_tail(self, register: str) -> int:
        """The number of a qubit that a register does not have yet."""
        return max(self._size[register], 1 + max(self.places[register], default=0))

    def expected(self, register: str, seen: Places) -> Places:
        """Where the wires of a register should be; of those that were sent, some may be lost on the way."""
        sent = self._sent.pop(register, set()) if self._loses else set()
        return {w: site for w, site in self.places.get(register, {}).items() if w in seen or w not in sent}

    def load(self, party: Party, register: str, preparation: Preparation) -> None:
        if self._done[register, "load"] or self._done[register, "forget"]:
            raise RuleBroken(f"{register} was made twice, or made after it was given up")
        self._done[register, "load"] += 1
        self._owner[register] = party.secret
        self._size[register] = preparation.num_wires
        self.places[register] = dict.fromkeys(range(preparation.num_wires), party.site)
        self._send(party, register, preparation.to)
        for wire in preparation.discarded:
            del self.places[register][wire]

    def run(self, party: Party, register: str, circuit: str) -> None:
        self._no_client(party, register)

    def measure(self, party: Party, register: str, wires: Sequence[int]) -> None:
        self._no_client(party, register)
        self._at_hand(party, register, wires)

    def compute(self, party: Party, register: str, part: ServerPart) -> None:
        self._no_client(party, register)
        if self.nobody_asked:
            self.places[register].update(dict.fromkeys(part.tails, party.site))
            return
        try:
            new = self.computed.compute(register, party.site, part)
        except ValueError as error:
            raise RuleBroken(str(error)) from None
        if new:
            self._at_hand(party, register, part.wires)
            self.places[register].update(dict.fromkeys(part.tails, party.site))

    def read_key(
        self, party: Party, register: str, circuit: str, wires: Sequence[int], receipt: str = ""
    ) -> None:
        read = self.computed.read.setdefault(register, set())
        self._theirs(party, register)
        if set(wires) <= read:
            return
        if party.site != CLIENT or not targets_of(circuit) <= set(wires):
            raise RuleBroken(f"{party.site} read more than the key of {register}")
        self._at_hand(party, register, wires)
        for wire in wires:
            del self.places[register][wire]
        read.update(wires)
        left = CLIENT in self.places[register].values()
        if not left and self._key_state(register) == "sealed":
            raise RuleBroken(f"the whole key of {register} was read while it is sealed")

    def rehearse(self, party: Party, register: str, order: Order) -> None:
        if register not in self.released:
            self._ordered(party, register, order)

    def deliver(self, party: Party, register: str, order: Order, receipt: str) -> None:
        self._theirs(party, register)
        if party.site != CLIENT:
            raise RuleBroken(f"{party.site} took {register} out")
        claim = receipt.partition(".")[0]
        if self.opened_by.setdefault(register, claim) != claim:
            raise RuleBroken(f"{register} was opened for two claims")
        if register in self.released:
            return
        self._ordered(party, register, order)
        if self._key_state(register) not in ("consuming", "consumed"):
            raise RuleBroken(f"{register} was opened while its key is {self._key_state(register)}")
        self.released.add(register)
        del self.places[register]

    def acknowledge(self, party: Party, register: str, receipt: str) -> None:
        self._theirs(party, register)
        if receipt.partition(".")[0] != self.opened_by.get(register):
            raise RuleBroken(f"{register} was acknowledged by who did not open it")

    def move(self, party: Party, register: str, to: Mapping[str, Sequence[int]]) -> None:
        self._no_client(party, register)
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

    def at_client(self, register: str) -> frozenset[int]:
        """The wires that the owner holds."""
        return frozenset(wire for wire, site in self.places.get(register, {}).items() if site == CLIENT)

    def _ordered(self, party: Party, register: str, order: Order) -> None:
        outputs = set(order.outputs)
        part = self.computed.parts.get((register, order.finish.site)) if order.finish else None
        home = targets_of(order.circuit).union(order.measured, part.tails if part else ())
        if order.at:
            self._at_hand(Party(order.at), register, outputs)
            home -= outputs
        else:
            home |= outputs
        self._at_hand(party, register, home)

    def _send(self, party: Party, register: str, to: Mapping[str, Sequence[int]]) -> None:
        for site, wires in to.items():
            self._at_hand(party, register, wires)
            self.places[register].update(dict.fromkeys(wires, site))
            self._sent.setdefault(register, set()).update(wires)

    def _at_hand(self, party: Party, register: str, wires: Iterable[int]) -> None:
        self._theirs(party, register)
        places = self.places.get(register, {})
        if any(places.get(wire) != party.site for wire in wires):
            raise RuleBroken(f"{party.site} acted on qubits of {register} that are not there")

    def _theirs(self, party: Party, register: str) -> None:
        if party.site == CLIENT and party.secret != self._owner.get(register):
            raise RuleBroken(f"somebody acted on {register} who does not own it")

    def _no_client(self, party: Party, register: str) -> None:
        self._theirs(party, register)
        if party.site == CLIENT:
            raise RuleBroken(f"somebody acted on {register} at the client's site without a receipt")
