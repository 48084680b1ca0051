"""qclone experiment logical-ions: encoded clones on trapped ions, as an experiment to be done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._output import emit, json_option
from qclone.cli._table import table
from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qclone.logical import LabExperiment


@click.command("logical-ions")
@click.option("--code", default="422", show_default=True, help="422, iceberg4 or iceberg6.")
@click.option("--noise", default="helios", show_default=True, help="helios, helios-idle, h2, or a number.")
@click.option("--clone", default="S2", show_default=True, help="Which clone is decrypted.")
@click.option("--shots", type=click.IntRange(1, 10**9), default=5000, show_default=True, help="A setting.")
@click.option("--export", "folder", type=click.Path(path_type=Path), help="Write the circuits to run here.")
@click.option(
    "--counts",
    type=click.Path(path_type=Path),
    help='What a machine counted: JSON, {"encoded": {"Z": {BITS: SHOTS}, "X": ...}, "bare": ...}.',
)
@click.option("--last-first", is_flag=True, help="BITS have the first record last, as Qiskit prints them.")
@json_option
def command(
    *,
    code: str,
    noise: str,
    clone: str,
    shots: int,
    folder: Path | None,
    counts: Path | None,
    last_first: bool,
    as_json: bool,
) -> None:
    """Say what encrypted cloning in error-detecting blocks would show, for a machine, and read its counts.

    Two settings, encoded and bare: |0> read in Z and |+> read in X; the sum of both rates bounds the
    infidelity. Rates are exact for the noise model, which has no leakage and nothing coherent.
    """
    from qclone.logical import SETTINGS, LabExperiment, load_code, load_rates

    if last_first and counts is None:
        raise InvalidInputError("--last-first is about counts.", "Give --counts.")
    rates = load_rates(noise)
    experiments = {
        "encoded": LabExperiment(load_code(code), clone),
        "bare": LabExperiment(load_code("bare"), clone),
    }
    rows: list[dict[str, Any]] = []
    for what, experiment in experiments.items():
        for setting in SETTINGS:
            found = experiment.rates(rates, setting)
            rows.append(
                {
                    "what": what,
                    "setting": setting,
                    "qubits": experiment.num_qubits,
                    "infidelity": found.infidelity,
                    "accepted": found.accepted,
                    "infidelity_checked": found.infidelity_checked,
                    "accepted_checked": found.accepted_checked,
                    "bad_shots": shots * found.accepted * found.infidelity,
                }
            )
    document: dict[str, Any] = {
        "experiment": "logical-ions",
        "code": code,
        "clone": clone,
        "shots": shots,
        "rows": rows,
        "infidelity": {w: sum(r["infidelity"] for r in rows if r["what"] == w) for w in experiments},
        "assumptions": rates.source,
    }
    if folder is not None:
        document["written"] = [str(path) for path in _write(experiments, folder)]
    if counts is not None:
        document["counted"] = _counted(experiments, counts, last_first)
    emit(as_json, document, lambda: _text(document))


def _write(experiments: dict[str, LabExperiment], folder: Path) -> list[Path]:
    """Every setting as stim, with detectors, and as OpenQASM 3 for the machine."""
    from qclone.logical import SETTINGS

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for what, experiment in experiments.items():
        for setting in SETTINGS:
            circuit = experiment.circuit(setting)
            path = folder / f"{what}-{setting}.stim"
            circuit.to_file(path)
            plain = path.with_suffix(".qasm")
            plain.write_text(experiment.openqasm(setting))
            written += [path, plain]
    return written


def _counted(experiments: dict[str, LabExperiment], path: Path, last_first: bool) -> list[dict[str, Any]]:
    from qclone.logical import SETTINGS

    try:
        given = json.loads(path.read_text())
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Name a JSON file.") from None
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not given or set(given) - set(experiments):
        raise InvalidInputError(f"{path} holds no counts.", 'Such as {"encoded": {"Z": {...}, "X": {...}}}.')
    found = []
    for what, settings in given.items():
        if not isinstance(settings, dict) or not settings or set(settings) - set(SETTINGS):
            raise InvalidInputError(f"{path}: {what} has no counts of Z and X.", "Give those two settings.")
        for setting, numbers in settings.items():
            if not isinstance(numbers, dict):
                raise InvalidInputError(f"{path}: {what}, {setting} is no counts.", "Give bitstrings.")
            ordered = {bits[::-1] if last_first else bits: n for bits, n in numbers.items()}
            kept, checked = experiments[what].analyse(ordered, setting)
            for use, rate in (("kept", kept), ("kept and checked", checked)):
                found.append(
                    {
                        "what": what,
                        "setting": setting,
                        "use": use,
                        "infidelity": rate.infidelity,
                        "interval": list(rate.interval),
                        "accepted": rate.accepted,
                        "bad_shots": rate.failures,
                        "shots": rate.shots,
                    }
                )
    return found


def _text(document: dict[str, Any]) -> str:
    headings = ["WHAT", "SETTING", "QUBITS", "WRONG", "KEPT", "WRONG, CHECKED", "KEPT", "BAD SHOTS EXPECTED"]
    rows = [
        [
            r["what"],
            r["setting"],
            r["qubits"],
            f"{r['infidelity']:.2e}",
            f"{r['accepted']:.4f}",
            f"{r['infidelity_checked']:.2e}",
            f"{r['accepted_checked']:.4f}",
            f"{r['bad_shots']:.1f} of {document['shots']}",
        ]
        for r in document["rows"]
    ]
    both = document["infidelity"]
    text = f"{table(headings, rows)}\nInfidelity, at most the sum of both settings: encoded "
    text += f"{both['encoded']:.2e}, bare {both['bare']:.2e}.\nNoise: {document['assumptions']}."
    if "written" in document:
        text += f"\nWrote {', '.join(document['written'])}."
    if "counted" in document:
        told = []
        for r in document["counted"]:
            low, high = r["interval"]
            numbers = f"{r['infidelity']:.2e}", f"{low:.1e} to {high:.1e}"
            told.append([r["what"], r["setting"], r["use"], r["bad_shots"], r["shots"], *numbers])
        counted = ["WHAT", "SETTING", "SHOTS THAT ARE", "BAD", "OF", "WRONG", "AT 95 %"]
        text += f"\n\n{table(counted, told)}"
    return text
