"""Where the program begins: from here on Ctrl-C ends it without a traceback, while it is loaded too."""

import signal
import sys


def main() -> int:
    """Run the command line; an interrupt while it is loaded or ends kills the process as any other's."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not where it is ignored
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from qclone.cli import main as run

    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return run()
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
