"""Circuits that everybody knows, run on clones by the command line; embedded or as a service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, qasm3

from qclone.bench.computing._programs import infidelity, known_programs, random_register
from qclone.circuits import read_register


def run_known(directory: Path, folder: Path, seed: int = 0) -> dict[str, tuple[int, float]]:
    """Put, run, get by commands of their own, each known program on a server of its own register.

    Parameters
    ----------
    directory : a cloud of at least four servers, of either kind. folder : an empty one, for files.

    Returns
    -------
    For each program how many qubits came back, as `qclone run` says, and the infidelity of what came out.
    """
    random, found = np.random.default_rng(seed), dict[str, tuple[int, float]]()
    for number, (name, (circuit, _)) in enumerate(known_programs().items()):
        put, server = random_register(random, circuit.num_qubits), f"server-{1 + number % 4}"
        register, program, out = (folder / f"{number}-{what}.qasm" for what in ("put", "program", "out"))
        _write(put, register)
        _write(circuit, program)
        object_id = _qclone(directory, "put", str(register))["id"]
        ran = _qclone(directory, "run", object_id, str(program), "--on", server, "--as-written")
        _qclone(directory, "get", object_id, "--from", server, "-o", str(out))
        found[name] = ran["tails"], infidelity(put, circuit, read_register(out).circuit)
    return found


def _write(circuit: QuantumCircuit, path: Path) -> None:
    path.write_text(qasm3.dumps(circuit))


def _qclone(directory: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "qclone", *arguments, "--cloud", str(directory), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"qclone {' '.join(arguments)}: {done.stdout}{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
