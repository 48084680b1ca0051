"""Code as content: what computed a number is part of what the number is."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.util import find_spec


def code_digest(names: Iterable[str]) -> str:
    """Return a digest of the code of modules and of all files of packages.

    It is of the syntax tree without docstrings: comments, layout and documentation change nothing. A
    version number, which moves by hand, says less.

    Parameters
    ----------
    names : importable modules; a package stands for all its modules but ``__main__``.

    Example
    -------
    >>> code_digest(["qclone.estimate"]) == code_digest(["qclone.estimate"])
    True
    """
    joined = "".join(_of(name) for name in sorted(set(names)))
    return sha256(joined.encode()).hexdigest()[:24]


@cache
def data_digest(package: str) -> str:
    """Return a digest of the JSON files of a package of data."""
    files = sorted((f for f in resources.files(package).iterdir() if f.name.endswith(".json")), key=str)
    total = sha256()
    for file in files:
        total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()[:24]


@cache
def _of(name: str) -> str:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return name
    inside = [
        _of(f"{name}.{m.name}")
        for m in pkgutil.iter_modules(spec.submodule_search_locations or ())
        if m.name != "__main__"
    ]
    with open(spec.origin, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    return name + ast.dump(tree) + "".join(inside)
