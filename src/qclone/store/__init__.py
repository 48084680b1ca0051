"""The embedded cloud: fabric, ledger, keyring, servers and client."""

from qclone.store._array import QArray
from qclone.store._backup import Backup, backup, restore
from qclone.store._check import Report, check
from qclone.store._client import Client
from qclone.store._cloud import Cloud, Parts
from qclone.store._fabric import SqlFabric
from qclone.store._findings import Finding, Severity
from qclone.store._fsck import fsck
from qclone.store._get import Recovered
from qclone.store._journal import Journal
from qclone.store._keyring import Keyring
from qclone.store._ledger import Deadline, SqliteLedger, SqlLedger, utc_now
from qclone.store._links import Links
from qclone.store._manifest import Key, KeyState, Manifest
from qclone.store._memory import Memory
from qclone.store._moved import moved_from, note_moved, require_here
from qclone.store._names import DEFAULT_TENANT, register_name, tenant_and_object
from qclone.store._once import CALLS_REMEMBERED, AlreadyDone, Call, KeyReusedError, current_call, once
from qclone.store._order import Feedback, Order
from qclone.store._placement import STORABLE, Source, notices_of
from qclone.store._preparation import Preparation
from qclone.store._protocols import (
    ADVERSARY,
    CLIENT,
    Delivery,
    Fabric,
    Ledger,
    Party,
    Server,
    SiteState,
    World,
)
from qclone.store._receipts import RECEIPT_KEY, Receipts, digest_of
from qclone.store._recovery import Holdings, Recovery, plan_recovery
from qclone.store._server import LocalServer
from qclone.store._spool import Entry
from qclone.store._sql import Sql, Storage
from qclone.store._sqlite import Disk
from qclone.store._sqlite_fabric import SqliteFabric
from qclone.store._stack import QStack
from qclone.store._survival import Outlook, outlook
from qclone.store._tables import LocalityError
from qclone.store._trials import Trials, Verdict
from qclone.store._uses import Run, Uses

__all__ = [
    "ADVERSARY",
    "AlreadyDone",
    "Backup",
    "CALLS_REMEMBERED",
    "CLIENT",
    "Call",
    "Client",
    "Cloud",
    "DEFAULT_TENANT",
    "Deadline",
    "Delivery",
    "Disk",
    "Entry",
    "Fabric",
    "Feedback",
    "Finding",
    "Holdings",
    "Key",
    "KeyReusedError",
    "Journal",
    "KeyState",
    "Keyring",
    "Ledger",
    "Links",
    "LocalServer",
    "LocalityError",
    "Manifest",
    "Memory",
    "Order",
    "Outlook",
    "Parts",
    "Party",
    "Preparation",
    "QArray",
    "QStack",
    "RECEIPT_KEY",
    "Receipts",
    "Recovered",
    "Recovery",
    "Report",
    "Run",
    "STORABLE",
    "Server",
    "Severity",
    "SiteState",
    "Source",
    "Sql",
    "SqlFabric",
    "SqlLedger",
    "SqliteFabric",
    "SqliteLedger",
    "Storage",
    "Trials",
    "Uses",
    "Verdict",
    "World",
    "backup",
    "check",
    "current_call",
    "digest_of",
    "fsck",
    "moved_from",
    "note_moved",
    "notices_of",
    "once",
    "outlook",
    "plan_recovery",
    "register_name",
    "require_here",
    "restore",
    "tenant_and_object",
    "utc_now",
]
