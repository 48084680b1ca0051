"""Schemes as JSON: a name, and the parameters by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from reprlib import Repr
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from qclone.errors import InvalidInputError
from qclone.scheme._registry import name_of, scheme_named, scheme_names
from qclone.scheme._scheme import AnyScheme, Scheme
from qclone.scheme._size import Bounds, Size

_S = TypeVar("_S", bound=Scheme)
MAX_DEPTH = 8
"""Schemes of schemes of schemes; three levels have a use."""
ANY = Bounds()
"""What one machine can make."""


def to_spec(scheme: AnyScheme) -> dict[str, Any]:
    """Return the JSON-able description of a scheme.

    Raises
    ------
    InvalidInputError : a scheme of a class that has no name; `register_scheme` gives it one.

    Example
    -------
    >>> from qclone.scheme import Canonical, Parallel
    >>> to_spec(Parallel(Canonical(4), copies=3))["base"]
    {'scheme': 'canonical', 'num_clones': 4, 'synthesis': 'pair_tree'}
    """
    name = name_of(type(scheme))
    if name is None:
        raise InvalidInputError(
            f"{scheme} has no description as JSON.",
            f"Give its class a name with @register_scheme. Those that have one: {', '.join(scheme_names())}.",
        )
    return {"scheme": name} | {f.name: _plain(getattr(scheme, f.name)) for f in fields(scheme)}


@overload
def from_spec(spec: Mapping[str, Any], bounds: Bounds = ...) -> Scheme: ...
@overload
def from_spec(spec: Mapping[str, Any], bounds: Bounds = ..., *, kind: type[_S]) -> _S: ...
def from_spec(spec: Mapping[str, Any], bounds: Bounds = ANY, *, kind: type[Scheme] = Scheme) -> Scheme:
    """Return the qubit scheme that `to_spec` described; parameters left out take their defaults.

    Parameters
    ----------
    bounds : the largest that is made.
    kind : the class that it must be of.

    Raises
    ------
    InvalidInputError : no scheme of that name; a parameter missing, unknown or of the wrong kind; one larger
        than the bounds, of which nothing is made; or a scheme of another kind, such as one of qudits (see
        `any_from_spec`), for which there are no qubit circuits.

    Example
    -------
    >>> from_spec({"scheme": "canonical", "num_clones": 4})
    Canonical(num_clones=4, synthesis='pair_tree')
    """
    scheme = any_from_spec(spec, bounds)
    if not isinstance(scheme, Scheme):
        raise InvalidInputError(
            f"{scheme} is not a scheme of qubits.", "Circuits and the store work on qubits."
        )
    if not isinstance(scheme, kind):
        raise InvalidInputError(
            f"{scheme} is no {name_of(kind) or kind.__name__} scheme.", "Take one that is."
        )
    return scheme


def any_from_spec(spec: Mapping[str, Any], bounds: Bounds = ANY) -> AnyScheme:
    """Return the scheme, of qubits or of qudits, that `to_spec` described. Raises as `from_spec`.

    >>> any_from_spec({"scheme": "qudit", "num_clones": 3, "dimension": 5}).clones
    ('S1', 'S2', 'S3', 'A')
    """
    bounds.check(size_of_spec(spec))
    return _make(spec)


def size_of_spec(spec: Mapping[str, Any]) -> Size:
    """Return how large the scheme is that `to_spec` described; none of it is made.

    Raises
    ------
    InvalidInputError : as `from_spec`, where that can be seen without making the scheme.

    Example
    -------
    >>> million = {"scheme": "canonical", "num_clones": 1_000_000}
    >>> size_of_spec({"scheme": "iterated", "base": million, "recloned": [1_000_000]}).qubits
    2000002000001
    """
    return _size(spec, depth=1)


def _size(spec: Mapping[str, Any], depth: int) -> Size:
    if depth > MAX_DEPTH:
        raise InvalidInputError(f"Schemes are nested over {MAX_DEPTH} deep.", "Take a simpler one.")
    kind, parameters = _read(spec, lambda inner, _: _size(inner, depth + 1))
    return kind.size_of(**parameters)


def _make(spec: Mapping[str, Any]) -> AnyScheme:
    kind, parameters = _read(spec, _inner)
    return kind(**parameters)


def _inner(spec: Any, hint: type[AnyScheme]) -> AnyScheme:
    scheme = _make(spec)
    if not isinstance(scheme, hint):
        raise InvalidInputError(f"{scheme} is not a scheme of qubits.", "Take one that is.")
    return scheme


_Inner = Callable[[Any, type[AnyScheme]], Any]


def _read(spec: Mapping[str, Any], inner: _Inner) -> tuple[type[AnyScheme], dict[str, Any]]:
    """Return the class and its parameters; `inner` says what stands for a scheme among them."""
    name = spec.get("scheme") if isinstance(spec, Mapping) else None
    kind = scheme_named(name) if isinstance(name, str) else None
    if kind is None:
        raise InvalidInputError(
            f"This describes no scheme: {_short(spec)}.", f"Known are {', '.join(scheme_names())}."
        )
    hints = _type_hints(kind)
    known = {f.name: f for f in fields(kind)}
    given = {key: value for key, value in spec.items() if key != "scheme"}
    required = {key for key, f in known.items() if f.default is MISSING}
    if not required <= set(given) <= set(known):
        raise InvalidInputError(
            f"The scheme {name!r} does not take exactly these parameters: "
            f"{_short(', '.join(map(str, given)) or 'none')}.",
            f"It takes {', '.join(known)}.",
        )
    return kind, {key: _value(f"{name}.{key}", hints[key], value, inner) for key, value in given.items()}


_type_hints = cache(get_type_hints)


def _plain(value: Any) -> Any:
    if isinstance(value, AnyScheme):
        return to_spec(value)
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _value(name: str, hint: Any, value: Any, inner: _Inner) -> Any:
    """Turn JSON back into what the type hint of a parameter asks for."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        for option in arguments:
            try:
                return _value(name, option, value, inner)
            except InvalidInputError:
                continue
    elif origin is tuple and isinstance(value, list | tuple):
        if arguments[1:] == (Ellipsis,):
            return tuple(_value(name, arguments[0], v, inner) for v in value)
        if len(arguments) == len(value):
            return tuple(_value(name, h, v, inner) for h, v in zip(arguments, value, strict=True))
    elif origin is Literal:
        if value in arguments:
            return value
    elif isinstance(hint, type) and issubclass(hint, AnyScheme):
        return inner(value, hint)
    elif type(value) is hint or (value is None and hint is type(None)):
        return value
    raise InvalidInputError(f"The parameter {name} cannot be {_short(value)}.", "See `to_spec` for its form.")


def _short(value: Any) -> str:
    shown = value if isinstance(value, str) else _Short().repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


class _Short(Repr):
    """A repr that looks at the beginning only: what it shows may be as large and as deep as one likes."""

    maxlevel = 2
    maxlist = maxtuple = maxdict = maxset = 4
    maxstring = maxlong = maxother = 40
