"""The code under test, broken in ways that matter; the simulation must notice each."""

from contextlib import suppress
from dataclasses import replace

from qclone.errors import QcloneError
from qclone.faults import Code
from qclone.store import Client, SiteState, SqliteFabric, SqliteLedger, _tables, utc_now


class Through:
    """Stands in for a part and passes on what it does not change."""

    def __init__(self, part):
        self.part = part

    def __getattr__(self, name):
        return getattr(self.part, name)


class OpensTwice(SqliteLedger):
    """A ledger that lets everyone decrypt who asks."""

    def consume(self, object_id, server):
        with self._database.transaction() as sql:
            opened = "UPDATE objects SET key_state = 'consuming', key_server = ?, key_at = ? WHERE id = ?"
            sql.execute(opened, (server, utc_now(), object_id))


class DecryptsFirst(Client):
    """A client that decrypts, and only then records that it may."""

    def __init__(self, fabric, ledger, *rest):
        class Later(Through):
            def consume(self, *what):
                self.owed = what

        class Sooner(Through):
            def run(self, *what):
                self.part.run(*what)
                if owed := self.ledger.__dict__.pop("owed", None):
                    ledger.consume(*owed)

        later, sooner = Later(ledger), Sooner(fabric)
        sooner.ledger = later
        super().__init__(sooner, later, *rest)


class TriesAgain(Client):
    """A client that decrypts once more if it is not sure that it did."""

    def __init__(self, fabric, *rest):
        class Again(Through):
            def run(self, *what):
                try:
                    self.part.run(*what)
                except QcloneError:
                    self.part.run(*what)

        super().__init__(Again(fabric), *rest)


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
            def release(self, *what):
                delivery = self.part.release(*what)
                return replace(delivery, frame=f"{delivery.frame}\nX 0")

        super().__init__(Flips(fabric), *rest)


# What the simulation found when it first ran, put back.


class LosesWhatCameBack(Client):
    """A client that loses a recovered register when its books cannot be brought up to date."""

    def get(self, prefix, server=None, *, correct=False, deliver=None):
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
            DecryptsFirst,
            TriesAgain,
            AcknowledgesEarly,
            DecryptsWrongly,
            LosesWhatCameBack,
            SweepsForOthers,
        ],
        "ledger": [OpensTwice],
        "fabric": [
            Copies,
            LetsAnyoneDecrypt,
            KeepsWhatIsLost,
            LosesWhatIsDown,
            MakesWhatWasGivenUp,
        ],
    }.items()
    for broken in kinds
}
