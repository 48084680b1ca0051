"""All man pages: one for qclone and one for each of its commands."""

from __future__ import annotations

from pathlib import Path

from qclone.cli._commands import command_named, own_commands
from qclone.cli._roff import escaped, page

ENVIRONMENT = {
    "QCLONE_CLOUD": "The cloud's directory, where --cloud is not said.",
    "QCLONE_CONFIG": "The file of defaults; empty: none.",
    "QCLONE_DEBUG": "Set: an error of qclone's own is shown with where it was met.",
}


def write_pages(folder: Path, version: str) -> list[Path]:
    """Write the man pages of qclone and of every command of its own; return their paths."""
    from qclone.cli._main import EPILOG, qclone

    folder.mkdir(parents=True, exist_ok=True)
    lines = own_commands()
    texts = {"qclone": page(("qclone",), qclone, "clone qubits if encrypted", version, _more(EPILOG, lines))}
    for name, line in lines.items():
        found = command_named(name)
        assert found is not None
        texts[f"qclone-{name}"] = page(("qclone", name), found, line, version)
    written = []
    for title, text in texts.items():
        path = folder / f"{title}.1"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _more(epilog: str, lines: dict[str, str]) -> str:
    """What the page of qclone itself says beside its options."""
    parts = [".SH COMMANDS"]
    for name, line in lines.items():
        parts += [".TP", f"\\fBqclone\\-{escaped(name)}\\fR(1)", escaped(line)]
    parts += [".SH EXIT STATUS", escaped(epilog.removeprefix("Exit status: ")), ".SH ENVIRONMENT"]
    for name, meaning in ENVIRONMENT.items():
        parts += [".TP", f"\\fB{name}\\fR", escaped(meaning)]
    parts += [
        ".SH FILES",
        ".TP",
        "\\fI~/.config/qclone/config.toml\\fR",
        escaped("Defaults of options; `qclone config` shows what applies and where it comes from."),
    ]
    return "\n".join(parts)
