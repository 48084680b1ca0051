"""Searching circuits of iterated schemes and registers, and keeping the best in the package's data."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from qclone.circuits import Cost
from qclone.device import load_device
from qclone.errors import InvalidInputError
from qclone.native._assemble import assemble
from qclone.native._catalog import to_json
from qclone.native._contract import verify
from qclone.native._families import family_file, family_key
from qclone.native._fidelity import fidelity
from qclone.native._placer import Placer
from qclone.scheme import Canonical, Iterated, Parallel, Scheme
from qclone.search._budget import Budget, Progress
from qclone.search._chip_search import ChipSearch
from qclone.search._iterated_search import IteratedSearch
from qclone.search._register_search import RegisterSearch

Family = Literal["virtual", "physical", "register"]
Entries = dict[str, dict[str, Any]]
"""By aim, a circuit as JSON."""

DATA = Path(str(resources.files("qclone.native.data")))
_PLACEMENTS = 300
# Of annealing, for each qubit: minutes for a whole chip.
_STEPS = 300_000


@dataclass(frozen=True)
class Member:
    """One scheme of a family, on a device.

    Parameters
    ----------
    size : l, how often clones are cloned again, or r, the qubits of a register.
    """

    family: Family
    num_clones: int
    size: int
    device: str

    @property
    def scheme(self) -> Iterated | Parallel:
        """The scheme itself."""
        base = Canonical(self.num_clones)
        if self.family == "register":
            return Parallel(base, self.size)
        made = Iterated.virtual if self.family == "virtual" else Iterated.full
        return made(base, self.size)


def search_member(member: Member, budget: Budget, seed: int, progress: Progress) -> Entries:
    """Search; return what the data file keeps: by aim, the best circuit."""
    rng = random.Random(f"{seed} {member.family} {member.num_clones} {member.size}")
    options = f"--family {member.family} --clones {member.num_clones} --sizes {member.size} --seed {seed}"
    scheme, device = member.scheme, load_device(member.device)
    found = {}
    if isinstance(scheme, Parallel):
        register = RegisterSearch(device, member.size, rng)
        options += f" --steps {budget.spend(register.run(), progress)}"
        for aim, circuit in register.kept:
            verify(circuit.native, scheme)
            found[aim] = _entry(options, circuit.native.cost, circuit.fidelity, to_json(circuit.draft))
        return _keep(member.device, member.scheme, found)
    clone = "/".join(["S1"] * (member.size + 1))
    placer = Placer(device, rng, _PLACEMENTS)
    iterated = IteratedSearch(scheme, clone, placer, rng)
    options += f" --steps {budget.spend(iterated.run(), progress)}"
    for aim, best in iterated.kept:
        native = assemble(best.draft, device, clone)
        verify(native, scheme)
        found[aim] = _entry(options, native.cost, fidelity(native), to_json(best.draft))
    return _keep(member.device, member.scheme, found)


def search_chip(
    device: str,
    recloned: tuple[int, ...],
    clone: str,
    budget: Budget,
    seed: int,
    progress: Progress,
    *,
    fresh: bool = False,
) -> Entries:
    """Search circuits of two clones a level, so many of each generation cloned again.

    Unless all is to be fresh, what the data file has is improved first.

    Raises
    ------
    InvalidInputError : the file keeps circuits that decrypt clones of another generation; no room.
    """
    scheme, rng = Iterated(Canonical(2), recloned), random.Random(f"{seed} {recloned}")
    search = ChipSearch(scheme, clone, load_device(device), rng, _STEPS * scheme.num_qubits)
    known = _document(device)["circuits"].get(str(family_key(scheme)), {})
    for own in (entry.get("clone", clone) for entry in known.values()):
        if own.count("/") != clone.count("/"):
            raise InvalidInputError(
                f"The file's circuits of {scheme} decrypt {own}, a clone of another generation than {clone}.",
                f"Search with --decrypt {own}.",
            )
    resumed = [search.resume(entry["roles"]) for entry in known.values() if not fresh]
    taken = budget.spend(chain(*resumed, search.run()), progress)
    sizes = ",".join(map(str, recloned))
    options = f"--family chip --sizes {sizes} --decrypt {clone} --steps {taken} --seed {seed}"
    found = {}
    for aim, best in search.kept:
        native = assemble(best.draft, search.device, best.clone)
        verify(native, scheme)
        draft = {"clone": best.clone, **to_json(best.draft)}
        found[aim] = _entry(options, native.cost, best.fidelity, draft)
    return _keep(device, scheme, found)


def _entry(options: str, cost: Cost, value: float, draft: dict[str, Any]) -> dict[str, Any]:
    return {
        "options": options,
        "layers": cost.layers,
        "gates": cost.gates,
        "fidelity": round(value, 6),
        **draft,
    }


def _keep(device: str, scheme: Scheme, found: Entries) -> Entries:
    """Put into the data file what is better than what it has; return what it then has."""
    # Read late: other searches may have written meanwhile.
    key, document = family_key(scheme), _document(device)
    circuits = document["circuits"]
    kept: Entries = circuits.setdefault(str(key), {})
    for aim, entry in found.items():
        if aim not in kept or _rank(aim, entry) > _rank(aim, kept[aim]):
            kept[aim] = entry
    document["circuits"] = dict(sorted(circuits.items(), key=lambda item: (len(item[0]), item[0])))
    text = json.dumps(document, indent=1).replace("\n     ", " ").replace("\n    ]", " ]") + "\n"
    _file(device).write_text(text)
    return kept


def _document(device: str) -> dict[str, Any]:
    path = _file(device)
    known = json.loads(path.read_text()) if path.exists() else {}
    return {"generator": "python -m qclone.search", "device": device, "circuits": {}, **known}


def _file(device: str) -> Path:
    return DATA / f"{family_file(device)}.json"


def _rank(aim: str, entry: dict[str, Any]) -> tuple[float, ...]:
    if aim == "fidelity":
        return (entry["fidelity"],)
    return -entry["layers"], -entry["gates"], entry["fidelity"]
