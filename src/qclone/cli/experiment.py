"""Run a published experiment and set it beside the published values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._loudness import with_loudness
from qclone.cli._numbers import SEED
from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._refuse import refuse
from qclone.cli._table import table
from qclone.errors import InvalidInputError

RANK = 170

if TYPE_CHECKING:
    from qclone.device import Device
    from qclone.experiments import Experiment, Result, Row, Setup


def numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of a list of ranges such as ``2-5,8``; raises InvalidInputError on anything else."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        if not (low.isdecimal() and (high or low).isdecimal()) or int(low) > int(high or low):
            raise InvalidInputError(f"{text!r} is no list of numbers.", "Write for example 2-5 or 2,3,8.")
        if int(high or low) > 1000:
            raise InvalidInputError(
                f"{high or low} is more than any processor here has qubits for.", "The paper went up to 15."
            )
        found += range(int(low), int(high or low) + 1)
    return tuple(dict.fromkeys(found))


# Experiments that are not circuits on a processor, and have options of their own: name -> module here.
_OTHERS = {"logical": "_logical", "logical-ions": "_logical_ions", "import": "_import"}


class _Command(click.Command):
    """Names the registered experiments in its help, and hands some names to commands of their own."""

    others = tuple(_OTHERS)

    def other(self, name: str) -> click.Command | None:
        """Return the command of its own that a name has; None if it has none."""
        if name not in _OTHERS:
            return None
        command: click.Command = import_module(f"qclone.cli.{_OTHERS[name]}").command
        return with_loudness(command)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and (command := self.other(args[0])) is not None:
            return command.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from qclone.experiments import by_rank

        super().format_help_text(ctx, formatter)
        rows = [(kind.name, kind.about or kind.title) for kind in by_rank()]
        with formatter.section("Experiments"):
            formatter.write_dl(
                [
                    *rows,
                    ("all", "everything"),
                    ("logical", "clones on error-corrected qubits; has options of its own"),
                    ("logical-ions", "encoded clones for a machine of trapped ions; has options of its own"),
                    ("import", "counts of exported circuits that were measured elsewhere"),
                    ("MODULE:CLASS", "your own"),
                ]
            )


@click.command(cls=_Command)
@click.argument("name")
@click.option("--clones", metavar="RANGE", help="Numbers of clones n, such as 2-15 (default: as published).")
@click.option("--sizes", metavar="RANGE", help="parallel: numbers of qubits r (default: 1-15).")
@click.option(
    "--device",
    "device_name",
    help="Name, JSON file, provider:backend or module:Class (default: the backend's own, or kingston).",
)
@click.option("--backend", help="provider:backend or module:Class; circuits run there, in its own gates.")
@click.option(
    "--mode",
    type=click.Choice(["session", "batch"]),
    help="With --backend ibm:NAME: jobs together, or with the processor to oneself.",
)
@click.option(
    "--assume",
    metavar="NAME=VALUE,...",
    help="Calibration that the backend does not state, such as t1_s=1e-4,readout_error=0.01.",
)
@click.option(
    "--noise",
    type=click.Path(path_type=Path),
    help="Learned layers: JSON of a NoiseLearner's result; in place of what the calibration says of them.",
)
@click.option(
    "--engine",
    type=click.Choice(["twin", "aer", "fake", "ibm"]),
    default="twin",
    show_default=True,
    help="twin: exact on the calibrated noise model; the others sample.",
)
@click.option(
    "--circuits", type=click.Choice(["ladder", "pair_tree", "native"]), default="ladder", show_default=True
)
@click.option(
    "--layout",
    type=click.Choice(["calibrated", "topology"]),
    help="Whether layout may see the calibration it is run on (default: topology on the twin).",
)
@click.option(
    "--tries",
    type=click.IntRange(1, 99),
    help="Routings of which the median is reported (default: 5 on the twin).",
)
@click.option(
    "--shots", type=click.IntRange(1, 10_000_000), default=10_000, show_default=True, help="A setting."
)
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of layout, routing and sampling.")
@click.option("--out", type=click.Path(path_type=Path), help="Keep results here, and resume from them.")
@click.option("--yes", is_flag=True, help="ibm: submit without asking.")
@click.option("--dry-run", is_flag=True, help="Say what would be run, and run nothing.")
@click.option(
    "--export", "exported", type=click.Path(path_type=Path), help="Write the circuits, run nothing."
)
@json_option
def command(
    *,
    name: str,
    clones: str | None,
    sizes: str | None,
    device_name: str | None,
    backend: str | None,
    mode: str | None,
    assume: str | None,
    noise: Path | None,
    engine: str,
    circuits: str,
    layout: str | None,
    tries: int | None,
    shots: int,
    seed: int,
    out: Path | None,
    yes: bool,
    dry_run: bool,
    exported: Path | None,
    as_json: bool,
) -> None:
    """Run a published experiment and set every value beside the published one.

    On the twin expectations are exact; --shots decides the error bars only. With --backend circuits run on
    any backend. Circuits written by --export may be measured anywhere: `qclone experiment import COUNTS.json`
    in their folder analyses what came out, name of the circuit -> bit string -> shots.
    """
    from qclone.cli._backend import (
        chosen_machine,
        closing_after,
        exported_text,
        noted,
        with_noise,
        workload_text,
    )
    from qclone.experiments import Setup, export, has_native, run, workload

    _refuse_useless(name, circuits, on_twin=engine == "twin" and backend is None)
    refuse(("out", "dry_run"), "with --export, which runs nothing", unless=exported is None)
    refuse(
        ("yes",), "where nothing is submitted", unless=engine == "ibm" and not dry_run and exported is None
    )
    running = not dry_run and exported is None
    simulated = engine in ("twin", "aer") and backend is None and exported is None
    refuse(("noise",), "where noise is not simulated here", unless=simulated)
    on_ibm = running and _on_ibm(backend)
    refuse(("mode",), "without --backend ibm:NAME, or where nothing runs", unless=on_ibm)
    device, machine = chosen_machine(device_name, backend, engine, assume, seed, mode)
    noted(device)
    if noise is not None:
        device = with_noise(device, noise)
    # The published runs were of other days than the calibration that the twin is made of.
    on_twin = engine == "twin" and machine is None
    layout = layout or ("topology" if on_twin else "calibrated")
    if tries is None:
        tries = 5 if on_twin and circuits != "native" else 1
    setup = Setup(device, engine, circuits, shots, seed, layout=layout, tries=tries)
    experiments = chosen(name, clones, sizes, setup, device, engine == "ibm" or machine is not None)
    rows = [row for e in experiments for row in e.rows()]
    left_out: list[Row] = []
    if circuits == "native":
        left_out = [row for row in rows if not has_native(row, device)]
        rows = [row for row in rows if row not in left_out]
        if not rows:
            raise InvalidInputError(
                f"There are no native circuits for the experiment {name}.",
                "Use --circuits ladder or pair_tree.",
            )
    if exported is not None:
        written = export(experiments, rows, setup, exported, machine)
        what = {"circuits": written.circuits, "manifest": str(written.manifest)}
        emit(as_json, what, exported_text(written), quiet="")
        return
    if dry_run:
        with progress_bar("placing") as update:
            found = workload(rows, setup, machine, update, out)
        emit(as_json, asdict(found), workload_text(found, device.name if machine is None else machine.label))
        return
    if engine == "ibm" and machine is None:
        _confirm(rows, setup, yes or as_json, yes)
    with progress_bar(f"experiment {name}") as update, closing_after(machine, mode):
        results = run(rows, setup, out, update, machine=machine)
    left = [f"{row.experiment} {_told(row.parameters)}" for row in left_out]
    said = f"\nNo native circuit for {', '.join(left)}." if left else ""
    emit(as_json, document(name, results, setup) | {"left_out": left}, lambda: text_of(results) + said)


def _on_ibm(backend: str | None) -> bool:
    """Whether jobs go to IBM's runtime, on a processor or in its local mode."""
    return backend is not None and backend.partition(":")[0] in ("ibm", "fake", "aer")


def _refuse_useless(name: str, circuits: str, *, on_twin: bool) -> None:
    """Raise a usage error for options that this experiment or kind of circuit has no use for."""
    from qclone.experiments import by_rank, experiment_named

    kinds = by_rank() if name == "all" else [experiment_named(name)]
    known = {field.name for kind in kinds for field in fields(kind)}
    for option in ("clones", "sizes"):
        refuse((option,), f"for {name}, which has no such choice", unless=option in known)
    refuse(("layout", "tries"), "with circuits that are placed already", unless=circuits != "native")
    refuse(("seed",), "where nothing is routed or sampled", unless=circuits != "native" or not on_twin)


def chosen(
    name: str,
    clones: str | None,
    sizes: str | None,
    setup: Setup,
    device: Device,
    on_machine: bool = False,
) -> list[Experiment]:
    """Return the experiments of a name, limited to some n and r."""
    from qclone.experiments import by_rank, experiment_named

    kinds = by_rank() if name == "all" else [experiment_named(name)]
    experiments = []
    for kind in kinds:
        known = {f.name for f in fields(kind)}
        given: dict[str, Any] = {}
        if setup.circuits == "pair_tree":
            given["synthesis"] = "pair_tree"
        if clones is not None and "clones" in known:
            given["clones"] = numbers(clones)
        if sizes is not None and "sizes" in known:
            given["sizes"] = numbers(sizes)
        if "capacity" in known:
            given["capacity"] = len(device.connected_qubits)
        if "devices" in known and (device.name != "kingston" or on_machine):
            given["devices"] = (device.name,)
        experiments.append(kind(**given))
    return experiments


def document(name: str, results: Sequence[Result], setup: Setup) -> dict[str, Any]:
    """Return what `--json` prints."""
    # With --backend the setup's engine is not what ran.
    ran = {"engine": results[0].provenance["engine"]} if results and setup.engine == "twin" else {}
    return {"experiment": name, **table_of(results), "provenance": setup.provenance | ran}


def table_of(results: Sequence[Result]) -> dict[str, Any]:
    """Return rows and deviation as `--json` prints them."""
    from qclone.experiments import deviation

    return {"rows": [result.to_row() for result in results], "deviation": deviation(results)}


def _confirm(rows: Sequence[Row], setup: Setup, quiet: bool, yes: bool) -> None:
    """Say what a processor's time will be, and ask."""
    from qclone.experiments import cost

    with progress_bar("cost") as update:
        seconds = cost(rows, setup, update)
    said = f"This takes about {seconds:.0f} s of processor time on ibm_{setup.device.name}."
    if quiet and not yes:
        raise InvalidInputError(said, "Repeat with --yes to submit.")
    if not yes:
        click.confirm(f"{said} Submit?", abort=True, err=True)


def _told(parameters: Mapping[str, object]) -> str:
    """What tells a row from the others."""
    return " ".join(f"{k}={v}" for k, v in parameters.items() if k != "clones")


def text_of(results: Sequence[Result]) -> str:
    """Return the table that people read."""
    from qclone.experiments import deviation

    headings = ("EXPERIMENT", "ROW", "LAYERS", "GATES", "VALUE", "PUBLISHED", "LAYERS", "BOUND")
    rows = []
    for r in results:
        published, cloner = r.published, r.bounds.approximate_cloning
        rows.append(
            (
                r.experiment,
                _told(r.parameters),
                r.layers,
                r.gates,
                str(r.estimate),
                f"{published.value:.3f} ± {published.error:.3f}" if published else "",
                str(published.layers) if published and published.layers else "",
                f"{cloner:.3f}" if cloner else "",
            )
        )
    lines = [table(headings, rows), ""]
    for name, d in deviation(results).items():
        where = "tables I, III, IV, VI" if name == "fidelities" else f"table {name}"
        lines.append(f"{where}: rms deviation {d['rms']:.3f}, mean {d['mean']:+.3f} over {d['rows']} rows")
    return "\n".join([*lines, *_other_shots(results), *_uncovered(results)])


def _other_shots(results: Sequence[Result]) -> list[str]:
    """Say where other numbers of shots came back than were asked for."""
    return [
        f"{r.experiment} {_told(r.parameters)}: {r.told_shots}"
        for r in results
        if set(r.provenance.get("returned", {}).values()) - {r.provenance["shots"]}
    ]


def _uncovered(results: Sequence[Result]) -> list[str]:
    """Say which gates learned noise did not speak of."""
    lines = []
    for r in results:
        if (found := r.data.get("learned")) is not None:
            pairs = ", ".join(f"{a}-{b}" for a, b, _ in found["calibrated"])
            said = f"; as calibrated: {pairs}" if pairs else ""
            lines.append(
                f"{r.experiment} {_told(r.parameters)}: {found['learned']} of {found['gates']} "
                f"two-qubit gates are in learned layers{said}"
            )
    return lines
