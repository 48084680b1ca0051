"""The ledgers of all tenants in SQLite, a file each, of which only a few are open at a time."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary, finalize

from qclone.store import SqliteLedger

OPEN_LEDGERS = 64
"""Each takes three file descriptors, of which a process often has 1,024."""


class SqliteLedgers:
    """The ledgers in a directory: `ledger.db` of the tenant `default`, `ledger-TENANT.db` of every other.

    The least recently used are closed, each as soon as no call uses it any more.

    Parameters
    ----------
    directory : of the cloud. at_most : ledgers to keep open beside those in use.
    """

    def __init__(self, directory: Path, at_most: int = OPEN_LEDGERS) -> None:
        self._directory = directory
        self._at_most = at_most
        self._opening = Lock()
        self._recent: OrderedDict[str, SqliteLedger] = OrderedDict()
        self._in_use: WeakValueDictionary[str, SqliteLedger] = WeakValueDictionary()

    def of(self, tenant: str) -> SqliteLedger:
        """Return a tenant's ledger, made if there is none."""
        with self._opening:
            ledger = self._in_use.get(tenant) or self._open(tenant)
            self._in_use[tenant] = self._recent[tenant] = ledger
            self._recent.move_to_end(tenant)
            if len(self._recent) > self._at_most:
                self._recent.popitem(last=False)
        return ledger

    def close(self) -> None:
        """Close every file that is still open."""
        for ledger in list(self._in_use.values()):
            ledger.close()

    def _open(self, tenant: str) -> SqliteLedger:
        path = self._directory / ("ledger.db" if tenant == "default" else f"ledger-{tenant}.db")
        SqliteLedger.create(path)
        ledger = SqliteLedger(path, tenant=tenant)
        finalize(ledger, ledger.closing())
        return ledger
