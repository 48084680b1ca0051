"""Decoders by name; packages are imported when a decoder is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import sinter

from qclone.errors import InvalidInputError, MissingPackageError
from qclone.logical.decoders._joint import Joint

Maker = Callable[[], sinter.Decoder]
DECODERS: dict[str, Maker] = {}
JOINT = "joint-"


def register(name: str, package: str) -> Callable[[Maker], Maker]:
    """Enter what makes a decoder under a name; its package is imported when the decoder is asked for."""

    def enter(make: Maker) -> Maker:
        def made() -> sinter.Decoder:
            importlib.import_module(package)  # so that it is missed here, and not on a worker
            return make()

        DECODERS[name] = made
        return make

    return enter


def load_decoder(name: str) -> sinter.Decoder:
    """Return a decoder by its name, or anybody's as ``module:attribute``.

    The attribute is a `sinter.Decoder`, or what makes one when it is called. ``joint-`` before a name looks
    at checks of decryption last: see `Joint`.

    Raises
    ------
    InvalidInputError : no such decoder. MissingPackageError : its package is not installed.

    Example
    -------
    >>> type(load_decoder("tesseract")).__name__
    'Tesseract'
    """
    if name.startswith(JOINT):
        return Joint(load_decoder(name.removeprefix(JOINT)))
    try:
        if name in DECODERS:
            return DECODERS[name]()
        if ":" in name:
            return _from_module(name)
    except ModuleNotFoundError as error:
        if name in DECODERS:
            raise MissingPackageError(str(error.name), "logical") from None
        raise InvalidInputError(
            f"The decoder {name} needs a module {error.name}, which is not installed.", "Install it."
        ) from None
    raise InvalidInputError(
        f"There is no decoder {name!r}.", f"Choose one of {', '.join(DECODERS)}, or name module:attribute."
    )


def _from_module(name: str) -> sinter.Decoder:
    module, _, attribute = name.partition(":")
    found = getattr(importlib.import_module(module), attribute, None)
    if callable(found) and not isinstance(found, sinter.Decoder):
        found = found()
    if not isinstance(found, sinter.Decoder):
        raise InvalidInputError(
            f"{name} is not a sinter.Decoder.", "Name one, or a class or function that makes one."
        )
    return found
