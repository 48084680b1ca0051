"""Files of devices that come from strangers."""

import json

import pytest

from qclone.cli import main
from qclone.device import Device, line
from qclone.errors import InvalidInputError

FILE = json.dumps(line(4).to_dict())
HOSTILE = {
    "deep": "[" * 100_000,
    "huge": FILE.replace('"reset_duration_s": ', '"reset_duration_s": 1' + "0" * 400 + ', "more": '),
    "not a number": FILE.replace('"reset_duration_s": ', '"reset_duration_s": NaN, "more": '),
    "a name that clears the screen": FILE.replace("line 4", "\\u001b[2Jline"),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_in_one_sentence(text, tmp_path):
    (tmp_path / "device.json").write_text(text)
    assert text != FILE
    with pytest.raises(InvalidInputError) as raised:
        Device.load(tmp_path / "device.json")
    assert "\x1b" not in str(raised.value)


def test_an_empty_name_is_no_name(capsys):
    """As a variable that is not set makes one; it was kingston."""
    assert main(["experiment", "sensitivity", "--clones", "2", "--device", "", "--dry-run"]) == 2
    assert "no device ''" in capsys.readouterr().err
