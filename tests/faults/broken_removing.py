"""Code that gives objects up, broken in ways that matter; the simulation must notice each."""

from qclone.faults import Code
from qclone.store import Client, SqliteLedger


class RemovesWhatIsBeingRecovered(SqliteLedger):
    """A ledger that strikes an object off whoever is on the way to it."""

    def remove(self, object_id):
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM objects WHERE id = ? AND key_state != 'sealed'", (object_id,))
        super().remove(object_id)


class LooksWhoseItIsOnly(Client):
    """A client that does not look whether a recovery has begun."""

    def require_removable(self, manifest):
        self.keyring.secret(manifest.object_id)


class SaysThatItRemoved(SqliteLedger):
    """A ledger in which what was removed is still there."""

    def remove(self, object_id):
        self.find(object_id)

    def abandon(self, object_id): ...


class StrikesAtOnce(SqliteLedger):
    """A ledger that forgets a sealed object before its qubits are thrown away."""

    def remove(self, object_id):
        super().remove(object_id)
        self.strike(object_id)


class RemovesTheRecordOnly(Client):
    """A client that leaves the qubits of what it gave up."""

    def remove(self, prefix):
        manifest = self.ledger.find(prefix)
        self.require_removable(manifest)
        self.ledger.remove(manifest.object_id)
        self.ledger.strike(manifest.object_id)
        return manifest


class ThrowsAwayFirst(Client):
    """A client that throws qubits away while the object is listed."""

    def remove(self, prefix):
        manifest = self.ledger.find(prefix)
        self.require_removable(manifest)
        if self.keyring.holds(manifest.object_id):
            self.fabric.forget(self._recoveries._party(manifest.object_id), manifest.object_id)
        return super().remove(prefix)


class RemovesForOthers(Client):
    """A client that gives up what another one has the key of."""

    def require_removable(self, manifest): ...


BROKEN = {
    kind.__name__: Code(**{part: kind})
    for part, kinds in {
        "client": [RemovesTheRecordOnly, ThrowsAwayFirst, RemovesForOthers],
        "ledger": [SaysThatItRemoved, StrikesAtOnce],
    }.items()
    for kind in kinds
}
BROKEN["RemovesWhatIsBeingRecovered"] = Code(client=LooksWhoseItIsOnly, ledger=RemovesWhatIsBeingRecovered)
