"""The client: encrypts at home, hands out clones, and decrypts exactly once."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING

from qclone.access import PauliChannel, depolarizing
from qclone.errors import InvalidInputError, NotRecoverableError, QcloneError, UnknownWireError
from qclone.scheme import Parallel, Role, Scheme, from_spec, to_spec
from qclone.store._computations import NOTHING_YET, Computations
from qclone.store._computed import Wish, program_of
from qclone.store._get import Recovered, Recoveries
from qclone.store._intact import intact
from qclone.store._keyring import Keyring
from qclone.store._ledger import utc_now
from qclone.store._links import together
from qclone.store._manifest import KeyState, Manifest
from qclone.store._placement import (
    Source,
    assign,
    cloned_again,
    default_clones,
    register_scheme,
    require_storable,
)
from qclone.store._preparation import Preparation, encryption
from qclone.store._protocols import CLIENT, Fabric, Ledger, Party, Server, SiteState
from qclone.store._recovery import Holdings, plan_recovery
from qclone.store._uses import Run
from qclone.store.rows import require_removable

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qclone.compute import Program

RARE = 1e-6
ASKED_AT_ONCE = 1000
"""Registers in one question for whereabouts."""
WIRES_AT_ONCE = 1_000_000


class Client:
    """Stores registers and recovers each at most once, ever.

    Parameters
    ----------
    fabric, ledger, servers : in this process or across a network.
    keyring : this client's secrets.
    putting : a context to hold while a put is under way, so that `sweep` can tell it from a dead one.
    turn : a context to hold while an object is recovered, so that two of this client's processes take turns.
    clock : what measures how long servers take.
    """

    def __init__(
        self,
        fabric: Fabric,
        ledger: Ledger,
        keyring: Keyring,
        servers: Mapping[str, Server],
        putting: Callable[[], AbstractContextManager[object]] = nullcontext,
        turn: Callable[[str], AbstractContextManager[object]] = nullcontext,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fabric = fabric
        self.ledger = ledger
        self.keyring = keyring
        self.servers = servers
        self._putting = putting
        self._turn = turn
        self._recoveries = Recoveries(self, turn, clock)
        self._computations = Computations(self, turn)

    def put(
        self,
        circuit: QuantumCircuit,
        name: str = "",
        *,
        num_clones: int | None = None,
        iterate: int = 0,
        base: Scheme | None = None,
        source: Source = "discard",
        content: bytes = b"",
        begun: Callable[[str], object] = lambda object_id: None,
    ) -> Manifest:
        """Encrypt the register that a circuit prepares and hand its clones to the servers that are up.

        Parameters
        ----------
        circuit : prepares a pure state from |0...0>, any gates; final measurements are left out.
        name : shown in listings.
        num_clones : n; by default the next even number, so that every server that is up holds a clone.
        iterate : how often every clone is cloned again.
        base : any other scheme to clone each qubit by, in place of the canonical one.
        source : where A goes, for even n a clone like the others. With A at a server all servers together
            can undo the encryption; otherwise they learn nothing.
        content : the file that the circuit was read from, which `fidelity` compares with.
        begun : told the object's id before anything of it is stored.

        Warns
        -----
        UserWarning : how it was read, where that could be done in another way too: the evolution of terms
            that do not commute is its product formula.

        Raises
        ------
        UnsupportedCircuitError : the circuit prepares no pure state.
        InvalidInputError : no such scheme, or no place for A.
        NotRecoverableError : no server is up, so nothing could ever be recovered.
        """
        from qclone.store._core import core_of

        core = core_of(circuit, content)
        return self.put_core(
            core,
            circuit.num_qubits,
            name,
            num_clones=num_clones,
            iterate=iterate,
            base=base,
            source=source,
            begun=begun,
        )

    def put_core(
        self,
        core: bytes,
        qubits: int,
        name: str = "",
        *,
        num_clones: int | None = None,
        iterate: int = 0,
        base: Scheme | None = None,
        source: Source = "discard",
        begun: Callable[[str], object] = lambda object_id: None,
    ) -> Manifest:
        """Put a register that was read before: `core` is its circuit as the store keeps it; see `put`."""
        up = [site for site, state in self.fabric.sites().items() if state is SiteState.UP]
        n = default_clones(len(up), source) if num_clones is None else num_clones
        if base is None:
            base = cloned_again(n, iterate)
        elif not isinstance(base, Scheme):
            raise InvalidInputError(
                f"{base} is no scheme for qubits.", "Take one of qubits, such as Canonical or GraphState."
            )
        else:
            n = len(base.clones)
            require_storable(base)
        scheme = register_scheme(qubits, base)
        clones = assign(scheme, up, source)
        shown = "".join(c if c.isprintable() else "?" for c in name)
        manifest = Manifest(
            secrets.token_hex(16),
            shown,
            qubits,
            n,
            to_spec(scheme),
            clones,
            utc_now(),
            self.fabric.now(),
        )
        begun(manifest.object_id)
        self._store(manifest, encryption(core, scheme, clones, keep_spare=source == "client"))
        return manifest

    def _store(self, manifest: Manifest, preparation: Preparation) -> None:
        """A crash before the last line leaves an unfinished put, which `sweep` removes."""
        register = manifest.object_id
        with self._putting():
            party = Party(CLIENT, self.keyring.new(register))  # first, for it says whose put this is
            self.ledger.reserve(manifest)
            try:
                self.fabric.load(party, register, preparation)
                self._require_arrival(manifest)
            except (QcloneError, OSError):
                self._undo(register)
                raise
            self.ledger.stored(register)

    def get(
        self,
        prefix: str,
        server: str | None = None,
        *,
        correct: bool = False,
        values: Mapping[str, float] | None = None,
        deliver: Callable[[QuantumCircuit], None] | None = None,
        keep: bool = False,
    ) -> Recovered:
        """Recover a register and consume its key, or hand over again what this client has consumed.

        Everything that can fail or take long comes first: clones are fetched, and what comes out is
        computed and kept sealed. Then the ledger records the consumption, once for all. What comes out is
        kept in the keyring until it is acknowledged: whatever happens, the next call hands it over.

        Parameters
        ----------
        prefix : the id of the object or enough of its first digits.
        server : recover with this server's clone.
        correct : fetch more wires than decryption needs, check the Bell pairs that it leaves, and undo the
            most likely error.
        values : of the free parameters of what `server` has run.
        deliver : called with the circuit of the recovered state; when it returns, the register is safe.
        keep : hand it over again until `acknowledge` is called.

        Raises
        ------
        NoSuchObjectError, KeyConsumedError, NotRecoverableError : nothing has been changed.
        """
        return self._recoveries.get(prefix, Wish(server, correct, values or {}), deliver, keep)

    def run(self, prefix: str, program: Program, server: str) -> Run:
        """Have a server run a program on its clone: it computes on noise, and nothing of the key is used.

        Parameters
        ----------
        server : one that was given a clone and is up. It runs one program; the same again after a failure
            goes on, anything else is refused.

        Raises
        ------
        InvalidInputError : another number of qubits, another program before, no clone there.
        NotRecoverableError : the server is not up, its clone was given up, or the key is no pad.
        """
        return self._computations.run(prefix, program, server)

    def narrow(self, prefix: str, servers: Iterable[str]) -> Manifest:
        """Keep the clones of some servers only, and no more noise qubits than these need.

        The others are Bell-measured in pairs, and their clones given up for good.

        Raises
        ------
        InvalidInputError, NotRecoverableError : a server without a clone, a clone that was given up before, a
            scheme that is not the canonical one, a key that is not whole.
        """
        return self._computations.narrow(prefix, servers)

    def commit(self, prefix: str, server: str) -> Manifest:
        """Turn the key into two bits a qubit, for the clone of one server. The key is consumed by that.

        Raises
        ------
        KeyConsumedError : it was consumed, or committed to another server.
        NotRecoverableError : the server is not up, or a part of the clone, its tails or the key is lost.
        """
        return self._computations.commit(prefix, server)

    def program(
        self, prefix: str, server: str | None, values: Mapping[str, float] | None = None
    ) -> Program | None:
        """Return what a server has run, parameters set; None if it has run nothing. Raises as `get`."""
        manifest = self.ledger.find(prefix)
        if manifest.key.state is KeyState.CONSUMED or (
            server and manifest.committed_to not in (None, server)
        ):
            manifest.require_sealed()
        server = server or manifest.committed_to
        run = manifest.uses.run_at(server) if server else None
        if run is None:
            program_of(None, None, manifest.qubits, values or {})
            return None
        kept = self.keyring.programs.find(manifest.object_id, run.server)
        return program_of(run, kept, manifest.qubits, values or {})

    def release(
        self,
        prefix: str,
        server: str | None = None,
        *,
        values: Mapping[str, float] | None = None,
        deliver: Callable[[QuantumCircuit], None] | None = None,
        keep: bool = False,
    ) -> Recovered:
        """Send a server the bits of its pad: it has the result in the clear, and could undo its program.

        The key is committed to the server first, if it is not yet. What the server has then is returned as a
        circuit, which only a simulation can do.

        Raises
        ------
        InvalidInputError : no server is named and the key is not committed. Otherwise as `commit`.
        """
        manifest = self.ledger.find(prefix)
        server = server or manifest.committed_to
        if server is None:
            manifest.require_sealed()
            raise InvalidInputError(
                f"The key of {manifest.object_id} is not committed.", "Say to which server: --to SERVER"
            )
        wish = Wish(server, False, values or {}, stays=True)
        entry = self.keyring.spool.entry(manifest.object_id)
        # Whoever released and died goes on from there: the key was committed then.
        if entry is None or entry.done or not entry.order.at == server == manifest.committed_to:
            self._recoveries.check(manifest, wish)
            self._computations.commit(manifest.object_id, server)
        return self._recoveries.get(manifest.object_id, wish, deliver, keep)

    def again(
        self,
        prefix: str,
        *,
        deliver: Callable[[QuantumCircuit], None] | None = None,
        keep: bool = False,
    ) -> Recovered:
        """Hand over what was recovered and not acknowledged; asks neither ledger nor fabric first.

        Raises
        ------
        NoSuchObjectError, InvalidInputError : there is none whose object's id starts so, or several.
        """
        return self._recoveries.again(prefix, deliver, keep)

    def acknowledge(self, prefix: str) -> Manifest:
        """Say that a recovered register is safe: it is not handed over again. Raises NoSuchObjectError."""
        return self._recoveries.acknowledge(prefix)

    def remove(self, prefix: str) -> Manifest:
        """Give an object up for good, qubits and key: its clones are released, and nothing recovers it.

        Its key may be committed, also to a server that is lost. The ledger has the removal before a qubit is
        thrown away; what a crash leaves, `sweep` removes. Of an object whose key is consumed only the record
        goes.

        Parameters
        ----------
        prefix : the id of the object or enough of its first digits.

        Raises
        ------
        NoSuchObjectError : there is none.
        NotRecoverableError : its key is not in this keyring: another client needs it.
        InvalidInputError : a recovery has begun, or was not acknowledged yet.

        Example
        -------
        >>> import tempfile
        >>> from qiskit import QuantumCircuit
        >>> from qclone.store import Cloud
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cloud = Cloud.create(f"{folder}/cloud", servers=3)
        ...     stored = cloud.client.put(QuantumCircuit(2))
        ...     _ = cloud.client.remove(stored.object_id)
        ...     left = cloud.ledger.manifests(), cloud.fabric.qubits_at()
        ...     cloud.close()
        >>> left
        ([], {})
        """
        object_id = self.ledger.find(prefix).object_id
        with self._turn(object_id):
            manifest = self.ledger.find(object_id)  # whoever had the turn may have recovered or removed it
            self.require_removable(manifest)
            self.ledger.remove(manifest.object_id)
            if manifest.key.state is not KeyState.CONSUMED:
                self._undo(manifest.object_id)
        return manifest

    def require_removable(self, manifest: Manifest) -> None:
        """Raise what `remove` would, before anything is done."""
        if manifest.key.state is KeyState.CONSUMED:
            return
        holds = self.keyring.holds(manifest.object_id)
        entry = self.keyring.spool.entry(manifest.object_id) if holds else None
        if entry is not None and entry.order != NOTHING_YET:
            raise InvalidInputError(
                f"A recovery of {manifest.object_id} has begun here; it is not removed.",
                f"Finish it first: qclone get {manifest.object_id}",
            )
        require_removable(manifest)
        self.keyring.secret(manifest.object_id)

    def _require_arrival(self, manifest: Manifest) -> None:
        if not self.fabric.links().loss:
            return
        try:
            plan_recovery(self.holdings(manifest))
        except NotRecoverableError:
            raise NotRecoverableError(
                "Too many clones were lost on the way to the servers; nothing is stored.",
                "Put it again: every qubit of one clone must arrive.",
            ) from None

    def noise(self, manifest: Manifest) -> dict[str, PauliChannel]:
        """What every wire of the base scheme has gone through from the put to its use in a recovery.

        Waiting, and for a clone the way to its server and back; if that is nothing, errors are rare and
        all alike.
        """
        waiting = self.fabric.memory().channel(self.fabric.now() - manifest.clock_s)
        travelling = self.fabric.links().channel(journeys=2)
        base = from_spec(manifest.scheme, kind=Parallel).base
        noise = {wire.label: waiting for wire in base.wires}
        for label, holder in manifest.clones.items():
            if holder != CLIENT:
                noise |= {wire: together(waiting, travelling) for wire in base.clone(label).wires}
        if not any(map(any, noise.values())):
            return {wire.label: depolarizing(RARE) for wire in base.wires}
        return noise

    def fidelity(self, object_id: str, circuit: QuantumCircuit | bytes) -> float:
        """Diagnostic, possible only in simulation: |<psi|phi>|^2 with what was put in.

        Parameters
        ----------
        circuit : what was recovered, or a file of it as it was written.
        """
        from qclone.store._core import dump

        return self.fabric.fidelity(object_id, circuit if isinstance(circuit, bytes) else dump(circuit))

    def holdings(self, manifest: Manifest) -> Holdings:
        """Return where an object's wires are now."""
        return next(self.holdings_of([manifest]))

    def holdings_of(self, manifests: Sequence[Manifest]) -> Iterator[Holdings]:
        """Return where the wires of many objects are now, in few calls."""
        sites = self.fabric.sites()
        schemes: dict[str, Parallel] = {}
        for batch in _batches(manifests):
            where = self.fabric.whereabouts_of([manifest.object_id for manifest in batch])
            for manifest in batch:
                ours = self.keyring.holds(manifest.object_id)
                scheme = _scheme_of(manifest, schemes)
                yield Holdings(manifest, scheme, where[manifest.object_id], sites, ours)

    def lose_key(self, prefix: str, *labels: str) -> None:
        """A fault: noise qubits of the key are lost; `N1` means that of every qubit, `q0.N1` one.

        A clone that the client keeps is lost by its label, too.
        """
        manifest = self.ledger.find(prefix)
        party = Party(CLIENT, self.keyring.secret(manifest.object_id))
        wires = from_spec(manifest.scheme).wires
        kept = {label for label, holder in manifest.clones.items() if holder == CLIENT}
        names = [
            name if wire.role is Role.NOISE or name & kept else set()
            for wire in wires
            for name in [{wire.label, wire.label.partition(".")[2]}]
        ]
        if unknown := set(labels).difference(*names):
            raise UnknownWireError(
                f"The key has no noise qubit {', '.join(sorted(unknown))}.",
                "Name those of the scheme, such as N1, or q0.N1 of the first qubit alone.",
            )
        gone = [i for i, found in enumerate(names) if found & set(labels)]
        self.fabric.discard(party, manifest.object_id, gone)

    def sweep(self) -> list[str]:
        """Remove what dead puts have left; call only while no put is under way. Returns their ids.

        A put is this client's if its secret is in the keyring. Who else acts for the same tenant, with a
        keyring of their own, may be at theirs right now.
        """
        self._recoveries.settle()
        left = [object_id for object_id in self.ledger.unfinished() if self.keyring.holds(object_id)]
        for object_id in left:
            with suppress(InvalidInputError):  # its last call was only late: the put is complete
                self._undo(object_id)
        return left

    def _undo(self, object_id: str) -> None:
        self.ledger.abandon(object_id)
        self.fabric.forget(Party(CLIENT, self.keyring.secret(object_id)), object_id)
        self.keyring.spool.drop(object_id)  # a commitment's: nothing will be asked for
        self.ledger.strike(object_id)
        self.keyring.drop(object_id)


def _scheme_of(manifest: Manifest, known: dict[str, Parallel]) -> Parallel:
    """Return an object's scheme; the same one for the same specification."""
    with intact("the ledger"):
        specification = json.dumps(manifest.scheme, sort_keys=True)
        if specification not in known:
            scheme = from_spec(manifest.scheme)
            assert isinstance(scheme, Parallel)  # what else was never put
            known[specification] = scheme
        return known[specification]


def _batches(manifests: Iterable[Manifest]) -> Iterator[list[Manifest]]:
    """Split into as many at a time as one answer may tell of."""
    batch: list[Manifest] = []
    wires = 0
    for manifest in manifests:
        # Every clone of a qubit has a signal qubit and a noise qubit at least.
        expected = manifest.qubits * (2 * len(manifest.clones) + 1)
        if batch and (len(batch) == ASKED_AT_ONCE or wires + expected > WIRES_AT_ONCE):
            yield batch
            batch, wires = [], 0
        batch.append(manifest)
        wires += expected
    if batch:
        yield batch
