"""Acceptance of computing on clones, and what it costs: computing.py [clifford|mixed|pad|tails|kills] [N]

clifford : N random Clifford programs (k <= 4, n = 2..7), a different one on every server; all others are
           destroyed or measured. Counts those that do not come back as C psi.
mixed    : N random Clifford + T + Rz + CCZ programs, all servers computing. The worst infidelity.
pad      : the time to carry the pad of 100 qubits through 100,000 Clifford instructions.
tails    : tails of well-known circuits, as written and after reduction.
kills    : N times SIGKILL of a process that runs, narrows, commits and recovers; it comes out once.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import stim
from qiskit import QuantumCircuit
from qiskit.circuit.library import QFTGate
from qiskit.quantum_info import Statevector, random_clifford

from qclone.compute import Program, fewer_tails
from qclone.errors import KeyConsumedError, QcloneError
from qclone.store import Cloud, KeyState, Party

FAST = "/dev/shm" if Path("/dev/shm").is_dir() else None


def prepared(rng, k):
    circuit = QuantumCircuit(k)
    for q in range(k):
        circuit.u(*rng.uniform(0, 6, 3), q)
    for a, b in itertools.combinations(range(k), 2):
        circuit.cx(a, b)
        circuit.rx(rng.uniform(0, 6), b)
    return circuit


def random_program(rng, k, slots, gates=14):
    circuit = QuantumCircuit(k)
    where = set(rng.choice(gates, size=slots, replace=False).tolist())
    for i in range(gates):
        if i in where:
            kind = rng.integers(0, 4 if k >= 3 else 3)
            if kind == 3:
                circuit.ccz(*rng.permutation(k)[:3].tolist())
            elif kind == 2:
                circuit.rz(rng.uniform(-4, 4), int(rng.integers(k)))
            else:
                (circuit.t, circuit.tdg)[kind](int(rng.integers(k)))
        if k > 1 and rng.random() < 0.5:
            getattr(circuit, rng.choice(["cx", "cz", "swap", "cy"]))(*rng.permutation(k)[:2].tolist())
        else:
            getattr(circuit, rng.choice(["h", "s", "sdg", "x", "sx"]))(int(rng.integers(k)))
    return circuit


def infidelity(put, program, got):
    expected = Statevector(put).evolve(program.circuit).data
    return 1 - abs(np.vdot(expected, Statevector(got).data)) ** 2


def programs(count, clifford):
    rng = np.random.default_rng(int(clifford))
    worst, wrong = 0.0, 0
    with tempfile.TemporaryDirectory(dir=FAST) as folder:
        clouds = {n: Cloud.create(f"{folder}/{n}", servers=n) for n in range(2, 8)}
        for number in range(count):
            n, k = 2 + number % 6, 1 + int(rng.integers(4))
            cloud, put = clouds[n], prepared(rng, k)
            stored = cloud.client.put(put, num_clones=n, source="discard")
            ran = {}
            for server in stored.servers:
                if clifford:
                    circuit = random_clifford(k, seed=int(rng.integers(2**31))).to_circuit()
                else:
                    circuit = random_program(rng, k, int(rng.integers(0, 7)))
                ran[server] = Program.of(circuit, late=bool(rng.integers(2)))
                cloud.client.run(stored.object_id, ran[server], server)
            kept = str(rng.choice(stored.servers))
            others = [server for server in stored.servers if server != kept]
            for server in others if rng.random() < 0.5 else []:
                wires = cloud.fabric.whereabouts(stored.object_id)[server][: 1 + int(rng.integers(2))]
                if n % 2 == 0:  # odd n shows Y to all servers together
                    cloud.fabric.measure(Party(server), stored.object_id, wires)
            cloud.lose(*others)
            how = number % 3
            if how == 1:
                cloud.client.commit(stored.object_id, kept)
            back = (
                cloud.client.release(stored.object_id, kept)
                if how == 2
                else cloud.client.get(stored.object_id, kept)
            )
            found = infidelity(put, ran[kept], back.circuit)
            worst, wrong = max(worst, found), wrong + (found > 1e-12)
            cloud.heal(*others)
        for cloud in clouds.values():
            cloud.close()
    print(
        f"{count} {'Clifford' if clifford else 'Clifford + T + Rz + CCZ'} programs: "
        f"{wrong} wrong, worst infidelity {worst:.1e}"
    )


def pad():
    rng = np.random.default_rng(0)
    circuit = stim.Circuit()
    for _ in range(100_000):
        kind, (a, b) = rng.integers(3), rng.permutation(100)[:2].tolist()
        circuit.append(("CX", "H", "S")[kind], [a, b] if kind == 0 else [a])
    program, before = Program(100, (circuit,)), stim.PauliString.random(100)
    start = time.perf_counter()
    program.finish(before, None)
    print(f"pad of 100 qubits through {len(circuit):,} instructions: {time.perf_counter() - start:.3f} s")


def tails():
    def toffoli():
        circuit = QuantumCircuit(3)
        circuit.ccx(0, 1, 2)
        return circuit

    def qft():
        return QFTGate(3).definition

    def grover():
        circuit = QuantumCircuit(3)
        circuit.h([0, 1, 2])
        for _ in range(2):
            circuit.ccz(0, 1, 2)
            circuit.h([0, 1, 2])
            circuit.x([0, 1, 2])
            circuit.ccz(0, 1, 2)
            circuit.x([0, 1, 2])
            circuit.h([0, 1, 2])
        return circuit

    def adder():
        circuit = QuantumCircuit(4)
        circuit.ccx(0, 1, 2)
        circuit.cx(0, 1)
        circuit.ccx(1, 2, 3)
        return circuit

    for name, circuit in (
        ("Toffoli, in T", toffoli().decompose()), ("Toffoli", toffoli()),
        ("QFT of 3", qft()), ("Grover of 3", grover()),
        ("Grover of 3, in T", grover().decompose("ccz").decompose("ccx")),
        ("adder, in T", adder().decompose()),
    ):  # fmt: skip
        program = Program.of(circuit)
        print(f"{name:20} {program.num_tails:3} tails, {fewer_tails(program).num_tails:3} reduced")


def work(directory, object_id, seed, kept):
    rng = np.random.default_rng(seed)
    cloud = Cloud(directory)
    program = Program.of(random_program(rng, 2, 3), late=True)
    server = "server-2"

    def note(circuit):
        with open(f"{directory}/handed-{object_id}", "a") as file:
            file.write("x")

    steps = [
        lambda: cloud.client.run(object_id, program, server),
        lambda: cloud.client.narrow(object_id, [server, "server-1"]),
        lambda: cloud.client.commit(object_id, server),
        lambda: cloud.client.get(object_id, server, deliver=note),
    ]
    for step in steps if not kept else steps[:1] + steps[3:]:
        try:
            step()
        except QcloneError as error:
            if "has run this program" not in error.message:
                return
    cloud.close()


def kills(count):
    """Kill at random instants, then look with the same keyring: handed over once, and right."""
    chance, opened, lost, struck = random.Random(0), 0, 0, 0
    with tempfile.TemporaryDirectory(dir=FAST) as folder:
        directory = f"{folder}/cloud"
        cloud = Cloud.create(directory, servers=4)
        for seed in itertools.count():
            if struck == count:
                break
            put = prepared(np.random.default_rng(seed), 2)
            object_id = cloud.client.put(put).object_id
            process = multiprocessing.get_context("fork").Process(
                target=work, args=(directory, object_id, seed, seed % 2)
            )
            process.start()
            time.sleep(chance.uniform(0, 0.2))
            struck += process.is_alive()
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
            process.join()
            cloud.close()
            cloud = Cloud(directory)
            program = Program.of(random_program(np.random.default_rng(seed), 2, 3), late=True)
            handed = Path(f"{directory}/handed-{object_id}")
            before = handed.stat().st_size if handed.exists() else 0
            manifest = cloud.ledger.find(object_id)
            run = manifest.uses.run_at("server-2")
            try:
                if run is not None and not run.done:
                    cloud.client.run(object_id, program, "server-2")
                    run = cloud.ledger.find(object_id).uses.run_at("server-2")
                back = cloud.client.get(object_id, "server-2")
                ran = program if run is not None else Program(2, ())
                wrong = infidelity(put, ran, back.circuit) > 1e-12
                lost += wrong
                opened += 1
            except KeyConsumedError:
                lost += before == 0
            try:
                cloud.client.get(object_id, "server-1")
                lost += 1  # a second clone opened
            except QcloneError:
                lost += cloud.ledger.find(object_id).key.state is KeyState.SEALED
        cloud.close()
    print(
        f"{count} kills ({struck} struck): {opened} recovered afterwards, {lost} lost, wrong or opened twice"
    )


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "all"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else None
    if what in ("clifford", "all"):
        programs(count or 1000, clifford=True)
    if what in ("mixed", "all"):
        programs(count or 300, clifford=False)
    if what in ("pad", "all"):
        pad()
    if what in ("tails", "all"):
        tails()
    if what in ("kills", "all"):
        kills(count or 1000)
