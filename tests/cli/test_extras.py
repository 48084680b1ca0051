"""Whatever an extra installs, a command that lacks it names that extra: read from `pyproject.toml`."""

import re
import tomllib
from pathlib import Path

import pytest

from qclone.cli._extras import EXTRAS, missing_package

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
# Where the module has another name than the package.
MODULES = {"bloqade-tsim": "tsim", "python-sat": "pysat"}


def installed() -> list[tuple[str, str]]:
    """Return (package, extra) for everything that users may install."""
    extras = PROJECT["optional-dependencies"].items()
    pairs = [(line, extra) for extra, lines in extras if extra not in ("dev", "docs") for line in lines]
    return [(re.match(r"[\w-]+", line)[0], extra) for line, extra in pairs]


@pytest.mark.parametrize(("package", "extra"), installed())
def test_what_an_extra_brings_is_known_by_it(package, extra):
    module = MODULES.get(package, package.replace("-", "_"))
    said = missing_package(ModuleNotFoundError(f"No module named {module!r}", name=f"{module}.inner"))
    assert said is not None and f"'qclone[{extra}]'" in said.remedy


def test_nothing_else_is_said_to_come_with_an_extra():
    assert len(EXTRAS) == len(installed())
    assert missing_package(ModuleNotFoundError("No module named 'else'", name="else")) is None
