"""qclone bench computing: what was promised of computing on clones, measured again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from qclone.cli._numbers import SEED
from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar

Found = tuple[bool, str, dict[str, Any]]


def _clifford(count: int | None, seed: int) -> Found:
    return _alternatives(count or 1000, True, seed)


def _mixed(count: int | None, seed: int) -> Found:
    return _alternatives(count or 300, False, seed)


def _alternatives(count: int, clifford: bool, seed: int) -> Found:
    from qclone.bench.computing import run_alternatives

    with progress_bar("programs") as progress:
        found = run_alternatives(count, clifford, seed, progress)
    what = "Clifford" if clifford else "Clifford + T + Rz + CCZ"
    said = f"{found.programs:,} {what} programs on 2 to 7 servers, one kept of each: {found.wrong} wrong, "
    return found.wrong == 0, f"{said}worst infidelity {found.worst_infidelity:.1e}", asdict(found)


def _decryption(count: int | None, seed: int) -> Found:
    from qclone.bench.computing import decrypt_densely, decrypt_with_reference

    with progress_bar("clones") as progress:
        dense = decrypt_densely(range(1, (count or 10) + 1), seed, progress)
    bell = decrypt_with_reference(range(1, 13), 10, seed)
    said = (
        f"measured decryption: {dense.cases} clones of random states as amplitudes, n = 1 to {count or 10}: "
        f"{dense.wrong} wrong, worst infidelity {dense.worst_infidelity:.1e}; {bell.cases} halves of Bell "
        f"pairs by stabilisers, n = 1 to 12: {bell.wrong} wrong"
    )
    return dense.wrong + bell.wrong == 0, said, {"dense": asdict(dense), "reference": asdict(bell)}


def _figures(count: int | None, seed: int) -> Found:
    from qclone.bench.computing import closed_form, information_bits, measured_fidelity, pad_seconds
    from qclone.scheme import Canonical

    off = max(
        abs(measured_fidelity(n, clone, p, q) - closed_form(n, p, q))
        for n in range(2, 11)
        for clone in Canonical(n).clones
        for p, q in ((0.002, 0.01), (0.13, 0.0), (0.0, 0.2), (0.2, 0.1))
    )
    bits = {
        read: sorted(
            {
                information_bits(n, other, kept, read)
                for n in range(2, 7)
                for kept in Canonical(n).clones
                for other in Canonical(n).clones
                if other != kept
            }
        )
        for read in ("", "a", "b", "ab")
    }
    seconds = pad_seconds(seed=seed)
    good = off < 1e-12 and bits == {"": [2], "a": [1], "b": [1], "ab": [0]} and seconds < 1
    said = (
        f"Fe of measured decryption and its closed form, n = 2 to 10, all clones: {off:.0e} apart\n"
        f"I(R : another clone and its key), n = 2 to 6: {bits['']} bits whole, {bits['a']} and {bits['b']} "
        f"after one bit of the key, {bits['ab']} after both\n"
        f"the pad of 100 qubits through 100,000 instructions: {seconds:.3f} s"
    )
    return good, said, {"fidelity_off": off, "information_bits": bits, "pad_seconds": seconds}


def _commands(count: int | None, seed: int) -> Found:
    from qclone.bench.computing import known_programs, run_known
    from qclone.service import down, up
    from qclone.store import Cloud

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("embedded-files", "service-files")]
        for path in files:
            path.mkdir()
        embedded, service = Path(folder) / "embedded", Path(folder) / "service"
        Cloud.create(embedded, servers=4).close()
        found["embedded"] = run_known(embedded, files[0], seed)
        up(service, servers=4)
        try:
            found["service"] = run_known(service, files[1], seed)
        finally:
            down(service)
    tails = {name: number for name, (_, number) in known_programs().items()}
    good = all(
        came == tails[name] and off <= 1e-12 for one in found.values() for name, (came, off) in one.items()
    )
    lines = [
        f"{name} by commands, {kind}: {came} qubits came back, infidelity {off:.1e}"
        for kind, one in found.items()
        for name, (came, off) in one.items()
    ]
    return good, "\n".join(lines), found


def _kills(count: int | None, seed: int) -> Found:
    from qclone.bench.processes import run_computing_kills

    lines, document = [], {}
    for kind in ("embedded", "service"):
        with tempfile.TemporaryDirectory() as folder, progress_bar("kills") as progress:
            found = run_computing_kills(
                Path(folder) / "cloud", count or 1000, seed, service=kind == "service", progress=progress
            )
        victims, struck = (
            ", ".join(f"{name} {times}" for name, times in sorted(counts.items()))
            for counts in (found.victims, found.struck)
        )
        lines.append(
            f"{found.rounds:,} SIGKILLs, {kind} ({victims}; clients in {struck}): "
            f"{found.registers} registers, {found.handed_over} handed over, "
            f"{found.recovered} recovered afterwards, {found.refused} second openings refused, "
            f"{len(found.violations)} violations"
        )
        lines += found.violations
        document[kind] = asdict(found)
    return not any(one["violations"] for one in document.values()), "\n".join(lines), document


MEASURED: dict[str, Callable[[int | None, int], Found]] = {
    "clifford": _clifford,
    "mixed": _mixed,
    "decryption": _decryption,
    "figures": _figures,
    "commands": _commands,
    "kills": _kills,
}


@click.command("computing")
@click.option(
    "--only",
    "names",
    multiple=True,
    type=click.Choice(list(MEASURED)),
    help="Of these, not all. May be given several times.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    help="Programs or kills, or clones for decryption as amplitudes. Default: 1000, 300, 10, 1000.",
)
@click.option("--seed", type=SEED, default=0, show_default=True)
@json_option
def command(names: tuple[str, ...], count: int | None, seed: int, as_json: bool) -> int:
    """Measure again what is promised of computing on clones. Exit status 1 if any of it does not hold.

    Random programs against state vectors; measured decryption against amplitudes; fidelity, information and
    the cost of a pad; known circuits by commands, embedded and as a service; SIGKILL between all calls.
    """
    if count is not None and len(names) != 1:
        raise click.UsageError("--count is of one measurement: name it with --only.")
    if count is not None and {"figures", "commands"} & {*names}:
        raise click.UsageError(f"--count has no meaning for {names[0]}.")
    if names == ("decryption",) and (count or 0) > 12:
        raise click.UsageError("--count 12 is 25 qubits as amplitudes, the most for decryption.")
    document, lines, good = {}, [], True
    for name, measure in MEASURED.items():
        if not names or name in names:
            holds, said, document[name] = measure(count, seed)
            lines.append(said if holds else f"{said}\nNOT as promised.")
            good &= holds
    emit(as_json, {**document, "as_promised": good}, "\n".join(lines))
    return 0 if good else 1
