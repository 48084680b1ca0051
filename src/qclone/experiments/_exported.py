"""Circuits that are measured elsewhere: written with names, and their counts read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit, qasm3, qpy

from qclone.device import NoiseRules
from qclone.device._device import Device
from qclone.errors import InvalidInputError
from qclone.experiments._controls import check_order
from qclone.experiments._counts import Counts, setting_circuits
from qclone.experiments._experiment import Experiment, Row
from qclone.experiments._given_counts import given_counts
from qclone.experiments._identity import identity_of, key_of, measured_as
from qclone.experiments._mitigation import variants
from qclone.experiments._reading import check_reading, laws_of
from qclone.experiments._registry import experiment_named
from qclone.experiments._result import Result
from qclone.experiments._results import Results
from qclone.experiments._routes import Routes
from qclone.experiments._run import is_entangling, merged
from qclone.experiments._setup import Setup
from qclone.experiments._store import Folder, write_whole
from qclone.simulate import Machine

MANIFEST = "circuits.json"


@dataclass(frozen=True)
class Exported:
    """What an export wrote: circuits in all, shots of each, and the file that names them."""

    circuits: int
    shots: int
    manifest: Path


def export(
    experiments: Sequence[Experiment],
    rows: Sequence[Row],
    setup: Setup,
    folder: Path,
    machine: Machine | None = None,
) -> Exported:
    """Write the placed circuit of every setting of rows as OpenQASM 3 and QPY, and a manifest of names.

    Parameters
    ----------
    experiments : those that the rows are of.
    machine : in whose gates they are written; those of the device by default.

    Raises
    ------
    InvalidInputError : a row does not fit on the device.
    StorageError : the folder cannot be written.
    """
    Folder(folder)  # made, or said to be impossible
    entries, total, shots = [], 0, 0
    for number, row in enumerate(rows):
        here = setup.for_row(row)
        placed = Routes().placed(row, here)[0]
        settings = row.measurement.settings()
        made = variants(placed, row, here)
        shots = max(1, here.shots // len(made))
        names = []
        for v, circuit in enumerate(made):
            every = setting_circuits(circuit, settings)
            for setting, one in zip(settings, machine.translated(every) if machine else every, strict=True):
                text = qasm3.dumps(one)
                # Counts of another export, of the same row on another device, have other names.
                tag = sha256(f"{text}{here.device.digest}{shots}".encode()).hexdigest()[:6]
                several = f"-{v}" if len(made) > 1 else ""
                name = f"{number:03d}-{row.experiment}-{setting}{several}-{tag}"
                names.append([name, setting])
                _write(folder, name, one, text)
        total += len(names)
        entries.append(
            {
                "experiment": row.experiment,
                "parameters": dict(row.parameters),
                "circuits": names,
                "shots": shots,
                "layers": placed.depth(is_entangling),
                "gates": sum(map(is_entangling, placed.data)),
                "identity": identity_of(row, here, [placed], None) | {"code": None, "versions": {}},
            }
        )
    document = {
        "experiments": [
            {"class": f"{type(e).__module__}:{type(e).__qualname__}", "fields": asdict(e)}
            for e in experiments
        ],
        "setup": {
            **{k: getattr(setup, k) for k in ("circuits", "shots", "seed", "layout")},
            "rules": asdict(setup.rules),
        },
        "device": setup.device.to_dict(),
        "rows": entries,
    }
    write_whole(folder, MANIFEST, json.dumps(document, indent=1).encode())
    return Exported(total, shots, folder / MANIFEST)


class Imported(Results):
    """Results of rows that were measured elsewhere, and what the others lack.

    Parameters
    ----------
    lacking : row in words -> the names of its circuits without counts, of every row that is left out.
    """

    def __init__(self, results: Iterable[Result], lacking: Mapping[str, Sequence[str]]) -> None:
        super().__init__(results)
        self.lacking = lacking

    def __repr__(self) -> str:
        left = f", {len(self.lacking)} of the export lack circuits" if self.lacking else ""
        return f"{super().__repr__()[:-1]}{left}>"


def import_counts(counts: Path, exported: Path | None = None, out: Path | None = None) -> Imported:
    """Return the results of exported circuits that were measured elsewhere; rows that lack some are left out.

    Parameters
    ----------
    counts : JSON, name of the circuit -> bit string -> shots; the last character is bit 0.
    exported : the folder that `export` wrote; that of the counts by default.
    out : keep the results there.

    Raises
    ------
    InvalidInputError : no such files; counts of circuits that are missing, unknown or of another width.
    QcloneError : counts that no machine measures, see `_reading`.
    """
    folder = counts.parent if exported is None else exported
    manifest, measured = _json(folder / MANIFEST), _json(counts)
    try:
        rows = [row for e in manifest["experiments"] for row in _experiment(e).rows()]
        setup = Setup(
            Device.from_dict(manifest["device"]),
            rules=NoiseRules(**manifest["setup"].pop("rules")),
            **manifest["setup"],
        )
        entries = [(_row(entry, rows), entry) for entry in manifest["rows"]]
        names = {name for _, entry in entries for name, _ in entry["circuits"]}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(
            f"{folder / MANIFEST} names no exported circuits: {error}.",
            "Export them with: qclone experiment NAME --export DIR",
        ) from None
    if unknown := set(measured) - names:
        raise InvalidInputError(
            f"{counts} has counts of circuits that were not exported: {', '.join(sorted(unknown)[:3])}.",
            f"The names are in {folder / MANIFEST}; those of circuits for another device end differently.",
        )
    results, lacking = [], {}
    for row, entry in entries:
        if left := [name for name, _ in entry["circuits"] if name not in measured]:
            lacking[_words(row)] = left
        else:
            results.append(_result(entry, row, setup, measured, counts, folder))
    if not results:
        fewest = min(lacking, key=lambda words: len(lacking[words]))
        raise InvalidInputError(
            f"{counts} has no row whose settings were all measured: {fewest} lacks "
            f"{', '.join(lacking[fewest][:3])}.",
            f"Circuits are in {folder}.",
        )
    if out is not None:
        kept = Folder(out)
        for result in results:
            kept.write(result, QuantumCircuit())
    return Imported(results, lacking)


def _words(row: Row) -> str:
    return f"{row.experiment} {' '.join(f'{k}={v}' for k, v in row.parameters.items())}"


def _row(entry: Mapping[str, Any], rows: Sequence[Row]) -> Row:
    """Return the row that was exported; raises InvalidInputError if it is measured otherwise by now."""
    known = {row.experiment: row for row in rows if _jsoned(row.parameters) == entry["parameters"]}
    row = known.get(entry["experiment"])
    if row is None or _jsoned(measured_as(row)) != entry["identity"]["measurement"]:
        raise InvalidInputError(
            f"The row {entry['parameters']} of {entry['experiment']} was exported by another version, "
            "whose settings were others."
            if row
            else f"The experiment {entry['experiment']} has no row {entry['parameters']}.",
            "Export the circuits again, or import with the version that exported them.",
        )
    return row


def _jsoned(content: Any) -> Any:
    return json.loads(json.dumps(content))


def _result(
    entry: Mapping[str, Any],
    row: Row,
    setup: Setup,
    measured: Mapping[str, Any],
    source: Path,
    folder: Path,
) -> Result:
    """Return the result of one row."""
    names = entry["circuits"]
    parts = []
    settings = row.measurement.settings()
    for start in range(0, len(names), len(settings)):
        part = {}
        for name, setting in names[start : start + len(settings)]:
            part[setting] = given_counts(name, measured[name], len(settings[setting]))
        parts.append(Counts(part))
    counts = merged(parts)
    circuits = _circuits(folder, names[: len(settings)])
    check_reading(counts, circuits, source.name)
    check_order(counts, laws_of(circuits), circuits, source.name)
    found = row.measurement.analyse(counts)
    content = sha256(json.dumps(counts.counts, sort_keys=True).encode()).hexdigest()
    identity = {**entry["identity"], "engine": {"imported": content}}
    return Result(
        key=key_of(identity),
        experiment=row.experiment,
        parameters=row.parameters,
        quantity=found.name,
        estimate=found.estimate,
        layers=entry["layers"],
        gates=entry["gates"],
        bounds=row.bounds,
        published=row.published,
        provenance=setup.provenance
        | {"engine": f"measured elsewhere: {source.name}", "returned": counts.returned()},
        data={"counts": counts.counts},
        matrices=found.matrices,
        accepted=found.accepted,
        identity=identity,
    )


def _circuits(folder: Path, names: Sequence[tuple[str, str]]) -> dict[str, QuantumCircuit]:
    """Return the circuits of settings as they were exported; those whose files are gone are left out."""
    found = {}
    for name, setting in names:
        if (path := folder / f"{name}.qpy").is_file():
            try:
                with path.open("rb") as file:
                    (found[setting],) = qpy.load(file)
            except Exception as error:  # whatever Qiskit raises, the file is none of its own
                raise InvalidInputError(
                    f"{path} cannot be read: {type(error).__name__}: {error}.",
                    "Export the circuits again, or remove the file: then counts are not checked against it.",
                ) from None
    return found


def _experiment(entry: Mapping[str, Any]) -> Experiment:
    kind = experiment_named(str(entry["class"]))
    return kind(**{k: _tuples(v) for k, v in entry["fields"].items()})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(), object_pairs_hook=_once)
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error}.", "Export circuits with: qclone experiment NAME --export DIR"
        ) from None
    if not isinstance(document, dict):
        raise InvalidInputError(f"{path} holds no names with counts.", "Write name -> bit string -> shots.")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; of a name that is there twice the first value would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _write(folder: Path, name: str, circuit: QuantumCircuit, text: str) -> None:
    packed = BytesIO()
    qpy.dump(circuit, packed)
    write_whole(folder, f"{name}.qpy", packed.getvalue())
    write_whole(folder, f"{name}.qasm", text.encode())
