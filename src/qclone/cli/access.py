"""Who can recover or learn what from a set of wires."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._access_text import SHOWN_SETS, class_table, overview, sentence, unit
from qclone.cli._figure_file import FigureFile
from qclone.cli._numbers import COUNT, NATURAL, PROBABILITY
from qclone.cli._output import emit, json_option
from qclone.cli._refuse import refuse
from qclone.cli._scheme import chosen_scheme, read_spec, scheme_option
from qclone.errors import InvalidInputError

RANK = 150

if TYPE_CHECKING:
    from qclone.access import Verdict
    from qclone.scheme import AnyScheme


MAX_WIRES = 10_001
"""Of a scheme that is looked at as a whole; some seconds."""
MAX_TRIED = 60
"""Wires of a scheme without a closed form of which sets are tried one by one."""


@click.command("access")
@click.option("--clones", "num_clones", type=COUNT, metavar="N", help="Number n of signal qubits.")
@click.option(
    "--dimension",
    type=click.IntRange(min=2),
    default=2,
    show_default=True,
    metavar="D",
    help="Dimension of every wire.",
)
@click.option("--phases", metavar="U,V", help="Phases of the qudit scheme.  [default: those that leak least]")
@click.option("--iterate", type=NATURAL, default=0, metavar="L", help="Clone every clone again, L times.")
@click.option("--virtual", is_flag=True, help="With --iterate: clone one clone again at each level.")
@click.option("--copies", type=COUNT, default=1, metavar="K", help="A register of K qubits in parallel.")
@scheme_option
@click.option("--hold", metavar="WIRES", help='The wires at hand, such as "A S1 N2".')
@click.option(
    "--loss", type=PROBABILITY, metavar="P", help="Also weigh the loss of every wire with probability P."
)
@click.option("--table", "as_table", is_flag=True, help="Print every symmetry class of sets.")
@click.option("--plot", type=FigureFile(), metavar="FILE", help="Draw the classes (png, svg, pdf).")
@json_option
def command(
    *,
    num_clones: int | None,
    dimension: int,
    phases: str | None,
    iterate: int,
    virtual: bool,
    copies: int,
    spec: Path | None,
    hold: str | None,
    loss: float | None,
    as_table: bool,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Say who can recover the input, learn something about it, or nothing.

    With --hold: what the holder of these wires can do, by stabiliser ranks. `bits` is the mutual information
    with the input in units of log2 D: 2 recovers a qubit, 1 is one Bloch component. Without: the scheme as a
    whole, or with --table every class of sets that differ by a permutation of pairs.
    """
    if (num_clones is None) == (spec is None):
        raise click.UsageError("Give either --clones N or --scheme FILE.")
    refuse(
        ("dimension", "phases", "iterate", "virtual", "copies"),
        "beside --scheme, which says it",
        unless=spec is None,
    )
    if spec is not None:
        from qclone.scheme import any_from_spec

        scheme = any_from_spec(read_spec(spec))
    else:
        scheme = _chosen(num_clones or 0, dimension, phases, iterate, virtual, copies)
    document: dict[str, Any] = {"scheme": str(scheme), "dimension": scheme.dimension}
    lines = []
    if hold is not None:
        document |= _held(scheme, hold.replace(",", " ").split())
        lines.append(sentence(document))
    if loss is not None:
        from qclone.access import recovery_probability

        document["recovery_probability"] = recovery_probability(scheme, loss)
        lines.append(
            f"If every wire is lost with probability {loss:g}, the input is recovered with probability "
            f"{document['recovery_probability']:.9g}."
        )
    if as_table or plot is not None:
        from qclone.access import symmetry_classes

        classes = symmetry_classes(scheme)
        if as_table:
            document["classes"] = [one._asdict() | {"verdict": one.verdict} for one in classes]
            lines.append("" if as_json else class_table(classes))
        if plot is not None:
            from qclone.cli._access_plot import draw

            draw(classes, str(scheme), plot)
            document["plot"] = str(plot)
            lines.append(f"Drawn to {plot}.")
    if not lines:
        document |= _overview(scheme)
        lines.append(overview(document))
    from qclone.access import leak_notices

    document["notices"] = leak_notices(scheme)
    emit(as_json, document, "\n".join([*lines, *document["notices"]]))


def _chosen(
    num_clones: int, dimension: int, phases: str | None, iterate: int, virtual: bool, copies: int
) -> AnyScheme:
    from qclone.scheme import QuditScheme

    if dimension == 2 and phases is None:
        return chosen_scheme(num_clones, "pair_tree", iterate, virtual, copies)
    if iterate or virtual or copies != 1:
        raise InvalidInputError(
            "Qudit schemes are neither iterated nor put in parallel.", "Leave out --dimension, or the others."
        )
    units: tuple[int, int] | None = None
    if phases is not None:
        try:
            u, v = (int(part) for part in phases.split(","))
        except ValueError:
            raise InvalidInputError(
                f"{phases!r} is not a pair of phases.", "Give two integers: 1,1."
            ) from None
        units = (u, v)
    return QuditScheme(num_clones, dimension, units)


def _held(scheme: AnyScheme, labels: list[str]) -> dict[str, Any]:
    from qclone.access import classify

    verdict: Verdict = classify(scheme, labels)
    return {
        "held": list(verdict.held),
        "verdict": verdict.verdict,
        "bits": verdict.bits,
        "of": 2 * verdict.num_inputs,
        "unit": unit(scheme.dimension),
        "leaks": list(verdict.leaks),
        "operator": verdict.operators[0] if verdict.operators else None,
        "operators": list(verdict.operators),
    }


def _overview(scheme: AnyScheme) -> dict[str, Any]:
    from qclone.access import classify, code_distance, count_sets, minimal_sets

    if scheme.num_qubits > MAX_WIRES:
        raise InvalidInputError(
            f"{scheme} has {scheme.num_qubits:,} wires; as a whole at most {MAX_WIRES:,} are looked at.",
            "Ask for some of them with --hold.",
        )
    servers = [wire for label in scheme.clones for wire in scheme.clone(label).wires]
    together = classify(scheme, servers)
    document: dict[str, Any] = {
        "wires": scheme.num_qubits,
        "clones": len(scheme.clones),
        "unit": unit(scheme.dimension),
        "all_clones_together": {
            "verdict": together.verdict,
            "bits": together.bits,
            "leaks": list(together.leaks),
        },
    }
    if scheme.alike is not None:
        document["sets"] = count_sets(scheme)
    elif scheme.num_qubits > MAX_TRIED:
        return document
    try:
        document["distance"] = code_distance(scheme)
        document["minimal_sets"] = [list(one) for one in islice(minimal_sets(scheme), SHOWN_SETS)]
    except InvalidInputError:  # Too many sets to try: what is known already is shown.
        pass
    return document
