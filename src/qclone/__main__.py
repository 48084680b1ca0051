"""Where the program begins: from here on Ctrl-C ends it without a traceback, while it is loaded too."""

import os
import signal
import sys
from types import FrameType


def main() -> int:
    """Run the command line; an interrupt while it is loaded or ends kills the process as any other's."""
    for name, mode in (("stdin", "r"), ("stderr", "w")):  # closed, as by `2>&-`: nobody is there
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # where it is ignored
        from qclone.cli import main as run

        return run()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from qclone.cli import main as run

    interrupts = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        interrupts.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        return run(interrupts=interrupts)
    except KeyboardInterrupt:  # before it has begun, or as it ended
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
