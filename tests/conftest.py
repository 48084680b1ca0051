"""One setting for every property test (no deadlines: machines differ), and a PostgreSQL of the tests' own."""

import pgserver
import pytest
from hypothesis import settings

settings.register_profile("qclone", deadline=None, max_examples=25, database=None, derandomize=True)
settings.load_profile("qclone")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """The URL of an empty PostgreSQL, started for this run."""
    database = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    yield database.get_uri()
    database.cleanup()
