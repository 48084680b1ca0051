"""Say what is recoverable from where, and what the servers could learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._loudness import is_quiet, is_verbose
from qclone.cli._numbers import NATURAL
from qclone.cli._object import object_named
from qclone.cli._outlook import prospects, state_of, summary_of
from qclone.cli._output import emit, json_option
from qclone.errors import KeyConsumedError, NotRecoverableError

RANK = 120

if TYPE_CHECKING:
    from qclone.access import Verdict
    from qclone.store import Entry, Ledger, Manifest, Outlook, Report


WAITING, FEWER = 14, 15
"""Exit statuses of this command: it waits for servers that are down; it survives fewer losses than asked."""


@click.command("check")
@click.argument("object_id", metavar="[ID]", required=False)
@click.option(
    "--min-losses", type=NATURAL, metavar="N", help="Exit with 15 if fewer losses of servers are survived."
)
@cloud_option
@json_option
def command(object_id: str | None, min_losses: int | None, directory: Path, as_json: bool) -> int:
    """Look at the object ID, or at all objects: from which servers it can be recovered now, how many more
    servers may be lost, whichever they are, what all servers together could learn, and what compromised ones
    have learned. Consumes nothing. With
    --quiet only those are shown for which the exit status is not 0.

    Exit status, the first that is so of ID or of any object whose key was not used: 12 it cannot be
    recovered, 14 it waits for servers that are down, 15 it survives fewer losses than --min-losses; 11 the
    key of ID was used.
    """
    with opened(directory) as cloud:
        from qclone.store import check, outlook

        client, ledger = cloud.client, cloud.ledger
        manifests = ledger.manifests() if object_id is None else [_find(ledger, object_id)]
        looked = [(check(holdings), outlook(holdings)) for holdings in client.holdings_of(manifests)]
        begun = client.keyring.begun()
        sites = {name: state.value for name, state in cloud.fabric.sites().items()}
    documents = [_document(report, found, begun) for report, found in looked]
    shown = [
        (report, found)
        for report, found in looked
        if not is_quiet() or _is_trouble(report, found, min_losses)
    ]
    text = "\n\n".join(_text(report, found, begun) for report, found in shown)
    sealed = [(r, o) for r, o in looked if o is not None and r.holdings.manifest.key.server is None]
    if object_id is None:
        summary = summary_of(sealed, len(looked), sites)
        document = {"objects": documents, **summary.document}
        whole = f"{text}\n\n{summary.text}" if looked else "Nothing is stored yet."
    else:
        document, whole = documents[0], text
    emit(as_json, document, whole, quiet=text)
    return _status(sealed, min_losses) if object_id is None or sealed else KeyConsumedError.exit_code


def _status(sealed: Sequence[tuple[Report, Outlook]], min_losses: int | None) -> int:
    states = {found.state for _, found in sealed}
    if "gone" in states:
        return NotRecoverableError.exit_code
    if "waiting" in states:
        return WAITING
    fewest = min((found.losses for _, found in sealed if not found.needs_no_server), default=None)
    return FEWER if fewest is not None and fewest < (min_losses or 0) else 0


def _is_trouble(report: Report, found: Outlook | None, min_losses: int | None) -> bool:
    return found is not None and _status([(report, found)], min_losses) != 0


def _find(ledger: Ledger, word: str) -> Manifest:
    return ledger.find(object_named(ledger, word))


def _document(report: Report, found: Outlook | None, begun: Mapping[str, Entry]) -> dict[str, Any]:
    manifest = report.holdings.manifest
    entry = begun.get(manifest.object_id)
    return {
        "id": manifest.object_id,
        "name": manifest.name,
        "key": manifest.key.state.value,
        "kept": entry is not None and entry.delivery is not None,
        "state": state_of(report, found),
        "recoverable": report.recoverable,
        "losses_survived": None if found is None else found.losses,
        "losses_survived_after_heal": None if found is None else found.healed,
        "losses_are_exact": None if found is None else found.exact,
        "needs_no_server": None if found is None else found.needs_no_server,
        "clones": None if found is None else dict(found.clones),
        "recoverable_from": list(report.recoverable_from),
        "minimal_sets": [list(group) for group in report.groups],
        "after_heal": [list(group) for group in report.after_heal],
        "servers_together": _learned(report.servers_together),
        "compromised": {"servers": list(report.compromised), **_learned(report.adversary)},
        "released": report.released,
    }


def _learned(verdict: Verdict) -> dict[str, Any]:
    leaks = list(verdict.leaks) if verdict.verdict == "leaks" else []
    return {"verdict": verdict.verdict, "bits": verdict.bits, "leaks": leaks}


def _text(report: Report, found: Outlook | None, begun: Mapping[str, Entry]) -> str:
    manifest = report.holdings.manifest
    said = _recoverable(report, begun.get(manifest.object_id))
    lines = [f"{manifest.object_id}  {manifest.name}", f"  recoverable: {said}"]
    if manifest.key.server is None:
        if found is not None and report.holdings.ours:
            lines += [f"  {line}" for line in prospects(found)]
        lines.append(f"  all servers together could learn: {_say(report.servers_together)}")
    if report.compromised:
        lines.append(f"  compromised {_names(report.compromised)} learned: {_say(report.adversary)}")
    if report.released:
        lines.append(f"  {report.released}")
    return "\n".join(lines)


def _recoverable(report: Report, entry: Entry | None) -> str:
    key, object_id = report.holdings.manifest.key, report.holdings.manifest.object_id
    if key.server is not None:
        if entry is not None and entry.delivery is not None:
            return f"it was, from {key.server}, and is kept: qclone get --again {object_id}"
        if entry is not None and not entry.order.outputs:
            state = report.holdings.sites.get(key.server)
            found = f", with: qclone get {object_id}" if state == "up" else f"; {key.server} is {state}"
            return f"from {key.server} alone, to which its key was committed{found}"
        if entry is not None:
            return f"its recovery from {key.server} was interrupted, and goes on with: qclone get {object_id}"
        return f"no, its key is {key.state} (from {key.server}, {key.at})"
    from qclone.store import SiteState

    if not report.holdings.ours:
        return "no, not here: another client's keyring has its secret"
    if report.recoverable_from:
        return f"from {_names(report.recoverable_from, 'or')}"
    if report.groups:
        shown = report.groups if is_verbose() else report.groups[:4]
        return "; or ".join(f"from {_names(group)} together" for group in shown)
    if report.after_heal:
        # One group of those that are enough; the servers in it that are down are what keeps it from being so.
        group = min(report.after_heal, key=len)
        sites = report.holdings.sites
        down = [name for name in group if sites.get(name) is SiteState.DOWN]
        are = "is" if len(down) == 1 else "are"
        return (
            f"not now, for {_names(down)} {are} down; from {_names(group)} after: "
            f"qclone server heal {' '.join(down)}"
        )
    return "no: too much is lost"


def _names(names: Sequence[str], joint: str = "and") -> str:
    shown = list(names) if len(names) <= 6 or is_verbose() else [*names[:5], f"{len(names) - 5} more"]
    return f" {joint} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _say(verdict: Verdict) -> str:
    if verdict.verdict == "leaks":
        return f"{', '.join(verdict.leaks)} ({verdict.bits:g} of {2 * verdict.num_inputs} bits)"
    return "nothing" if verdict.verdict == "nothing" else "everything"
