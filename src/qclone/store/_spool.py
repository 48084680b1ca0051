"""What this client has consumed and not yet said that it has: one entry an object, in its keyring file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from qclone.errors import InvalidInputError, NoSuchObjectError
from qclone.store._intact import intact
from qclone.store._manifest import Manifest
from qclone.store._order import Order
from qclone.store._protocols import Delivery
from qclone.store._sqlite import Database
from qclone.store._uses import Uses

_COLUMNS = "manifest, claim, server, ordered, receipt, core, frame, outcomes, fidelity, done"


@dataclass(frozen=True)
class Entry:
    """A recovery from its claim on until everybody knows that it is over.

    Parameters
    ----------
    manifest : the object, as it was when its recovery began.
    claim : the secret for which its key is consumed; for this client's eyes only.
    server : whose clone is decrypted. order : what is done to it.
    receipt : of the ledger; None until it has answered.
    delivery : what came out; None until it is here.
    done : its owner has it: it is not handed over again.
    """

    manifest: Manifest
    claim: str
    server: str
    order: Order
    receipt: str | None = None
    delivery: Delivery | None = None
    done: bool = False

    @property
    def object_id(self) -> str:
        return self.manifest.object_id


class Spool:
    """The table of entries; each call is on disk when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, entry: Entry) -> None:
        """Write down what is about to be consumed, in place of an earlier plan for the same claim."""
        manifest = {**asdict(entry.manifest), "key": None}
        row = entry.object_id, json.dumps(manifest), entry.claim, entry.server, entry.order.text
        with self._database.transaction() as sql:
            sql.execute(
                "INSERT INTO spool (id, manifest, claim, server, ordered) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET server = excluded.server, ordered = excluded.ordered",
                row,
            )

    def keep(self, object_id: str, receipt: str, delivery: Delivery) -> None:
        """Keep what came out."""
        d = delivery
        said = receipt, d.core, d.frame, json.dumps(d.outcomes), d.entanglement_fidelity, object_id
        with self._database.transaction() as sql:
            sql.execute(
                "UPDATE spool SET receipt = ?, core = ?, frame = ?, outcomes = ?, fidelity = ? WHERE id = ?",
                said,
            )

    def done(self, object_id: str) -> None:
        """Its owner has it."""
        with self._database.transaction() as sql:
            sql.execute("UPDATE spool SET done = 1 WHERE id = ?", (object_id,))

    def drop(self, object_id: str) -> None:
        """Forget an entry: everybody knows, or its claim was not the first."""
        with self._database.transaction() as sql:
            sql.execute("DELETE FROM spool WHERE id = ?", (object_id,))

    def entry(self, object_id: str) -> Entry | None:
        """Return the entry of an object, if there is one."""
        with self._database.reading() as sql:
            row = sql.execute(f"SELECT {_COLUMNS} FROM spool WHERE id = ?", (object_id,)).fetchone()
        return None if row is None else _entry(row)

    def find(self, prefix: str) -> Entry:
        """Return the one entry that can be handed over whose object's id starts so.

        Raises
        ------
        NoSuchObjectError, InvalidInputError : none or several.
        """
        with self._database.reading() as sql:
            rows = sql.execute(
                f"SELECT {_COLUMNS} FROM spool WHERE substr(id, 1, ?) = ? AND core IS NOT NULL AND NOT done",
                (len(prefix), prefix),
            ).fetchall()
        if not rows:
            raise NoSuchObjectError(
                f"Nothing that was recovered from {prefix!r} waits here to be handed over.",
                "List the objects with: qclone ls",
            )
        if len(rows) > 1:
            raise InvalidInputError(
                f"Several recovered objects have ids that start with {prefix!r}.",
                "Give more digits of the id.",
            )
        return _entry(rows[0])

    def entries(self, done: bool) -> list[Entry]:
        """Return those that are done, or those that are not."""
        with self._database.reading() as sql:
            rows = sql.execute(f"SELECT {_COLUMNS} FROM spool WHERE done = ?", (int(done),)).fetchall()
        return [_entry(row) for row in rows]


def _entry(row: Any) -> Entry:
    manifest, claim, server, ordered, receipt, core, frame, outcomes, fidelity, done = row
    with intact("keyring.db"):
        facts = json.loads(manifest)
        del facts["key"]
        facts["uses"] = Uses.of(facts.get("uses"))
        delivery = None if core is None else Delivery(core, frame, tuple(json.loads(outcomes)), fidelity)
        order = Order.from_text(ordered)
        return Entry(Manifest(**facts), claim, server, order, receipt, delivery, bool(done))
