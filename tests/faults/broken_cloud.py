"""Sizes, links, disks, tampering and two ways into one cloud, broken in ways that matter; each is noticed."""

from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

from qclone.errors import QcloneError
from qclone.faults import Code, Output
from qclone.scheme import Role
from qclone.store import CLIENT, Client, SqliteFabric
from qclone.store._computing import computed_of
from qclone.store._order import Order


class BelievesEveryServer(Client):
    """A client to whom any answer of a server is a surrender, and who does not rehearse."""

    def __init__(self, *parts):
        super().__init__(*parts)
        recoveries = self._recoveries

        def prepared(manifest, wish):
            who, order, fetch = recoveries._planned(self.holdings(manifest), wish)
            for name, wires in fetch.items():
                with suppress(QcloneError, OSError):
                    self.servers[name].surrender(manifest.object_id, wires)
            return who, order

        recoveries._prepared = prepared


class DoesNotSync(Output):
    """A client that says that a register is safe when its file is written, and not on the disk."""

    def write(self, disk, path):
        disk.write(path)


class KeepsItsSecretsInMemory(Client):
    """A client whose keyring is not synced."""

    def __init__(self, fabric, ledger, keyring, *rest):
        super().__init__(fabric, ledger, keyring, *rest)
        keyring._part._database._connection.execute("PRAGMA synchronous = NORMAL")


class FindsWhatWasOpenedOnly(SqliteFabric):
    """A fabric of who opens the directory, who finds only what came in that way."""

    mine: ClassVar[set[str]] = set()

    def load(self, party, register, preparation):
        self.mine.add(register)
        super().load(party, register, preparation)

    def whereabouts_of(self, registers):
        found = super().whereabouts_of(registers)
        return {register: where if register in self.mine else {} for register, where in found.items()}


class CallsWhatWasTurnedPerfect(SqliteFabric):
    """A fabric that says of a clone on which its server ran a T that it is what was put in."""

    def deliver(self, party, register, order, receipt):
        with self._database.reading() as sql:
            turned = order.finish is None and computed_of(sql, register).parts
        delivery = super().deliver(party, register, order, receipt)
        return replace(delivery, entanglement_fidelity=1.0) if turned else delivery


class ForgetsWhatItFetched(Client):
    """A client that does not know of clones that are with it already."""

    def holdings_of(self, manifests):
        for holdings in super().holdings_of(manifests):
            noise = {i for i, wire in enumerate(holdings.scheme.wires) if wire.role is Role.NOISE}
            where = dict(holdings.whereabouts)
            where[CLIENT] = tuple(wire for wire in where.get(CLIENT, ()) if wire in noise)
            yield replace(holdings, whereabouts=where)


class MixesUpLargeRegisters(SqliteFabric):
    """A fabric that takes one output of a large register for another."""

    def rehearse(self, party, register, order): ...

    def deliver(self, party, register, order, receipt):
        if len(order.outputs) > 8:
            a, b, *rest = order.outputs
            order = Order(order.circuit, (b, a, *rest), order.measured)
        return super().deliver(party, register, order, receipt)


BROKEN = {
    "BelievesEveryServer": Code(client=BelievesEveryServer),
    "DoesNotSync": Code(output=DoesNotSync),
    "KeepsItsSecretsInMemory": Code(client=KeepsItsSecretsInMemory),
    "FindsWhatWasOpenedOnly": Code(opened=FindsWhatWasOpenedOnly),
    "CallsWhatWasTurnedPerfect": Code(fabric=CallsWhatWasTurnedPerfect),
    "ForgetsWhatItFetched": Code(client=ForgetsWhatItFetched),
    "MixesUpLargeRegisters": Code(fabric=MixesUpLargeRegisters),
}
