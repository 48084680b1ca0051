"""Code that computes on clones, broken in ways that matter; the simulation must notice each."""

from dataclasses import replace

from qclone.faults import Code
from qclone.store import Client, SqliteFabric, SqliteLedger, _tables
from qclone.store._computing import Computed, _write, computed_of
from tests.faults.broken import Through


class RunsAgain(SqliteFabric):
    """A fabric in which a program that is asked for again runs again."""

    def compute(self, party, register, part):
        with self._database.reading() as sql:
            computed = computed_of(sql, register)
            had = party.site in computed.parts
        super().compute(party, register, part)
        if had:
            with self._database.transaction() as sql:
                _tables.remember(sql, register, part.public)
                _tables.remember(sql, register, "\n".join(f"Y {wire}" for wire in part.wires))


class RunsForAnyone(SqliteFabric):
    """A fabric that lets whoever asks compute on a clone that is elsewhere."""

    def compute(self, party, register, part):
        with self._database.transaction() as sql:
            computed = computed_of(sql, register)
            _tables.remember(sql, register, part.text)
            _write(sql, register, Computed({**computed.parts, party.site: part}, computed.bits))


class KeepsWhatItRead(SqliteFabric):
    """A fabric in which key qubits that were read are qubits still."""

    def read_key(self, party, register, circuit, wires, receipt=""):
        with self._database.reading() as sql:
            before = set(_tables.placements(sql, [register])[register].get(party.site, ()))
        super().read_key(party, register, circuit, wires, receipt)
        with self._database.transaction() as sql:
            now = set(_tables.placements(sql, [register])[register].get(party.site, ()))
            _tables.place(sql, register, {party.site: sorted(before - now)})


class ReadsWithoutAReceipt(SqliteFabric):
    """A fabric that reads the whole key for who has not consumed it, and a client that makes use of it."""

    def read_key(self, party, register, circuit, wires, receipt=""):
        class Trusting(Through):
            def claim(self, register, receipt):
                return receipt

        self._computing._receipts = Trusting(self._computing._receipts)
        super().read_key(party, register, circuit, wires, receipt)

    def rehearse(self, party, register, order):
        super().rehearse(party, register, order)
        with self._database.reading() as sql:
            here = set(_tables.placements(sql, [register])[register].get(party.site, ()))
        if order.finish is not None and set(order.measured) <= here:
            self.read_key(party, register, "", sorted(here))


class FinishesWithTheWrongPad(Client):
    """A client that takes a for b."""

    def __init__(self, fabric, *rest):
        class Swaps(Through):
            def deliver(self, party, register, order, receipt):
                if order.finish is not None:
                    half = len(order.finish.rules) // 2
                    rules = (*order.finish.rules[half:], *order.finish.rules[:half])
                    order = replace(order, finish=replace(order.finish, rules=rules))
                return self.part.deliver(party, register, order, receipt)

        super().__init__(Swaps(fabric), *rest)


class ForgetsTheProgram(Client):
    """A client that takes what comes back from a server that computed for the register itself."""

    def __init__(self, fabric, *rest):
        class Plain(Through):
            def deliver(self, party, register, order, receipt):
                delivery = self.part.deliver(party, register, order, receipt)
                return replace(delivery, frame="" if order.finish else delivery.frame)

        super().__init__(Plain(fabric), *rest)


class ForgetsWhatRan(SqliteLedger):
    """A ledger that does not write down what servers run."""

    def note(self, object_id, before, after): ...


class CommitsToEveryone(SqliteLedger):
    """A ledger that lets a key be committed to a second server by a second claim."""

    def consume(self, object_id, server, claim, within_s=None):
        with self._database.transaction() as sql:
            sql.execute(
                "UPDATE objects SET key_state = 'sealed', key_server = NULL, key_at = NULL, key_claim = NULL "
                "WHERE id = ? AND key_state = 'consuming'",
                (object_id,),
            )
        return super().consume(object_id, server, claim, within_s)


BROKEN = {
    kind.__name__: Code(**{part: kind})
    for part, kinds in {
        "client": [FinishesWithTheWrongPad, ForgetsTheProgram],
        "ledger": [ForgetsWhatRan, CommitsToEveryone],
        "fabric": [RunsAgain, RunsForAnyone, KeepsWhatItRead, ReadsWithoutAReceipt],
    }.items()
    for kind in kinds
}
