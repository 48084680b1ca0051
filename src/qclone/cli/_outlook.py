"""What further losses would do, in words and in numbers: of one object, and of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qclone.cli._loudness import is_verbose
from qclone.cli._output import counted

if TYPE_CHECKING:
    from qclone.store import Outlook, Report

Sealed = Sequence[tuple["Report", "Outlook"]]


@dataclass(frozen=True)
class Summary:
    """Of all objects: what `--json` prints beside them, and a few lines for people."""

    document: Mapping[str, Any]
    text: str


def state_of(report: Report, found: Outlook | None) -> str:
    """Return ``recoverable``, ``waiting`` (for servers), ``gone``, ``elsewhere`` or ``used``."""
    if found is None:
        return "used"
    return found.state if report.holdings.ours else "elsewhere"


def prospects(found: Outlook) -> Iterator[str]:
    """Yield what is said of an object whose key was not used."""
    if found.state != "gone":
        least = "" if found.exact else "at least "
        said = [] if found.losses < 0 else [_loss(found.losses, found.needs_no_server)]
        if found.healed != found.losses and not found.needs_no_server:
            said.append(f"{_loss(found.healed, False)} once those that are down are up")
        yield f"survives: {least}{', '.join(said)}"
    if found.clones["down"] or found.clones["gone"]:
        counts = (f"{number:,} {state}" for state, number in found.clones.items() if number)
        yield f"clones: {', '.join(counts)}"


def _loss(losses: int, needs_no_server: bool) -> str:
    if needs_no_server:
        return "the loss of every server"
    if losses == 0:
        return "no further loss of a server"
    return f"the loss of any {counted(losses, 'more server')}"


def summary_of(sealed: Sealed, objects: int, sites: Mapping[str, str]) -> Summary:
    """Return how all objects and servers are.

    Parameters
    ----------
    sealed : the objects whose key was not used.
    objects : how many there are in all.
    sites : server -> its state.
    """
    states = Counter(state_of(report, found) for report, found in sealed)
    states["used"] = objects - len(sealed)
    finite = [found.losses for _, found in sealed if not found.needs_no_server]
    least = min(finite, default=None)
    by_state = {kind: [name for name, state in sites.items() if state == kind] for kind in _SERVERS_ARE}
    counts = {kind: states[kind] for kind in _OBJECTS_ARE}
    document = {
        "servers": {"up": sum(state == "up" for state in sites.values()), **by_state},
        "summary": {"objects": objects, **counts, "least_losses_survived": least},
    }
    said = [f"{number:,} {_OBJECTS_ARE[kind]}" for kind, number in counts.items() if number]
    lines = [f"{counted(objects, 'object')}: {', '.join(said)}."]
    if least is not None and least >= 0:
        lines.append(f"The least safe of them survives {_loss(least, False)}.")
    lines += [f"{kind.capitalize()}: {some(names)}." for kind, names in by_state.items() if names]
    return Summary(document, "\n".join(lines))


_SERVERS_ARE = ("down", "lost", "compromised")
_OBJECTS_ARE = {
    "recoverable": "can be recovered",
    "waiting": "waiting for servers that are down",
    "gone": "gone for good",
    "elsewhere": "with another client's key",
    "used": "with a used key",
}


def some(names: Sequence[str]) -> str:
    """Return names for reading, a few of many.

    >>> some(["server-1"]), some([f"s{i}" for i in range(9)])
    ('server-1', 's0, s1, s2, s3, s4 and 4 more')
    """
    whole = len(names) <= 6 or is_verbose()
    return ", ".join(names) if whole else f"{', '.join(names[:5])} and {len(names) - 5} more"
