"""Which extra brings a package that is not installed: whoever imports it, the reader is told the same."""

from __future__ import annotations

from collections.abc import Iterator

from qclone.errors import MissingPackageError

_MODULES = {
    "plot": "matplotlib jinja2 pylatexenc",
    "device": "qiskit_aer qiskit_ibm_runtime",
    "notebook": "pandas xarray",
    "sweep": "dask distributed pyarrow psutil",
    "tsim": "tsim",
    "verify": "pyqasm",
    "compute": "pyzx qiskit_qasm3_import",
    "logical": "sinter tesseract_decoder pymatching ldpc",
    "search": "numba pysat",
    "service": (
        "fastapi starlette pydantic anyio uvicorn h11 httpx httpcore cryptography prometheus_client psycopg"
    ),
}
EXTRAS = {module: extra for extra, modules in _MODULES.items() for module in modules.split()}
"""Module -> the extra of pyproject.toml that installs it."""


def missing_package(error: BaseException) -> MissingPackageError | None:
    """Return what to say of an error that comes from an absent package of an extra; None of any other.

    The first cause counts: a package may report in its own words that another one is absent.

    >>> missing_package(ModuleNotFoundError("No module named 'numba'", name="numba")).remedy
    "Install it with: pip install 'qclone[search]'"
    """
    found = None
    for one in _with_causes(error):
        module = (one.name or "").partition(".")[0] if isinstance(one, ImportError) else ""
        if module in EXTRAS:
            found = MissingPackageError(module, EXTRAS[module])
    return found


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
