"""Every vendor's backends through qclone, in environments of their own: the tables of docs/processors.md.

    make vendors                                    # all of it: hours on two cores
    python benchmarks/vendors [--sizes 2,3] [VENDOR ...]
    python benchmarks/vendors --tables              # only writes the tables anew, from results.json

makes one virtual environment a vendor under build/vendors (they disagree about Qiskit), installs the vendor's
package and what qclone needs there, and finds out for every backend and every n: the exact twin (without
waits, which no vendor's simulator has), the experiment on the vendor's own simulator, the same circuits
exported, translated and run by the vendor's own tools, and the circuit built for the lattice; and for each
"no" the reason. It all goes into results.json here, one entry a backend, and from there into the page.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import portalocker
from tables import write_tables

NEEDED = ["stim", "scipy", "click", "rich", "portalocker", "openqasm3[parser]", "qiskit-aer"]
VENDORS: dict[str, tuple[list[str], list[str]]] = {
    "AQT": (["qiskit-aqt-provider"], ["aqt:noisy", "aqt:ideal"]),
    "Alice & Bob": (
        ["qiskit-alice-bob-provider"],
        [f"alice_bob:EMU:{n}" for n in ("6Q:PHYSICAL_CATS", "15Q:LOGICAL_EARLY", "40Q:LOGICAL_TARGET")],
    ),
    "Braket": (["qiskit-braket-provider"], ["braket:default", "braket:braket_dm"]),
    "IBM": (["qiskit-ibm-runtime"], ["fake:*"]),
    "IonQ": (["qiskit-ionq"], ["ionq:ionq_simulator", "ionq:ionq_qpu.forte-1"]),
    "IQM": (["iqm-client[qiskit]"], [f"iqm:{n}" for n in ("adonis", "apollo", "aphrodite", "deneb")]),
    "QDK": (["qdk[qiskit]"], ["qdk:qsharp", "qdk:neutral_atom"]),
    "QDMI": (["mqt-core[qiskit]"], ["qdmi:*"]),
    "Qiskit": (["qiskit-ibm-runtime"], ["generic:cz", "generic:ecr", "generic:cx", "aer:", "aer:brisbane"]),
    "Quantinuum": (
        ["pytket-quantinuum[pecos]", "pytket-qiskit"],
        ["quantinuum:H2-1LE", "quantinuum:H2-1LE:noisy", "quantinuum:H1-1LE:noisy"],
    ),
}
"""Vendor -> its packages, and the names of its backends as qclone takes them."""
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"


def main() -> None:
    """Ask the chosen vendors, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("vendors", nargs="*", metavar="VENDOR", help=", ".join(VENDORS))
    parser.add_argument("--environments", type=Path, default=ROOT / "build" / "vendors")
    parser.add_argument("--sizes", default="2,3,4,5", help="numbers of clones")
    parser.add_argument("--patience", type=float, default=900, help="seconds that one backend may take")
    parser.add_argument("--backends", help="only these of the vendor, with commas")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where what is found is kept")
    parser.add_argument("--missing", action="store_true", help="leave out what is kept")
    parser.add_argument("--tables", action="store_true", help="only write the tables anew")
    chosen = parser.parse_args()
    for vendor in [] if chosen.tables else chosen.vendors or VENDORS:
        python = python_of(vendor, chosen.environments)
        sizes = f"{chosen.sizes}{'+' if chosen.missing else ''}"
        command = [python, HERE / "probe.py", sizes, str(chosen.patience), chosen.results, vendor]
        command += chosen.backends.split(",") if chosen.backends else VENDORS[vendor][1]
        variables = {**os.environ, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as done:
            assert done.stdout is not None
            for line in done.stdout:
                if line.startswith("{"):
                    keep(chosen.results, vendor, json.loads(line))
        if done.returncode:
            print(f"{vendor}: the probe ended with {done.returncode}.", file=sys.stderr)
    if chosen.results == RESULTS:
        write_tables(kept(RESULTS), ROOT / "docs" / "processors.md")


def python_of(vendor: str, folder: Path) -> Path:
    """Return the interpreter of a vendor's environment, made on first use."""
    place = folder / vendor.lower().replace(" & ", "_")
    python, done = place / "bin" / "python", place / "installed"
    if not done.exists():
        print(f"{vendor}: setting up {place} ...", file=sys.stderr)
        venv.create(place, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *VENDORS[vendor][0], *NEEDED], check=True)
        # Of qclone only itself: what it asks for is more than vendors allow together.
        subprocess.run([*install, "--no-deps", "--editable", ROOT], check=True)
        done.touch()
    return python


def kept(results: Path) -> list[dict[str, Any]]:
    """Return what is known of all backends."""
    return json.loads(results.read_text()) if results.exists() else []


def keep(results: Path, vendor: str, row: dict[str, Any]) -> None:
    """Write down what a backend does, in place of what was known of it; several may write."""
    row = {"vendor": vendor, **row}
    with portalocker.Lock(results.with_suffix(".lock")):
        rows = {(r["vendor"], r["backend"]): r for r in kept(results)}
        before = rows.get((vendor, row["backend"]), row)
        rows[vendor, row["backend"]] = row | {"sizes": before["sizes"] | row["sizes"]}
        document = [rows[key] for key in sorted(rows)]
        results.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    print(f"{vendor} {row['backend']}: {row.get('no', 'done')}, {row['seconds']} s", file=sys.stderr)


if __name__ == "__main__":
    main()
