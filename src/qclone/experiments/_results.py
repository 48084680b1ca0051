"""Results of a run as a list that notebooks can show and pandas can take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qclone.errors import MissingPackageError
from qclone.experiments._result import Result
from qclone.markup import table

if TYPE_CHECKING:
    import pandas as pd


class Results(list[Result]):
    """What `run` and `read_results` return: a list of results, in the order of the rows.

    Example
    -------
    >>> Results()
    <0 results>
    """

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a result, with the columns of `Result.to_record`.

        Raises
        ------
        MissingPackageError : pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MissingPackageError("pandas", "notebook") from None
        return pd.DataFrame(self.to_records())

    def to_records(self) -> list[dict[str, Any]]:
        """Return one `Result.to_record` a result."""
        return [result.to_record() for result in self]

    def __repr__(self) -> str:
        said = ", ".join(str(result.estimate) for result in self[:5]) + (", ..." if len(self) > 5 else "")
        return f"<{len(self)} results{': ' if self else ''}{said}>"

    def _repr_html_(self) -> str:
        rows = [r.summary() for r in self]
        return table(list(rows[0]) if rows else [], ([*row.values()] for row in rows))
