"""The code under test, broken in ways that matter; the simulation must notice each."""

from contextlib import suppress
from dataclasses import replace

from qclone.errors import InvalidInputError, QcloneError
from qclone.faults import Code
from qclone.store import (
    Client,
    SiteState,
    SqliteFabric,
    SqliteLedger,
    _tables,
    register_name,
    utc_now,
)


class Through:
    """Stands in for a part and passes on what it does not change."""

    def __init__(self, part):
        self.part = part

    def __getattr__(self, name):
        return getattr(self.part, name)


class OpensTwice(SqliteLedger):
    """A ledger that gives everyone a receipt who asks."""

    def consume(self, object_id, server, claim, within_s=None):
        with self._database.transaction() as sql:
            opened = "UPDATE objects SET key_state = 'consuming', key_server = ?, key_at = ? WHERE id = ?"
            sql.execute(opened, (server, utc_now(), object_id))
        return self._receipts.issue(register_name(self._tenant, object_id), claim)


class ForgetsItsClaim(Client):
    """A client that does not write down what it consumes."""

    def __init__(self, fabric, ledger, keyring, *rest):
        class Blank(Through):
            def entry(self, object_id):
                return None

        class Forgetful(Through):
            @property
            def spool(self):
                return Blank(self.part.spool)

        super().__init__(fabric, ledger, Forgetful(keyring), *rest)


class SaysThatItIsSafeTooEarly(Client):
    """A client that lets everybody forget a register, and then hands it over."""

    def get(self, prefix, server=None, *, correct=False, deliver=None, keep=False):
        recovered = super().get(prefix, server, correct=correct)
        self.ledger.find(recovered.manifest.object_id)
        deliver(recovered.circuit)
        return recovered


class NeverSaysThatItIsSafe(Client):
    """A client that hands over again what it was told is safe."""

    def __init__(self, fabric, ledger, keyring, *rest):
        class Deaf(Through):
            def entry(self, object_id):
                entry = self.part.entry(object_id)
                return entry and replace(entry, done=False)

            def drop(self, object_id): ...

        class Keeping(Through):
            @property
            def spool(self):
                return Deaf(self.part.spool)

            def drop(self, object_id): ...

        super().__init__(fabric, ledger, Keeping(keyring), *rest)


class DeliversOnce(SqliteFabric):
    """A fabric that answers only the first who asks."""

    def deliver(self, party, register, order, receipt):
        with self._database.reading() as sql:
            _tables.frame_of(sql, register)
        return super().deliver(party, register, order, receipt)


class BelievesEveryReceipt(SqliteFabric):
    """A fabric that does not look whether a receipt is the ledger's."""

    def __init__(self, *where):
        class Trusting(Through):
            def claim(self, register, receipt):
                return receipt.partition(".")[0]

        super().__init__(*where)
        self._delivering._receipts = Trusting(self._delivering._receipts)


class CallsEverythingPerfect(SqliteFabric):
    """A fabric that says of everything that it is exactly what was put in."""

    def deliver(self, party, register, order, receipt):
        return replace(super().deliver(party, register, order, receipt), entanglement_fidelity=1.0)


class RefusesWhatIsNotCertain(SqliteFabric):
    """A fabric that fails, past the key's consumption, on a register that a server tampered with."""

    def rehearse(self, party, register, order): ...

    def deliver(self, party, register, order, receipt):
        delivery = super().deliver(party, register, order, receipt)
        if delivery.entanglement_fidelity not in (None, 1):
            raise InvalidInputError("The outcome of a wire is not certain.", "")
        return delivery


class GivesUpWhenTheOutputFails(Client):
    """A client that forgets a register when it could not be written."""

    def get(self, prefix, server=None, *, correct=False, deliver=None, keep=False, **more):
        try:
            return super().get(prefix, server, correct=correct, deliver=deliver, keep=keep, **more)
        except OSError:
            self.acknowledge(prefix)
            raise


class DrawsTwice(SqliteFabric):
    """A fabric that draws the noise anew for each who asks again."""

    def deliver(self, party, register, order, receipt):
        delivery = super().deliver(party, register, order, receipt)
        x = self._random.integers(2)
        return replace(delivery, frame=delivery.frame + ("\nZ 0" if x else ""))


class AcknowledgesEarly(Client):
    """A client that says a put is done whether or not the ledger has it."""

    def __init__(self, fabric, ledger, *rest):
        class Hasty(Through):
            def stored(self, object_id):
                with suppress(QcloneError):
                    self.part.stored(object_id)

        super().__init__(fabric, Hasty(ledger), *rest)


class Copies(SqliteFabric):
    """A fabric whose qubits stay where they were when they move."""

    def move(self, party, register, to):
        with self._database.transaction() as sql:
            _tables.require_here(sql, party, register, [w for wires in to.values() for w in wires])
            _tables.place(sql, register, to)


class LetsAnyoneDecrypt(SqliteFabric):
    """A fabric that does not ask whose register it is."""

    def run(self, party, register, circuit):
        with self._database.transaction() as sql:
            _tables.remember(sql, register, circuit)


class LetsItsClientDecrypt(SqliteFabric):
    """A fabric that asks for the owner's secret, and for no receipt."""

    def run(self, party, register, circuit):
        with self._database.transaction() as sql:
            _tables.require_here(sql, party, register, _tables.targets_of(_tables.unitary(circuit)))
            _tables.remember(sql, register, circuit)


class KeepsWhatIsLost(SqliteFabric):
    """A fabric in which a lost server's qubits come back."""

    def set_state(self, names, state):
        super().set_state(names, SiteState.DOWN if state is SiteState.LOST else state)


class LosesWhatIsDown(SqliteFabric):
    """A fabric in which the qubits of a server that is only down are gone."""

    def set_state(self, names, state):
        super().set_state(names, state)
        if state is SiteState.DOWN:
            with self._database.transaction() as sql:
                for name in names:
                    _tables.erase_site(sql, name)


class DecryptsWrongly(Client):
    """A client that hands over something else than what was put in."""

    def __init__(self, fabric, *rest):
        class Flips(Through):
            def deliver(self, *what):
                delivery = self.part.deliver(*what)
                return replace(delivery, frame=f"{delivery.frame}\nX 0")

        super().__init__(Flips(fabric), *rest)


# What the simulation found when it first ran, put back.


class LosesWhatCameBack(Client):
    """A client that loses a recovered register when its books cannot be brought up to date."""

    def get(self, prefix, server=None, *, correct=False, deliver=None, keep=False):
        recovered = super().get(prefix, server, correct=correct, deliver=deliver)
        self.ledger.find(recovered.manifest.object_id)
        self.keyring.drop(recovered.manifest.object_id)
        return recovered


class MakesWhatWasGivenUp(SqliteFabric):
    """A fabric that forgets what it forgot: a load that comes late makes it after all."""

    def forget(self, party, register):
        with self._database.transaction() as sql:
            _tables.clear(sql, register)
            sql.execute("DELETE FROM registers WHERE id = ?", (register,))


class SweepsForOthers(Client):
    """A client that takes every unfinished put of its tenant for a dead one of its own."""

    def sweep(self):
        for object_id in self.ledger.unfinished():
            if object_id in self.keyring.ids():
                self._undo(object_id)
            else:
                self.ledger.abandon(object_id)
                self.ledger.strike(object_id)


BROKEN = {
    broken.__name__: Code(**{part: broken})
    for part, kinds in {
        "client": [
            ForgetsItsClaim,
            SaysThatItIsSafeTooEarly,
            NeverSaysThatItIsSafe,
            AcknowledgesEarly,
            GivesUpWhenTheOutputFails,
            DecryptsWrongly,
            LosesWhatCameBack,
            SweepsForOthers,
        ],
        "ledger": [OpensTwice],
        "fabric": [
            Copies,
            LetsAnyoneDecrypt,
            LetsItsClientDecrypt,
            BelievesEveryReceipt,
            DeliversOnce,
            DrawsTwice,
            CallsEverythingPerfect,
            RefusesWhatIsNotCertain,
            KeepsWhatIsLost,
            LosesWhatIsDown,
            MakesWhatWasGivenUp,
        ],
    }.items()
    for broken in kinds
}
