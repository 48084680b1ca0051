"""Code as content: what computed a number is part of what the number is."""

from __future__ import annotations

import ast
import pkgutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, resolve_name
from pathlib import Path
from uuid import uuid4

from qclone.errors import InvalidInputError

_OURS = "qclone"
_read: dict[str, tuple[ModuleSpec, ast.Module]] = {}


def code_digest(names: Iterable[str]) -> str:
    """Return a digest of the code of modules and of all files of packages.

    It is of the syntax tree without docstrings: comments, layout and documentation change nothing. A
    version number, which moves by hand, says less. A module from outside stands for those that it imports
    as well, but for what is installed beside it, which has versions. Code that is in no file, such as a
    notebook's, has another digest every time: nothing says whether it is still the same.

    Parameters
    ----------
    names : importable modules; a package stands for all its modules but ``__main__``.

    Example
    -------
    >>> code_digest(["qclone.estimate"]) == code_digest(["qclone.estimate"])
    True
    """
    joined = "".join(_of(name) for name in sorted(_with_imports(names)))
    return sha256(joined.encode()).hexdigest()[:24]


@cache
def data_digest(package: str) -> str:
    """Return a digest of the JSON files of a package of data."""
    files = sorted((f for f in resources.files(package).iterdir() if f.name.endswith(".json")), key=str)
    total = sha256()
    for file in files:
        total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()[:24]


def _of(name: str) -> str:
    if _is_ours(name):
        return _of_ours(name)
    spec, tree = _tree(name)
    if tree is None:
        return name if spec is not None else f"{name} {uuid4()}"
    return name + ast.dump(tree)


@cache
def _of_ours(name: str) -> str:
    spec, tree = _tree(name)
    if spec is None or tree is None:
        return name
    inside = [
        _of_ours(f"{name}.{m.name}")
        for m in pkgutil.iter_modules(spec.submodule_search_locations or ())
        if m.name != "__main__"
    ]
    return name + ast.dump(tree) + "".join(inside)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == _OURS


def _with_imports(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += () if _is_ours(name) else _imported(name)
    return found


def _imported(name: str) -> Iterator[str]:
    """What a module from outside imports of qclone and of its author's."""
    spec, tree = _tree(name)
    for node in () if tree is None else ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = "" if spec is None else spec.parent or ""
            try:
                module = resolve_name("." * node.level + (node.module or ""), package)
            except ImportError:
                continue
            targets = [module]
            if (source := _found(module)) is not None and source.submodule_search_locations is not None:
                targets += (f"{module}.{alias.name}" for alias in node.names)
        else:
            continue
        for target in targets:
            known = target != _OURS if _is_ours(target) else _is_beside(target, name)
            if known and _found(target) is not None:
                yield target


def _is_beside(name: str, other: str) -> bool:
    """Whether a module is of another's package, or lies where no packages are installed: a file at work."""
    top = name.partition(".")[0]
    if top == other.partition(".")[0]:
        return True
    spec = None if top in sys.stdlib_module_names else _found(top)
    places = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    where = None if spec is None or not spec.has_location else Path(str(spec.origin))
    return where is not None and not any(where.is_relative_to(place) for place in places)


def _found(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except (ImportError, ValueError):  # no such module, or one without a file, such as a notebook
        return None


def _tree(name: str) -> tuple[ModuleSpec | None, ast.Module | None]:
    """Return where a module is and its syntax tree, as it was when it was first asked for.

    A file that is edited while a run takes its time says nothing of what runs; a module that is loaded
    again has another specification.
    """
    spec = _found(name)
    if name in _read and _read[name][0] is spec:
        return _read[name]
    path = getattr(sys.modules.get(name), "__file__", None) if spec is None else spec.origin
    if path is None or not path.endswith(".py"):
        return spec, None
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise InvalidInputError(f"The code of {name} cannot be read: {error}.") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    if spec is not None:
        _read[name] = spec, tree
    return spec, tree
