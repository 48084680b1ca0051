"""Links that open a circuit in a browser's editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import stim


def link(circuit: stim.Circuit, form: str) -> str:
    """Return a link that opens a circuit in Crumble or Quirk."""
    from qclone.circuits import crumble_link, quirk_link

    return crumble_link(circuit) if form == "crumble" else quirk_link(circuit)
