"""Every OpenQASM and QPY file of a folder, put and got: recovered, refused or lost.

    python benchmarks/qasm_collections.py FOLDER [--seconds 60] [--out rows.jsonl]

Public collections that were run are named in docs/qiskit.md; none of their files is part of this repository.
Each file runs in a process of its own, for so many seconds of the processor at most. The fidelity is that
of a second reading (Qiskit's parser, or matrices of the specification's U) of the file and of what came back;
where neither amplitudes nor stabilisers can follow a file, its row says "came back gate by gate", which says
less.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from qclone.circuits import read_register, write_register
from qclone.errors import QcloneError
from qclone.store import Cloud


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out", type=Path, help="rows as JSON, one a line; files that are in it are done")
    arguments = parser.parse_args()
    found = (f for s in ("qasm", "qpy") for f in arguments.folder.rglob(f"*.{s}"))
    files = sorted(found, key=lambda f: (f.stat().st_size, f))
    lines = arguments.out.read_text().splitlines() if arguments.out and arguments.out.exists() else []
    rows = {row["file"]: row for row in map(json.loads, lines)}
    for position, file in enumerate(files, start=1):
        name = str(file.relative_to(arguments.folder))
        if name in rows:
            continue
        rows[name] = {"file": name, **_in_a_process(file, arguments.seconds)}
        print(
            f"{position}/{len(files)} {name}: {rows[name]['outcome']} {rows[name]['says']}", file=sys.stderr
        )
        if arguments.out:
            with arguments.out.open("a") as out:
                out.write(json.dumps(rows[name]) + "\n")
    table = Counter((name.partition("/")[0], row["outcome"]) for name, row in rows.items())
    for (collection, outcome), count in sorted(table.items()):
        print(f"{collection:32} {outcome:28} {count}")


def _in_a_process(file: Path, seconds: float) -> dict[str, object]:
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_try, args=(file, there, seconds))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        process.join()
        if process.exitcode == -signal.SIGXCPU:
            return {"outcome": "not done in time", "says": f"{seconds:g} s", "seconds": seconds}
        return {"outcome": "CRASHED", "says": f"the process died: {process.exitcode}"}
    finally:
        process.join()


def _try(file: Path, there, seconds: float) -> None:
    limit = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    row = _row(file)
    used = resource.getrusage(resource.RUSAGE_SELF)
    there.send({**row, "seconds": round(used.ru_utime + used.ru_stime, 2), "peak_MB": used.ru_maxrss >> 10})


def _row(file: Path) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            cloud = Cloud.create(f"{folder}/cloud", servers=3)
            register = read_register(file)
            stored = cloud.client.put(register.circuit, content=register.content)
        except QcloneError as error:
            return {"outcome": "refused", "says": str(error)}
        except BaseException as error:
            return {"outcome": "CRASHED", "says": f"{type(error).__name__}: {error}"}
        try:
            back = cloud.client.get(stored.object_id)
            write_register(back.circuit, Path(folder, "back.qasm"))
            written = Path(folder, "back.qasm")
            # A long text is not parsed a second time; the same circuit in QPY is.
            if written.stat().st_size > 1 << 20:
                write_register(read_register(written).circuit, written := Path(folder, "back.qpy"))
            fidelity = cloud.client.fidelity(stored.object_id, written.read_bytes())
        except BaseException as error:
            return {"outcome": "LOST", "says": f"{type(error).__name__}: {error}"}
        how = getattr(fidelity, "how", "")
        outcome = "recovered, fidelity 1" if how.startswith("with the file") else "came back gate by gate"
        if abs(1 - fidelity) > 1e-9:
            outcome = "WRONG"
        size = f"{register.num_qubits} qubits, {len(register.circuit.data)} gates"
        return {"outcome": outcome, "says": f"{size}, fidelity {fidelity:.12g} {how}"}


if __name__ == "__main__":
    main()
