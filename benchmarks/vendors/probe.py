"""What one vendor's backends do, one JSON line whenever more is known; runs in the vendor's environment."""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import qiskit
from own import counts
from qiskit import qpy

from qclone.device import Device, NoiseRules, backend_named, from_backend, name_of, noise_model_of
from qclone.device._noise_model import NoiseModel
from qclone.errors import QcloneError
from qclone.estimate import Estimate
from qclone.experiments import Row, Sensitivity, Setup, export, has_native, import_counts, run

SHOTS = {2: 2000, 3: 1000, 4: 500, 5: 500}
"""n -> shots a setting: simulators take long over more clones."""
SEED = 11
# No vendor's simulator has waits.
RULES = NoiseRules().without("idle")
Row_ = dict[str, Any]


def named(name: str) -> list[str]:
    """Return the names of backends that a name with a star stands for."""
    if name == "fake:*":
        from qiskit_ibm_runtime import fake_provider

        kinds = [n for n in dir(fake_provider) if n.startswith("Fake") and "Provider" not in n]
        return [f"qiskit_ibm_runtime.fake_provider:{n}" for n in kinds]
    if name == "qdmi:*":
        from mqt.core.plugins.qiskit import QDMIProvider

        return [f"qdmi:{name_of(b)}" for b in QDMIProvider().backends()]
    return [name]


def made(name: str) -> Any:
    """Return a backend of a name, Qiskit's generic ones included."""
    if name.startswith("generic:"):
        from qiskit.providers.fake_provider import GenericBackendV2

        gates = [name.partition(":")[2], "id", "rz", "sx", "x"]
        return GenericBackendV2(14, basis_gates=gates, seed=1)
    return backend_named(name)


def probe(name: str, sizes: list[int], say: Callable[[Row_], None]) -> None:
    """Say what one backend does, again after every size."""
    row: Row_ = {"backend": name, "qiskit": qiskit.__version__, "sizes": {}}
    try:
        backend = made(name)
        row["package"] = package_of(backend)
        device = from_backend(backend)
        row |= {"device": repr(device).strip("<>").partition(": ")[2], "notes": list(device.notes)}
    except Exception as error:  # a vendor's refusal is the vendor's to explain
        say(row | {"no": reason(error)})
        return
    for n in sizes:
        row["sizes"][str(n)] = size = {}
        for part in (ladder, native):
            try:
                part(n, backend, device, size)
            except Exception as error:  # the same
                size["no" if part is ladder else "no native"] = reason(error)
        say(row)


def ladder(n: int, backend: Any, device: Device, found: Row_) -> None:
    """Write down what the paper's circuit gives: exactly, by `run`, and by the vendor's own tools."""
    experiment = Sensitivity(clones=(n,))
    bell = experiment.rows()[:1]
    setup = Setup(device, shots=SHOTS[n], seed=SEED, rules=RULES)
    (twin,) = run(bell, setup)
    found["twin"] = twin.estimate.value
    (measured,) = run(bell, setup, backend=backend)
    found["run"] = pair(measured.estimate)
    if (noise := shown_noise(backend)) is not None:
        found["simulated"] = simulated(bell[0], setup, noise)
    with tempfile.TemporaryDirectory() as folder:
        exported = export([experiment], bell, setup, Path(folder))
        names = [c[0] for c in json.loads(exported.manifest.read_text())["rows"][0]["circuits"]]
        circuits = []
        for circuit in names:
            with (Path(folder) / f"{circuit}.qpy").open("rb") as file:
                circuits += qpy.load(file)
        try:
            seen = dict(zip(names, counts(backend, circuits, SHOTS[n]), strict=True))
            path = Path(folder) / "counts.json"
            path.write_text(json.dumps(seen))
            (own,) = import_counts(path)
            found["own"] = pair(own.estimate)
        except Exception as error:  # the vendor's own tools do not do it
            found["no own"] = reason(error)


def native(n: int, backend: Any, device: Device, found: Row_) -> None:
    """Write down what the circuit built for the lattice gives; nothing where none is known."""
    row = Sensitivity(clones=(n,)).rows()[1]
    if not has_native(row, device):
        found["no native"] = "none known"
        return
    setup = Setup(device, shots=SHOTS[n], seed=SEED, rules=RULES, circuits="native")
    (twin,) = run([row], setup)
    found["native twin"] = twin.estimate.value
    if "no" not in found:
        # A backend that is refused for what it returns is not believed about other circuits.
        (measured,) = run([row], setup, backend=backend)
        found["native run"] = pair(measured.estimate)
        if (noise := shown_noise(backend)) is not None:
            found["native simulated"] = simulated(row, setup, noise)


def shown_noise(backend: Any) -> NoiseModel | None:
    """Return the noise of the simulator in a fake backend, which shows it once it has run."""
    return noise_model_of(getattr(backend, "sim", None) or getattr(backend, "_sim", None))


def simulated(row: Row, setup: Setup, noise: NoiseModel) -> float:
    """Return the exact value with what Aer makes of a calibration, on the same qubits."""
    from qclone.experiments._exact import Exact

    placed = setup.place(row)
    index = {q: i for i, q in enumerate(placed.qubits)}
    used = {tuple(index[q] for q in i.qubits) for i in placed.data if i.operation.name != "barrier"}
    couplers = tuple(
        replace(c, error=min(errors))
        if ({(c.a, c.b), (c.b, c.a)} & used)
        and (errors := [e for q in ((c.a, c.b), (c.b, c.a)) if (e := noise.infidelity(c.gate, q))])
        else c
        for c in setup.device.couplers
    )
    qubits = tuple(
        replace(
            q,
            gate_error=noise.infidelity("sx", (i,)) or q.gate_error,
            readout_error=noise.readout_error(i) or q.readout_error,
        )
        if q is not None and (i,) in used
        else q
        for i, q in enumerate(setup.device.qubits)
    )
    device = replace(setup.device, couplers=couplers, qubits=qubits)
    data = Exact(placed, row.measurement.settings(), device, setup.rules, setup.shots)
    return row.measurement.analyse(data).estimate.value


def pair(estimate: Estimate) -> list[float]:
    """Return a value and its standard error."""
    return [round(estimate.value, 5), round(estimate.error, 5)]


def reason(error: Exception) -> str:
    """Return why not, in one line: our sentence, or the vendor's."""
    if isinstance(error, QcloneError):
        return error.message
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def package_of(backend: Any) -> str:
    """Return the package that a backend is of, with its version."""
    from importlib.metadata import packages_distributions

    top = type(backend).__module__.partition(".")[0]
    top = "pytket" if top == "qclone" else top  # the emulator of Quantinuum's package
    names = ["pytket-quantinuum"] if top == "pytket" else packages_distributions().get(top, [top])
    for name in names:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return top


def alone(name: str, sizes: list[int], pipe: Connection) -> None:
    """Probe in a process of its own: some simulators never end, some end with the process."""
    warnings.simplefilter("ignore")
    probe(name, sizes, lambda row: pipe.send(json.dumps(row)))


def main() -> None:
    """Probe backends one by one: probe.py SIZES PATIENCE RESULTS VENDOR NAME ...; SIZES+ if missing."""
    sizes, patience = [int(n) for n in sys.argv[1].rstrip("+").split(",")], float(sys.argv[2])
    names = [one for name in sys.argv[5:] for one in named(name)]
    todo = {name: sizes for name in names}
    results = Path(sys.argv[3])
    if sys.argv[1].endswith("+") and results.exists():
        known = {r["backend"]: r for r in json.loads(results.read_text()) if r["vendor"] == sys.argv[4]}
        for name in names:
            if name in known and not known[name]["sizes"]:
                todo.pop(name)
            elif name in known:
                done = {n for n, s in known[name]["sizes"].items() if {"own", "no own", "no"} & s.keys()}
                todo[name] = [n for n in sizes if str(n) not in done]
    context = multiprocessing.get_context("fork")  # imports are paid for once
    for name, sizes in todo.items():
        if not sizes:
            continue
        ours, theirs = context.Pipe(duplex=False)
        started = time.monotonic()
        process = context.Process(target=alone, args=(name, sizes, theirs))
        process.start()
        theirs.close()
        row: Row_ = {"backend": name, "qiskit": qiskit.__version__, "sizes": {}}
        try:
            while ours.poll(max(0.0, started + patience - time.monotonic())):
                row = json.loads(ours.recv())
            row["no"] = f"not done in {patience:.0f} s"
            process.kill()
        except EOFError:
            process.join()
            if process.exitcode:
                row["no"] = f"its process ended with {process.exitcode}"
        print(json.dumps(row | {"seconds": round(time.monotonic() - started, 1)}), flush=True)


if __name__ == "__main__":
    main()
