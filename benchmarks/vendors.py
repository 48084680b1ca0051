"""Every vendor's backends through qclone, each in an environment of its own: the table of docs/processors.md.

    python benchmarks/vendors.py [--environments DIR] [--most N] [VENDOR ...]

makes one virtual environment a vendor (they disagree about Qiskit), installs the vendor's package and what
qclone needs there, and prints one row a backend: the device, the exact twin (without waits, which no vendor's
simulator has) and the experiment on the vendor's own noisy simulator, Bell measurements for n = 2 .. N, and
for each "no" the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

NEEDED = [
    "stim",
    "scipy",
    "click",
    "rich",
    "portalocker",
    "openqasm3[parser]",
    "qiskit-qasm3-import",
    "qiskit-aer",
]
VENDORS: dict[str, tuple[list[str], list[str]]] = {
    "IBM": (["qiskit-ibm-runtime"], ["fake:*"]),
    "IQM": (["iqm-client[qiskit]"], [f"iqm:{n}" for n in ("adonis", "apollo", "aphrodite", "deneb")]),
    "AQT": (["qiskit-aqt-provider"], ["aqt:noisy", "aqt:ideal"]),
    "Braket": (["qiskit-braket-provider"], ["braket:default", "braket:braket_dm"]),
    "Alice & Bob": (
        ["qiskit-alice-bob-provider"],
        [f"alice_bob:EMU:{n}" for n in ("6Q:PHYSICAL_CATS", "15Q:LOGICAL_EARLY", "40Q:LOGICAL_TARGET")],
    ),
    "QDK": (["qdk[qiskit]"], ["qdk:qsharp", "qdk:neutral_atom"]),
    "Quantinuum": (["pytket-quantinuum[pecos]", "pytket-qiskit"], ["quantinuum:H1-1LE"]),
    "Qiskit": ([], ["generic:cz", "generic:ecr", "generic:cx", "aer:", "aer:brisbane"]),
}
SOURCE = Path(__file__).parents[1] / "src"
SHOTS = 2000


def probe(name: str, most: int) -> dict[str, object]:
    """Return what one backend does, as JSON types; runs in the vendor's environment."""
    import qiskit

    from qclone.device import NoiseRules, from_backend
    from qclone.errors import QcloneError
    from qclone.experiments import Sensitivity, Setup, run

    row: dict[str, object] = {"backend": name, "qiskit": qiskit.__version__}
    rules = NoiseRules().without("idle")
    try:
        backend = made(name)
        device = from_backend(backend)
        row |= {"device": repr(device), "notes": list(device.notes)}
        for n in range(2, most + 1):
            bell = Sensitivity(clones=(n,)).rows()[:1]
            (twin,) = run(bell, Setup(device, rules=rules))
            row[f"twin {n}"] = twin.estimate.value
            (found,) = run(bell, Setup(device, shots=SHOTS), backend=backend)
            row[f"run {n}"] = [found.estimate.value, found.estimate.error]
    except QcloneError as error:
        row["no"] = error.message
    except Exception as error:  # a vendor's refusal is the vendor's to explain
        row["no"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return row


def made(name: str) -> object:
    """Return a backend of a name, Qiskit's generic ones included."""
    from qiskit.providers.fake_provider import GenericBackendV2

    from qclone.device import backend_named

    if name.startswith("generic:"):
        gates = [name.partition(":")[2], "id", "rz", "sx", "x"]
        return GenericBackendV2(14, basis_gates=gates, seed=1)
    return backend_named(name)


def inside(names: list[str], most: int) -> None:
    """Print one JSON line a backend."""
    import warnings

    warnings.simplefilter("ignore")
    if names == ["fake:*"]:
        from qiskit_ibm_runtime import fake_provider

        kinds = [n for n in dir(fake_provider) if n.startswith("Fake") and "Provider" not in n]
        names = [f"qiskit_ibm_runtime.fake_provider:{n}" for n in kinds]
    for name in names:
        started = time.monotonic()
        row = probe(name, most)
        print(json.dumps(row | {"seconds": round(time.monotonic() - started, 1)}), flush=True)


def python_of(vendor: str, folder: Path) -> Path:
    """Return the interpreter of a vendor's environment, made on first use."""
    place = folder / vendor.lower().replace(" & ", "_")
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *VENDORS[vendor][0], *NEEDED], check=True)
    return python


def main() -> None:
    """Probe vendors one after the other and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("vendors", nargs="*", default=list(VENDORS))
    parser.add_argument("--environments", type=Path, default=Path(tempfile.gettempdir()) / "qclone-vendors")
    parser.add_argument("--most", type=int, default=5)
    parser.add_argument("--inside", nargs="*", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside is not None:
        inside(chosen.inside, chosen.most)
        return
    for vendor in chosen.vendors:
        command = [python_of(vendor, chosen.environments), __file__, "--most", str(chosen.most), "--inside"]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        done = subprocess.Popen(
            [*command, *VENDORS[vendor][1]], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert done.stdout is not None
        for line in done.stdout:
            if line.startswith("{"):
                print(told(vendor, json.loads(line), chosen.most), flush=True)
        if done.wait():
            print(f"| {vendor} | | | | ended with {done.returncode} |", flush=True)


def told(vendor: str, row: dict[str, object], most: int) -> str:
    """Return one line of the table."""
    cells = [vendor, str(row["backend"]).rpartition(":")[2] or str(row["backend"]), str(row["qiskit"])]
    cells.append(str(row.get("device", "")).strip("<>").partition(": ")[2])
    for n in range(2, most + 1):
        twin, run = row.get(f"twin {n}"), row.get(f"run {n}")
        cells.append(f"{twin:.3f}" if twin is not None else "")
        cells.append("{:.3f} ± {:.3f}".format(*run) if isinstance(run, list) else "")
    return "| " + " | ".join([*cells, str(row.get("no", ""))]) + " |"


if __name__ == "__main__":
    sys.exit(main())
