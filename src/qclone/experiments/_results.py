"""Results of a run as a list that notebooks can show and pandas can take."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qclone.errors import MissingPackageError
from qclone.experiments._result import Result

if TYPE_CHECKING:
    import pandas as pd


class Results(list[Result]):
    """What `run` returns: a list of results, in the order of its rows.

    Example
    -------
    >>> Results()
    <0 results>
    """

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a result, its parameters, value, error and published value in columns.

        Raises
        ------
        MissingPackageError : pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MissingPackageError("pandas", "notebook") from None
        return pd.DataFrame([result.to_row() for result in self])

    def __repr__(self) -> str:
        said = ", ".join(str(result.estimate) for result in self[:5]) + (", ..." if len(self) > 5 else "")
        return f"<{len(self)} results{': ' if self else ''}{said}>"

    def _repr_html_(self) -> str:
        names = ("experiment", "row", "layers", "gates", "value", "published", "device")
        head = "".join(f"<th>{name}</th>" for name in names)
        rows = []
        for r in self:
            told = ", ".join(f"{k} = {v}" for k, v in r.parameters.items())
            published = f"{r.published.value:.3f} ± {r.published.error:.3f}" if r.published else ""
            cells = (r.experiment, told, r.layers, r.gates, r.estimate, published, r.provenance["device"])
            rows.append("".join(f"<td>{escape(str(cell))}</td>" for cell in cells))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
