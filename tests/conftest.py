"""One setting for every property test: no deadlines (machines differ), and a database of nothing."""

from hypothesis import settings

settings.register_profile("qclone", deadline=None, max_examples=25, database=None, derandomize=True)
settings.load_profile("qclone")
