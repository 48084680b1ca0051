"""What parts log: JSON lines, few of which a stranger can cause, in files of bounded size."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_BYTES = 4 << 20
FILES_KEPT = 3
LINES_PER_S, LINES_AT_ONCE = 20.0, 100.0
"""Of refusals and warnings of one kind. What is left out is counted, and the next line says how many."""


class JsonLines(logging.Formatter):
    """One JSON document a line; never a header, a body or a token."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= {
            name: getattr(record, name)
            for name in ("path", "status", "seconds", "left_out")
            if hasattr(record, name)
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


class Sparing(logging.Filter):
    """Lets lines of one kind through at a bounded rate if anybody can cause them: refusals and warnings."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[tuple[object, ...], tuple[float, float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status", None)
        if record.levelno < logging.WARNING and (status is None or status < 400):
            return True
        kind = record.msg if isinstance(record.msg, str) else "", getattr(record, "path", None), status
        now = time.monotonic()
        level, at, left_out = self._kinds.get(kind, (LINES_AT_ONCE, now, 0))
        level = min(LINES_AT_ONCE, level + (now - at) * LINES_PER_S)
        if level < 1:
            self._kinds[kind] = level, now, left_out + 1
            return False
        if left_out:
            record.left_out = left_out
        self._kinds[kind] = level - 1, now, 0
        return True


class _File(RotatingFileHandler):
    """A log that is kept short; what the process prints goes there, too."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
        self._take_prints()

    def doRollover(self) -> None:
        super().doRollover()
        self._take_prints()

    def _take_prints(self) -> None:
        for stream in (1, 2):
            os.dup2(self.stream.fileno(), stream)  # type: ignore[union-attr]


def log_to(path: Path | None) -> None:
    """Send this process's log to a file, and with it what it prints; without a path to stderr."""
    handler = logging.StreamHandler(sys.stderr) if path is None else _File(path)
    handler.setFormatter(JsonLines())
    handler.addFilter(Sparing())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
