"""The embedded cloud: fabric, ledger, keyring, servers and client."""

from qclone.store._check import Report, check
from qclone.store._client import Client, Recovered
from qclone.store._cloud import Cloud
from qclone.store._fabric import SqliteFabric
from qclone.store._keyring import Keyring
from qclone.store._ledger import SqliteLedger, utc_now
from qclone.store._links import Links
from qclone.store._manifest import Key, KeyState, Manifest
from qclone.store._memory import Memory
from qclone.store._names import register_name, tenant_and_object
from qclone.store._once import CALLS_REMEMBERED, AlreadyDone, Call, KeyReusedError, current_call, once
from qclone.store._placement import STORABLE, Source, leak_notices, source_of
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
from qclone.store._recovery import Holdings, Recovery, plan
from qclone.store._replace import replace_file
from qclone.store._server import LocalServer
from qclone.store._sqlite import Disk
from qclone.store._tables import LocalityError

__all__ = [
    "STORABLE",
    "ADVERSARY",
    "AlreadyDone",
    "CALLS_REMEMBERED",
    "CLIENT",
    "Call",
    "Client",
    "Cloud",
    "Delivery",
    "Disk",
    "Fabric",
    "Holdings",
    "Key",
    "KeyReusedError",
    "KeyState",
    "Keyring",
    "Ledger",
    "Links",
    "LocalServer",
    "LocalityError",
    "Manifest",
    "Memory",
    "Party",
    "Preparation",
    "Recovered",
    "Recovery",
    "Report",
    "Server",
    "SiteState",
    "Source",
    "SqliteFabric",
    "SqliteLedger",
    "World",
    "check",
    "current_call",
    "leak_notices",
    "once",
    "plan",
    "register_name",
    "replace_file",
    "tenant_and_object",
    "source_of",
    "utc_now",
]
