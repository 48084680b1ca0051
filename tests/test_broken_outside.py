"""Packages that name under entry points what is not there, fails, or is something else."""

import re

import pytest

from qclone.cli._commands import command_named
from qclone.device import load_device
from qclone.errors import InvalidInputError
from qclone.experiments import experiment_named
from qclone.scheme import from_spec

ASKED = {
    "schemes": lambda name: from_spec({"scheme": name}),
    "devices": load_device,
    "experiments": experiment_named,
    "commands": command_named,
}
POINTS = {
    "gone": ("qclone_is_nowhere:it", "No module named"),
    "lacking": ("sound_outside:lacking", "no attribute 'lacking'"),
    "broken": ("broken_outside:it", "invalid syntax"),
    "other": ("sound_outside:Other", "no class of schemes|neither a Device|no experiment|no command"),
}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    (tmp_path / "sound_outside.py").write_text(
        "class Other: pass\n\n\ndef failing():\n    raise RuntimeError('no calibration today')\n"
    )
    (tmp_path / "broken_outside.py").write_text("def (")
    folder = tmp_path / "outside-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1\n")
    lines = [f"x-{name} = {value}" for name, (value, _) in POINTS.items()]
    groups = [f"[qclone.{group}]\n" + "\n".join(lines) for group in ASKED]
    failing = "[qclone.devices]\nx-failing = sound_outside:failing"
    (folder / "entry_points.txt").write_text("\n".join([*groups, failing]) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("group", ASKED)
@pytest.mark.parametrize("name", POINTS)
def test_one_sentence_says_what_is_wrong(installed, group, name):
    with pytest.raises(InvalidInputError) as caught:
        ASKED[group](f"x-{name}")
    assert re.search(POINTS[name][1], caught.value.message) and caught.value.remedy


def test_a_device_that_cannot_be_made_says_why(installed):
    with pytest.raises(InvalidInputError, match="makes no device: RuntimeError: no calibration today"):
        load_device("x-failing")
