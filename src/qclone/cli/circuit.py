"""Write the circuit of a scheme, or draw it."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._link import link
from qclone.cli._loudness import is_quiet
from qclone.cli._numbers import COUNT, NATURAL, SECONDS
from qclone.cli._output import emit, is_on_a_terminal, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._refuse import refuse
from qclone.cli._scheme import chosen_scheme, read_spec, scheme_option
from qclone.errors import InvalidInputError

RANK = 160

if TYPE_CHECKING:
    import stim

    from qclone.scheme import Scheme

QASM = ("qasm3", "qasm2", "cirq", "pytket", "braket", "pennylane")
LINKS = ("crumble", "quirk")
TEXTUAL = (*QASM, "stim", *LINKS, "text", "json")
FORMATS = (*TEXTUAL, "qpy", "png")
ENDINGS = {".json": "json", ".qasm": "qasm3", ".stim": "stim", ".txt": "text", ".qpy": "qpy", ".png": "png"}
# Qiskit keeps some kilobytes a qubit and a gate; stim has no such limit.
MAX_QISKIT_QUBITS = 20_001


@click.command("circuit")
@click.option("--clones", "num_clones", type=COUNT, metavar="N", help="Number n of signal qubits.")
@scheme_option
@click.option("--clone", metavar="LABEL", help="Clone to decrypt, such as S1 or A.  [default: the first]")
@click.option(
    "--synthesis",
    default="pair_tree",
    show_default=True,
    metavar="NAME",
    help="definition, ladder or pair_tree.",
)
@click.option("--iterate", type=NATURAL, default=0, metavar="L", help="Clone every clone again, L times.")
@click.option("--virtual", is_flag=True, help="With --iterate: clone one clone again at each level.")
@click.option(
    "--copies",
    type=COUNT,
    default=1,
    show_default=True,
    metavar="K",
    help="A register of K qubits in parallel.",
)
@click.option("--native", is_flag=True, help="Built for a processor's lattice, with the reference qubit R.")
@click.option("--device", metavar="NAME", help="With --native: a known device or a JSON file.")
@click.option(
    "--aim",
    type=click.Choice(["fidelity", "layers"]),
    default="fidelity",
    show_default=True,
    help="With --native: what to choose by.",
)
@click.option(
    "--search", type=SECONDS, metavar="SECONDS", help="With --native: search a new circuit this long."
)
@click.option("--reference", is_flag=True, help="Add a qubit R in a Bell pair with the input.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="[default: what FILE ends in: .qasm, .stim, .txt, .qpy, .png or .json; without FILE text]",
)
@click.option("--only-used", is_flag=True, help="Leave out qubits that nothing acts on.")
@click.option("--no-barriers", is_flag=True, help="Write no barriers between the stages.")
@click.option("--measure", is_flag=True, help="At the end measure R, where it is, and what was decrypted.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the circuit to FILE.")
@json_option
def command(
    *,
    num_clones: int | None,
    spec: Path | None,
    clone: str | None,
    synthesis: str,
    iterate: int,
    virtual: bool,
    copies: int,
    native: bool,
    device: str | None,
    aim: str,
    search: float | None,
    reference: bool,
    form: str | None,
    only_used: bool,
    no_barriers: bool,
    measure: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write the circuit that encrypts a qubit and decrypts one clone, and say what it costs.

    Its stages prepare, encrypt and decrypt are separated by barriers (TICK in stim). `layers` is the depth
    in two-qubit gates, summed over the stages; `gates` is the number of two-qubit gates. With --native
    the circuit is in the gates of a processor, on its couplers; `fidelity` is exact, on its noise twin.
    """
    from qclone.access import leak_notices
    from qclone.circuits import Cost, cost_of, roles, stages

    if (num_clones is None) == (spec is None):
        raise click.UsageError("Give either --clones N or --scheme FILE.")
    by_scheme = ("synthesis", "iterate", "virtual", "copies")
    refuse(by_scheme, "beside --scheme, which says it", unless=spec is None)
    refuse(("device", "aim", "search"), "without --native", unless=native)
    refuse(("synthesis",), "with --native, whose gates are built for the lattice", unless=not native)
    refuse(("aim",), "with --search, which looks for the best fidelity", unless=search is None)
    form = _format(form, out)
    binary = form not in TEXTUAL
    if binary and out is None and (as_json or is_on_a_terminal()):
        raise InvalidInputError(f"The format {form} is not text.", "Name a file with --out, or pipe it.")
    if spec is not None:
        from qclone.scheme import from_spec

        scheme = from_spec(read_spec(spec))
    else:
        scheme = chosen_scheme(num_clones or 0, synthesis, iterate, virtual, copies)
    if native:
        refuse(
            ("reference",), "for a register: its inputs are in a GHZ state", unless=len(scheme.inputs) == 1
        )
        _native(scheme, device, clone, aim, search, form, (only_used, no_barriers, measure), out, as_json)
        return
    if form == "json":
        raise InvalidInputError(
            "The format json is of native circuits.", "Add --native, or choose another, such as stim."
        )
    if only_used:
        raise InvalidInputError("Every wire of a scheme is used.", "Add --native, or leave out --only-used.")
    _check_size(scheme.num_qubits, form)
    if clone is None:
        clone = scheme.clones[0]
    costs = {}
    with progress_bar("Building the circuit") as progress:
        built = stages(scheme, clone, reference)
        for done, (name, stage) in enumerate(built.items(), start=1):
            costs[name] = cost_of(stage)
            progress(done, len(built) + 1)
        content = _written(scheme, clone, reference, built, form, no_barriers, measure)
    total = sum(costs.values(), Cost(0, 0))
    notices = leak_notices(scheme)
    document = {
        "qubits": scheme.num_qubits + reference * len(scheme.inputs),
        "layers": total.layers,
        "gates": total.gates,
        "stages": {name: {"layers": cost.layers, "gates": cost.gates} for name, cost in costs.items()},
        "roles": roles(scheme, reference),
        "clone": clone,
        "outputs": list(scheme.indices(scheme.clone(clone).outputs)),
        "format": form,
        "notices": notices,
    }
    parts = ", ".join(f"{name} {cost.layers}/{cost.gates}" for name, cost in costs.items())
    summary = (
        f"{document['qubits']} qubits, {total.layers} two-qubit layers, {total.gates} two-qubit gates "
        f"({parts})." + "".join(f"\n{notice}" for notice in notices)
    )
    if out is not None:
        _save(out, content)
        emit(as_json, document | {"out": str(out)}, f"{summary}\nWritten to {out}.", quiet="")
    elif binary:
        click.echo(content, nl=False)
    else:
        text = content.decode().rstrip("\n")
        emit(as_json, document | {"circuit": text}, text, folded=False)
        if not (as_json or is_quiet()):
            # The circuit is what may be piped.
            click.echo(summary, err=True)


def _format(form: str | None, out: Path | None) -> str:
    """Return the format that was asked for: by name, by what the file ends in, or both if they agree."""
    ending = None if out is None else ENDINGS.get(out.suffix)
    if form in QASM and ending in QASM:
        ending = form
    if form in LINKS and ending == "text":
        ending = form
    if form is not None and ending not in (None, form):
        raise click.UsageError(f"{out} would hold {form}: leave out --format, or end its name otherwise.")
    if form is None and out is not None and ending is None:
        raise click.UsageError(f"{out} names no format: end it in {', '.join(ENDINGS)}, or give --format.")
    return form or ending or "text"


def _native(
    scheme: Scheme,
    device: str | None,
    clone: str | None,
    aim: str,
    search: float | None,
    form: str,
    options: tuple[bool, bool, bool],
    out: Path | None,
    as_json: bool,
) -> None:
    from qclone.cli._native import native_content, native_document, native_summary

    if device is None:
        raise InvalidInputError("A native circuit needs a device.", "Add --device, for example kingston.")
    if any(options) and form not in (*QASM, "qpy"):
        raise InvalidInputError(
            f"--only-used, --no-barriers and --measure do not apply to the format {form}.",
            "Choose qasm3, qasm2 or qpy.",
        )
    circuit, document = native_document(scheme, device, clone, aim, search)
    content = native_content(circuit, scheme, form, *options)
    document |= {"format": form}
    if out is not None:
        _save(out, content)
        emit(
            as_json, document | {"out": str(out)}, f"{native_summary(document)}\nWritten to {out}.", quiet=""
        )
    elif form not in TEXTUAL:
        click.echo(content, nl=False)
    else:
        text = content.decode().rstrip("\n")
        emit(as_json, document | {"circuit": text}, text, folded=False)
        if not (as_json or is_quiet()):
            click.echo(native_summary(document), err=True)


def _check_size(num_qubits: int, form: str) -> None:
    from qclone.circuits import check_drawable

    if form in ("text", "png"):
        check_drawable(num_qubits)
    if form != "stim" and num_qubits > MAX_QISKIT_QUBITS:
        raise InvalidInputError(
            f"{num_qubits} qubits are too many for the format {form}.", "Choose --format stim."
        )


def _written(
    scheme: Scheme,
    clone: str,
    reference: bool,
    built: dict[str, stim.Circuit],
    form: str,
    no_barriers: bool,
    measure: bool,
) -> bytes:
    import stim
    from qiskit import ClassicalRegister

    from qclone.circuits import roles

    places = roles(scheme, reference)
    ends = [i for label, i in places.items() if label.startswith("R")] if reference else []
    ends += scheme.indices(scheme.clone(clone).outputs)
    if form == "stim" or form in LINKS:
        tick = stim.Circuit("" if no_barriers else "TICK")
        parts = [*built.values(), *([stim.Circuit(f"M {' '.join(map(str, ends))}")] if measure else [])]
        ticked = reduce(lambda whole, stage: whole + tick + stage, parts)
        return f"{ticked if form == 'stim' else link(ticked, form)}\n".encode()
    from qclone.circuits import draw, draw_text, png, round_trip, to_bytes, to_text

    circuit = round_trip(scheme, clone, reference)
    if measure:
        # PennyLane measures whole registers alone.
        widths = (
            {f"outcome{i}": 1 for i in range(len(ends))} if form == "pennylane" else {"outcome": len(ends)}
        )
        circuit.add_register(*(ClassicalRegister(width, name) for name, width in widths.items()))
        circuit.barrier()
        circuit.measure(ends, range(len(ends)))
    if form == "png":
        return png(draw(circuit, f"{_title(scheme)}, decrypting {clone}"))
    if form == "qpy":
        return to_bytes(circuit)
    if form == "text":
        return draw_text(circuit).encode()
    notes = [f"qubit {index} is {label}" for label, index in places.items()]
    return to_text(circuit, form, barriers=not no_barriers, notes=notes).encode()


def _title(scheme: Scheme) -> str:
    name = str(scheme)
    return name[:1].upper() + name[1:]


def _save(out: Path, content: bytes) -> None:
    from qclone.circuits import write_whole

    if out.is_dir():
        raise InvalidInputError(f"{out} is a directory.", "Give the name of a file.")
    try:
        write_whole(out, content)
    except OSError as error:
        raise InvalidInputError(
            f"{out} cannot be written: {error.strerror}.", "Choose another file."
        ) from None
