"""Schemes by name: those of this room and those that other packages bring.

Names are stored in manifests: they outlive classes and never change their meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TypeVar

from qclone.errors import InvalidInputError
from qclone.outside import loaded
from qclone.scheme._scheme import AnyScheme

GROUP = "qclone.schemes"
"""Entry points of other packages: name -> module:Class."""
SCHEMES: dict[str, type[AnyScheme]] = {}
"""Name -> class, filled as classes are defined."""
_S = TypeVar("_S", bound="type[AnyScheme]")


def register_scheme(name: str) -> Callable[[_S], _S]:
    """Enter a class of schemes under the name by which `to_spec` describes it.

    Raises
    ------
    InvalidInputError : another class has the name.

    Example
    -------
    >>> from qclone.scheme import Canonical, to_spec
    >>> register_scheme("canonical")(Canonical) is Canonical  # as is written above the class
    True
    >>> to_spec(Canonical(2))["scheme"]
    'canonical'
    """

    def enter(kind: _S) -> _S:
        known = SCHEMES.setdefault(name, kind)
        if (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__):
            raise InvalidInputError(
                f"There are two schemes {name!r}, in {known.__module__} and {kind.__module__}.",
                "Give one of them another name.",
            )
        SCHEMES[name] = kind
        return kind

    return enter


def scheme_named(name: str) -> type[AnyScheme] | None:
    """Return the class of that name, of this package or of an installed one that states it under `GROUP`."""
    if name not in SCHEMES:
        for point in entry_points(group=GROUP, name=name):
            kind = loaded(point)
            if not (isinstance(kind, type) and issubclass(kind, AnyScheme)):
                raise InvalidInputError(
                    f"{point.value}, which is named as the scheme {name!r}, is no class of schemes.",
                    "Name a frozen dataclass that is a subclass of qclone.scheme.Scheme.",
                )
            register_scheme(name)(kind)
    return SCHEMES.get(name)


def scheme_names() -> list[str]:
    """Return all names."""
    return [*SCHEMES, *sorted({point.name for point in entry_points(group=GROUP)} - set(SCHEMES))]


def name_of(kind: type[AnyScheme]) -> str | None:
    """Return the name of a class; None if it has none."""
    return next((name for name, known in SCHEMES.items() if known is kind), None)
