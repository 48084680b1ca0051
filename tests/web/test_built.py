"""What is committed was built from the source that is committed; told without Node."""

from hashlib import sha256
from importlib import resources
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
STATIC = resources.files("qclone.web") / "static"


def test_the_page_was_built_from_its_source():
    names = ["package-lock.json", "build.mjs", *(f"src/{path.name}" for path in (WEB / "src").iterdir())]
    digest = sha256()
    for name in sorted(names):
        digest.update(f"{name}\n".encode())
        digest.update((WEB / name).read_bytes())
    assert (STATIC / "built-from.txt").read_text() == f"{digest.hexdigest()}\n", "Run: make web"


def test_the_licence_of_what_is_built_in_goes_along():
    for built in (STATIC / "app.js", STATIC.parents[1] / "experiments/report/report.js"):
        assert built.read_text().startswith("/*! In this file: preact ")
        assert "The above copyright notice and this permission notice shall be included" in built.read_text()


@pytest.mark.parametrize("name", ["index.html", "app.js", "app.css"])
def test_it_names_no_other_place(name):
    text = (STATIC / name).read_text()
    for scheme in ("https://", "//cdn", "http://"):
        places = {piece.split('"')[0].split("`")[0] for piece in text.split(scheme)[1:]}
        assert places <= {"www.w3.org/2000/svg", "www.w3.org/1999/xhtml", "www.w3.org/1998/Math/MathML"}, (
            places
        )
