"""qclone experiment logical: the protocol on error-corrected qubits, beside the honest alternatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._scheme import read_spec
from qclone.cli._table import table
from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qclone.logical import Case, Report
    from qclone.scheme import Scheme

T = TypeVar("T")
_MOST_CASES = 1000


@click.command("logical")
@click.option("--code", default="surface", show_default=True, help="surface, colour, steane, 422 ...")
@click.option("--distance", metavar="LIST", help="Such as 3 or 3,5 (default: the code's smallest).")
@click.option(
    "--noise",
    default="1e-3",
    show_default=True,
    metavar="LIST",
    help="Uniform rates such as 1e-3,2e-3, or helios, h2, atoms, device:NAME.",
)
@click.option("--rounds", default="0", show_default=True, metavar="LIST", help="T, rounds of storage.")
@click.option(
    "--outer",
    "outers",
    multiple=True,
    type=click.Choice(["none", "corrected", "selected", "joint"]),
    help="What the checks of decryption are used for (default: none, corrected and selected).",
)
@click.option("--clones", type=int, default=2, show_default=True, help="n of the canonical scheme.")
@click.option("--scheme", "spec", type=click.Path(path_type=Path), help="Any scheme, as JSON, instead.")
@click.option("--clone", help="Which clone is decrypted (default: the first that is left).")
@click.option("--lose", metavar="WIRES", help="Wires that do not come back, such as S2 or S1,N2.")
@click.option("--loss", type=float, help="Probability that a data qubit is lost in a round, seen.")
@click.option(
    "--every", type=int, default=3, show_default=True, help="A round after so many layers; 0: none."
)
@click.option("--decoder", default="tesseract", show_default=True, help="Or matching, bposd, MODULE:NAME.")
@click.option("--shots", type=int, default=10_000, show_default=True, help="Of every circuit.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of sampling.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Statistics, a CSV file of sinter's; resumed from."
)
@click.option("--figure", type=click.Path(path_type=Path), help="Draw infidelity against noise or storage.")
@click.option("--circuits", type=click.Path(path_type=Path), help="Write the noisy circuits, for stim, here.")
@click.option("--crumble", is_flag=True, help="Print a link that opens the first circuit in Crumble.")
@json_option
def command(
    *,
    code: str,
    distance: str | None,
    noise: str,
    rounds: str,
    outers: tuple[str, ...],
    clones: int,
    spec: Path | None,
    clone: str | None,
    lose: str | None,
    loss: float | None,
    every: int,
    decoder: str,
    shots: int,
    seed: int,
    out: Path | None,
    figure: Path | None,
    circuits: Path | None,
    crumble: bool,
    as_json: bool,
) -> None:
    """Run the protocol with every wire a block of a code, and say what it is worth.

    Infidelity is 1 - entanglement fidelity of a logical qubit through encryption, T rounds of storage and
    decryption. Beside it, always: the bare protocol (exact), a block that is simply kept for as many rounds,
    and one larger block of about as many qubits. See docs/logical.md for what is assumed.
    """
    from qclone.logical import Case, check_figure, load_code, load_decoder, load_rates, report

    given = click.get_current_context().get_parameter_source("clones")
    if spec is not None and given is click.core.ParameterSource.COMMANDLINE:
        raise InvalidInputError("--scheme and --clones both say what is run.", "Give one of them.")
    uses = outers or ("none", "corrected", "selected")
    codes = (
        [load_code(code, d) for d in _list(distance, int, "a distance")] if distance else [load_code(code)]
    )
    base = Case(
        codes[0],
        load_rates("0"),
        _scheme(spec, clones),
        clone,
        tuple(w for w in (lose or "").split(",") if w),
        every=every,
        decoder=decoder,
    )
    cases = [
        replace(base, code=c, rates=load_rates(p, loss), storage=t)
        for c in codes
        for p in noise.split(",")
        for t in _list(rounds, int, "a number of rounds")
    ]
    if len(cases) > _MOST_CASES:
        raise InvalidInputError(f"{len(cases)} cases are very many.", "Take `qclone sweep`.")
    load_decoder(decoder)
    if figure is not None:
        check_figure(figure)
    reports = []
    for i, case in enumerate(cases):
        with progress_bar(f"{case.code}, {case.rates.name}, T = {case.storage}") as update:
            reports.append(report(case, uses, shots, seed, out, update))
        if circuits is not None:
            circuits.mkdir(parents=True, exist_ok=True)
            name = f"{code}-d{case.code.distance}-{case.rates.name}-T{case.storage}-{i}.stim"
            case.circuit().to_file(circuits / name.replace(":", "-").replace(" ", "-"))
    if figure is not None:
        from qclone.logical import draw_rows

        drawn = [row for r in reports for row in r.rows]
        draw_rows(drawn, [row for r in reports for row in r.baselines], figure)
    document: dict[str, Any] = {
        "experiment": "logical",
        "rows": [row for r in reports for row in r.rows],
        "baselines": [row for r in reports for row in r.baselines],
        "conclusions": [r.conclusion for r in reports],
        "thresholds": _thresholds([row for r in reports for row in r.rows]),
        "assumptions": sorted({case.rates.source for case in cases}),
    }
    if crumble:
        document["crumble"] = cases[0].compiled().circuit.to_crumble_url()
    ends = "".join(f"\n{_crossing(found)}" for found in document["thresholds"])
    link = ends + f"\n\n{document['crumble']}" if crumble else ""
    texts = (_text(case, found) for case, found in zip(cases, reports, strict=True))
    emit(as_json, document, lambda: "\n\n".join(texts) + link)


def _scheme(spec: Path | None, clones: int) -> Scheme:
    from qclone.scheme import Canonical, from_spec

    return Canonical(clones) if spec is None else from_spec(read_spec(spec))


def _list(text: str, kind: Callable[[str], T], meaning: str) -> list[T]:
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        raise InvalidInputError(f"{text!r} is not {meaning} or several.", "Write such as 3 or 3,5.") from None


def _text(case: Case, found: Report) -> str:
    first = found.rows[0]
    lost = f", lost {' '.join(case.lost)}" if case.lost else ""
    title = (
        f"{case.scheme} in blocks of {case.code}: {first['qubits']} qubits, {first['rounds']} rounds, "
        f"T = {case.storage} of them in storage{lost}; noise {case.rates.name}; {case.decoder}"
    )
    rows = [
        [f"clone, {r['outer']}", r["qubits"], r["rounds"], *_numbers(r), f"{r['ms_a_shot']:.2f}"]
        for r in found.rows
    ]
    names = {"bare": "bare protocol", "kept": "kept block", "equal_qubits": "kept, as many qubits"}
    for r in found.baselines:
        what = names[r["what"]] + (f", {r['outer']}" if "outer" in r else f", d = {r['d']}")
        rows.append([what, r["qubits"], r["rounds"], *_numbers(r), ""])
    headings = ["WHAT", "QUBITS", "ROUNDS", "INFIDELITY", "ERROR", "KEPT", "MS A SHOT"]
    bare = ", ".join(f"{r['waiting']:.2e} {r['outer']}" for r in found.baselines if r["what"] == "bare")
    waits = f"The bare protocol waits in storage only; if also wherever the encoded one has a round: {bare}."
    return f"{title}\n{table(headings, rows)}\n{waits}\n{found.conclusion}\nNoise: {case.rates.source}."


def _thresholds(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of one storage time only: with several there is more than one curve a distance."""
    from qclone.logical import thresholds

    return thresholds(rows) if len({row["T"] for row in rows}) == 1 else []


def _crossing(found: dict[str, Any]) -> str:
    a, b = found["distances"]
    if found["threshold"] is None:
        return f"Checks {found['outer']}: no crossing of d = {a} and {b} is seen, and none is claimed."
    low, best, high = found["threshold"]
    return f"Checks {found['outer']}: d = {a} and {b} cross at {best:.2e}, {low:.2e} to {high:.2e} at 95 %."


def _numbers(row: dict[str, Any]) -> list[str]:
    error = f"{row['error']:.1e}" if row["error"] else "exact"
    return [f"{row['infidelity']:.2e}", error, f"{row['accepted']:.4f}"]
