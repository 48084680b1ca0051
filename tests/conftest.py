"""One setting for every property test (no deadlines: machines differ), and a PostgreSQL of the tests' own."""

import os
import shutil
import tempfile
from importlib.util import find_spec

import pytest
from hypothesis import settings

settings.register_profile("qclone", deadline=None, max_examples=25, database=None, derandomize=True)
settings.load_profile("qclone")


@pytest.fixture(scope="session")
def postgres():
    """The URL of an empty PostgreSQL, started for this run.

    Not below pytest's own folder: run by root, PostgreSQL drops to a user who may not look into that.
    """
    # It has no wheels for every Python that we run on.
    pgserver = pytest.importorskip("pgserver")
    with tempfile.TemporaryDirectory() as folder:
        database = pgserver.get_server(folder, cleanup_mode="stop")
        yield database.get_uri()
        database.cleanup()


@pytest.fixture(scope="session", autouse=True)
def _state(tmp_path_factory):
    """What clouds write down outside of themselves goes into this run's own folder."""
    os.environ["QCLONE_CONFIG"] = ""  # nobody's own defaults decide anything
    os.environ["QCLONE_STATE"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(autouse=True)
def _window(monkeypatch):
    """Who runs the tests may have a window of any width, and workers say one; texts are whole unless told."""
    monkeypatch.delenv("COLUMNS", raising=False)


def pytest_terminal_summary(terminalreporter):
    """Say what was left out for want of a browser."""
    if shutil.which("chromium") is None or find_spec("playwright") is None:
        terminalreporter.write_line(
            "Left out, for there is no Chromium or no playwright here: driving the page of qclone web."
        )
