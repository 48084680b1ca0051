"""The command line: `qclone COMMAND`, one file a command, imported only when it runs."""

from qclone.cli._main import main

__all__ = ["main"]
