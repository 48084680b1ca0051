"""The published experiments: build, run, analyse, compare, report."""
