"""The package's data: what searches find is kept where it is better than what there is, and proved before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib import resources
from pathlib import Path

from qclone import __version__
from qclone.device import Device
from qclone.durable import replace_file
from qclone.errors import StorageError
from qclone.native._assemble import Draft
from qclone.native._catalog import AIMS, Aim, Entry, read, written
from qclone.native._contract import verify
from qclone.native._families import circuit_of, family_key, worth
from qclone.native._placer import Found
from qclone.scheme import Scheme
from qclone.search._kept import Kept

DATA = Path(str(resources.files("qclone.native.data")))
Entries = dict[Aim, Entry]


@dataclass(frozen=True)
class Made:
    """How circuits of a scheme were found for a device."""

    scheme: Scheme
    device: Device
    strategy: str
    seed: int
    steps: int

    def proved(self, draft: Draft, clone: str) -> Entry:
        """Return a draft as an entry: verified by its tableau, its fidelity on the twin exact.

        Raises
        ------
        ContractError : it does not do what its scheme says.
        """
        found_by = {"strategy": self.strategy, "seed": self.seed}
        native = circuit_of(draft, self.scheme, self.device, clone)
        verify(native, self.scheme)
        return Entry(
            scheme=self.scheme,
            clone=clone,
            inputs="Bell" if native.references else "GHZ",
            aims=(),
            layers=native.cost.layers,
            gates=native.cost.gates,
            fidelity=round(worth(native), 6),
            calibration=self.device.snapshot_date,
            found_by={**found_by, "steps": self.steps, "version": __version__},
            draft=draft,
        )


def on_shelf(device: str) -> tuple[Entry, ...]:
    """Return what the data file of a device has at this moment."""
    path = DATA / f"{device}.json"
    return read(path.read_text()) if path.exists() else ()


def beyond(found: Entries, rivals: Iterable[Found]) -> Entries:
    """Return for each aim the best entry, unless it is no better than circuits that are there without it."""
    kept = Kept[Found]()
    for rival in rivals:
        kept.add(rival)
    there = dict(kept)
    best = {aim: max(found.values(), key=partial(_worth, aim)) for aim in AIMS if found}
    return {
        aim: entry
        for aim, entry in best.items()
        if aim not in there or _worth(aim, entry) > _worth(aim, there[aim])
    }


def _worth(aim: Aim, circuit: Entry | Found) -> tuple[float, float]:
    return -circuit.layers * (aim == "layers"), round(circuit.fidelity, 6)


def keep(device: str, found: Mapping[Aim, Entry]) -> Entries:
    """Put into the data file what is better than what it has for an aim; return what it then has.

    All entries are of one scheme, and decrypt clones that are alike but for names. A draft that is the best
    for both aims is one entry.

    Raises
    ------
    StorageError : the file cannot be written.
    """
    if not found:
        return {}
    (kind,) = {_kind(entry) for entry in found.values()}
    # Read late: other searches may have written meanwhile.
    known = on_shelf(device)
    mine: list[Entry] = []
    for aim in AIMS:
        rivals = [e for e in known if _kind(e) == kind and aim in e.aims]
        rivals += [found[aim]] if aim in found else []
        for best in sorted(rivals, key=partial(_worth, aim), reverse=True)[:1]:
            same = [e for e in mine if e.draft == best.draft]
            mine = [e for e in mine if e not in same]
            mine.append(replace(best, aims=(*(a for e in same for a in e.aims), aim)))
    others = [entry for entry in known if _kind(entry) != kind]
    text = written(device, sorted((*others, *mine), key=_place))
    try:
        replace_file(DATA / f"{device}.json", text.encode())
    except OSError as error:
        raise StorageError(
            f"The package's data in {DATA} cannot be written: {error.strerror or error}.",
            "Search from a checkout of your own, or use search.find, which returns its circuit.",
        ) from None
    return {aim: entry for entry in mine for aim in entry.aims}


def _kind(entry: Entry) -> tuple[str, str]:
    """The scheme, and which clones are alike but for names: S1/A and S2/A."""
    return str(family_key(entry.scheme)), "/".join(step[0] for step in entry.clone.split("/"))


def _place(entry: Entry) -> tuple[bool, bool, int, str]:
    key, clone = _kind(entry)
    return not key.startswith("canonical"), clone == "A", len(key), key
