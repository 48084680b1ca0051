"""No option is ignored: hostile numbers are refused by every command, and so is what would do nothing."""

import json

import click
import pytest

from qclone.cli import main
from qclone.cli._commands import own_commands
from qclone.cli._main import qclone

SCHEME = '{"scheme": "canonical", "num_clones": 2}'


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QCLONE_CLOUD", raising=False)
    (tmp_path / "scheme.json").write_text(SCHEME)
    return tmp_path


def every_command(group=qclone, path=()):
    """Yield every command that can be run, with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from every_command(found, (*path, name))
        if not isinstance(found, click.Group) or found.invoke_without_command:
            yield (*path, name), found


def numeric_options():
    kinds = (click.types.IntParamType, click.types.FloatParamType, click.types.FuncParamType)
    for path, found in every_command():
        for parameter in found.params:
            if isinstance(parameter, click.Option) and isinstance(parameter.type, kinds):
                yield pytest.param(
                    path, max(parameter.opts, key=len), id=f"{' '.join(path)} {parameter.name}"
                )


def test_the_walk_finds_every_command():
    assert {path[0] for path, _ in every_command()} == set(own_commands())
    assert len(list(numeric_options())) > 40


@pytest.mark.parametrize(("path", "option"), list(numeric_options()))
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-5", "1e999", "", "many"])
def test_numbers_that_are_none_are_refused_before_anything_is_done(path, option, value, capsys, empty_folder):
    assert main([*path, option, value]) == 2
    said = capsys.readouterr().err
    assert option in said and "Traceback" not in said, said
    assert [entry.name for entry in empty_folder.iterdir()] == ["scheme.json"]


# What each command has no use for, and why; everything else it is given has an effect.
USELESS = [
    ("access --scheme scheme.json --dimension 3", "--dimension"),
    ("access --scheme scheme.json --phases 1,1", "--phases"),
    ("access --scheme scheme.json --iterate 1", "--iterate"),
    ("access --scheme scheme.json --virtual", "--virtual"),
    ("access --scheme scheme.json --copies 2", "--copies"),
    ("access --scheme scheme.json --clones 2", "--clones"),
    ("access --clones 2 --virtual", "--virtual"),
    ("access --clones 2 --plot x", "--plot"),
    ("access --clones 2 --plot nowhere/x.png", "--plot"),
    ("bench --full scale", "--full"),
    ("bench --json race", "--json"),
    ("bench scale --seed 1", "--seed"),
    ("circuit --clones 2 --scheme scheme.json", "--scheme"),
    ("circuit --scheme scheme.json --synthesis ladder", "--synthesis"),
    ("circuit --scheme scheme.json --iterate 1", "--iterate"),
    ("circuit --scheme scheme.json --virtual", "--virtual"),
    ("circuit --scheme scheme.json --copies 2", "--copies"),
    ("circuit --clones 2 --virtual", "--virtual"),
    ("circuit --clones 2 --device kingston", "--device"),
    ("circuit --clones 2 --aim layers", "--aim"),
    ("circuit --clones 2 --aim fidelity", "--aim"),
    ("circuit --clones 2 --search 1", "--search"),
    ("circuit --clones 2 --native --device kingston --synthesis ladder", "--synthesis"),
    ("circuit --clones 2 --native --device kingston --search 1 --aim layers", "--aim"),
    ("circuit --clones 2 --native --device kingston --copies 2 --reference", "--reference"),
    ("circuit --clones 2 --native", "--device"),
    ("circuit --clones 2 --out foo", "--format"),
    ("circuit --clones 2 --out foo.docx", "--format"),
    ("circuit --clones 2 --format stim --out foo.png", "--format"),
    ("experiment sensitivity --sizes 2", "--sizes"),
    ("experiment series --clones 2", "--clones"),
    ("experiment series --sizes 2", "--sizes"),
    ("experiment parallel --clones 2", "--clones"),
    ("experiment sensitivity --circuits native --layout topology", "--layout"),
    ("experiment sensitivity --circuits native --tries 3", "--tries"),
    ("experiment sensitivity --circuits native --seed 3", "--seed"),
    ("experiment sensitivity --yes", "--yes"),
    ("plan --servers 3 --chart x", "--chart"),
    ("put example:qft_n4 --scheme scheme.json --clones 2", "--clones"),
    ("put example:qft_n4 --scheme scheme.json --iterate 1", "--iterate"),
    ("serve ledger --cloud there --certificate scheme.json", "private key"),
    ("serve ledger --cloud there --private-key scheme.json", "private key"),
    ("sweep scheme.json --scheduler tcp://127.0.0.1:1 --workers 2", "--workers"),
    ("up --cloud there --servers 3", "--servers"),
    ("up --cloud there --t1 1ms", "--t1"),
    ("up --cloud there --t2 1ms", "--t2"),
    ("up --cloud there --link-fidelity 1.0", "--link-fidelity"),
    ("up --cloud there --link-loss 0", "--link-loss"),
]


@pytest.mark.parametrize(("line", "named"), USELESS, ids=[line for line, _ in USELESS])
def test_what_would_do_nothing_is_refused(line, named, capsys, empty_folder):
    if "there" in line:
        assert main(["init", "--cloud", "there", "--servers", "2"]) == 0
        capsys.readouterr()
    before = sorted(path.name for path in empty_folder.rglob("*"))
    assert main(line.split()) == 2
    printed = capsys.readouterr()
    assert named in printed.err + printed.out
    assert "Traceback" not in printed.err
    after = sorted(path.name for path in empty_folder.rglob("*") if "-" not in path.name)
    assert after == [name for name in before if "-" not in name]


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("x.qasm", b"OPENQASM"),
        ("x.qpy", b"QISKIT"),
        ("x.png", b"\x89PNG"),
        ("x.stim", b"H 1 2"),
        ("x.txt", b" "),
    ],
)
@pytest.mark.parametrize("native", [[], ["--native", "--device", "kingston"]])
def test_a_circuit_is_written_in_the_format_that_its_name_says(name, begins, native, empty_folder, capsys):
    assert main(["circuit", "--clones", "2", *native, "--out", name, "--json"]) == 0
    written = (empty_folder / name).read_bytes()
    assert written.startswith(begins) or (native and name in ("x.stim", "x.txt"))
    said = json.loads(capsys.readouterr().out)
    assert said["format"] == {"qasm": "qasm3", "txt": "text"}.get(name[2:], name[2:])


def test_a_plot_is_where_it_is_said_to_be(empty_folder, capsys):
    assert main(["access", "--clones", "2", "--plot", "x.svg", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plot"] == "x.svg"
    assert {path.name for path in empty_folder.iterdir()} == {"x.svg", "scheme.json"}
