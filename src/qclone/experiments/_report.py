"""One self-contained HTML page of a folder of results."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

from qclone.device import LEARNED, RULES, Rule
from qclone.errors import MissingPackageError, StorageError
from qclone.experiments._compare import deviation
from qclone.experiments._figures import figures
from qclone.experiments._identity import IDENTITY
from qclone.experiments._registry import EXPERIMENTS, names
from qclone.experiments._result import Result
from qclone.experiments._store import Folder


def write_report(folder: Path, out: Path | None = None) -> Path:
    """Write `report.html` from a folder of results; return its path.

    The page needs nothing else: its figures are data, and what draws them is inside, the same that draws the
    page of `qclone web`. Each can be read point by point and saved as SVG and CSV.

    Parameters
    ----------
    folder : what `run` was given.
    out : where to write; the folder itself by default.

    Raises
    ------
    InvalidInputError : the folder holds no results.
    MissingPackageError : Jinja2 is not installed.
    StorageError : the report cannot be written.
    """
    results = Folder(folder).results()
    try:
        import jinja2
    except ImportError:
        raise MissingPackageError("jinja2", "plot") from None
    out = folder if out is None else out
    files = resources.files("qclone.experiments")
    template, script, style = (
        files.joinpath(name).read_text(encoding="utf-8")
        for name in ("report.html.j2", "report/report.js", "report/report.css")
    )
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    page = environment.from_string(template).render(
        **_content(results),
        figures=(drawn := figures(results)),
        # Names in it are text whatever they hold, and no text of theirs ends the element.
        data=_safe(json.dumps(drawn, ensure_ascii=True)),
        script=script,
        style=style,
        policy=f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; img-src data:",
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
        path = out / "report.html"
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"The report cannot be written to {out}: {error.strerror or error}.", "Choose another --out."
        ) from None
    return path


def _safe(text: str) -> str:
    return text.replace("<", "\\u003c")


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _content(results: Sequence[Result]) -> dict[str, Any]:
    ordered = sorted(results, key=_order)
    return {
        "tables": [
            {
                "title": EXPERIMENTS[name].title if name in EXPERIMENTS else name,
                "rows": [_row(r) for r in rows],
            }
            for name, rows in groupby(ordered, key=lambda r: r.experiment)
        ],
        "deviation": deviation(results),
        "rules": [{"name": r.name, "meaning": r.meaning, "formula": r.formula} for r in _rules(ordered)],
        "budget": _budget_rows(ordered),
        "setups": _setups(results),
        "identity": IDENTITY,
    }


def _order(result: Result) -> tuple[Any, ...]:
    known = names()
    place = known.index(result.experiment) if result.experiment in known else len(known)
    return (
        place,
        result.experiment,
        *((0, float(v), "") if isinstance(v, int) else (1, 0.0, str(v)) for v in result.parameters.values()),
    )


def _row(result: Result) -> dict[str, Any]:
    published, bounds = result.published, result.bounds
    return {
        "what": _told(result.parameters),
        "layers": result.layers,
        "gates": result.gates,
        "value": str(result.estimate),
        "spread": "{:.3f} to {:.3f}".format(*result.spread) if result.spread else "",
        "published": f"{published.value:.3f} ± {published.error:.3f}" if published else "",
        "published_layers": published.layers if published and published.layers else "",
        "difference": f"{result.estimate.value - published.value:+.3f}" if published else "",
        "cloner": f"{bounds.approximate_cloning:.3f}" if bounds.approximate_cloning else "",
        "above": result.estimate.value > bounds.threshold,
    }


def _told(parameters: Mapping[str, Any]) -> str:
    told = []
    for name, value in parameters.items():
        if name == "clones":
            told.append(f"{value:,} clones")
        else:
            # A word says by itself what it is; a number or a label does not.
            told.append(value if isinstance(value, str) and len(name) > 1 else f"{name} = {value}")
    return ", ".join(told)


def _rules(results: Sequence[Result]) -> tuple[Rule, ...]:
    """Return the rules that any of the results knows of."""
    return (*RULES, LEARNED) if any(LEARNED.name in (r.budget or ()) for r in results) else RULES


def _budget_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return what each noise rule costs, for rows of the published tables."""
    return [
        {
            "what": f"{r.experiment}: {_told(r.parameters)}",
            "value": f"{r.estimate.value:.3f}",
            "costs": [
                f"{r.budget.get(rule.name, r.estimate.value) - r.estimate.value:+.3f}"
                for rule in _rules(results)
            ],
        }
        for r in results
        if r.budget and r.published and _in_budget(r)
    ]


def _in_budget(result: Result) -> bool:
    kind = EXPERIMENTS.get(result.experiment)
    return kind is None or kind.in_budget(result.parameters)


def _setups(results: Sequence[Result]) -> list[str]:
    """Return how the results were made, one line for all that differ in seed and row only."""
    seeds: dict[str, set[int]] = {}
    for r in results:
        p = r.provenance
        versions = ", ".join(f"{name} {version}" for name, version in p["versions"].items())
        told = (
            f"{p['device']} (calibration of {p['calibration'] or 'no date'}), engine {p['engine']}, "
            f"circuits {p['circuits']}, layout {p['layout']}, {r.told_shots}; "
            f"{versions}; seeds "
        )
        seeds.setdefault(told, set()).update(range(p["seed"], p["seed"] + p["tries"]))
    return [told + ", ".join(map(str, sorted(used))) for told, used in sorted(seeds.items())]
