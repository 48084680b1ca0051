"""Schemes on the command line: by number of clones and shape, or as JSON in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qclone.scheme import Scheme, Synthesis

_EXAMPLE = 'Such as {"scheme": "canonical", "num_clones": 4}.'


def scheme_option(run: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--scheme FILE`; the command receives a path as `spec`."""
    return click.option(
        "--scheme",
        "spec",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Any scheme, described as JSON.",
    )(run)


def chosen_scheme(
    num_clones: int, synthesis: str = "pair_tree", iterate: int = 0, virtual: bool = False, copies: int = 1
) -> Scheme:
    """Return the scheme that the options describe."""
    from qclone.scheme import Canonical, Iterated, Parallel

    if virtual and iterate == 0:
        raise InvalidInputError("--virtual says how to iterate.", "Add --iterate L.")
    scheme: Scheme = Canonical(num_clones, cast("Synthesis", synthesis))
    if iterate:
        scheme = (Iterated.virtual if virtual else Iterated.full)(scheme, iterate)
    return scheme if copies == 1 else Parallel(scheme, copies)


MAX_SPEC_CHARACTERS = 32 << 20


def read_spec(path: Path) -> dict[str, Any]:
    """Return the description of a scheme in a file, as `from_spec` takes it. Raises InvalidInputError."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MAX_SPEC_CHARACTERS + 1)
        if len(text) > MAX_SPEC_CHARACTERS:
            raise InvalidInputError(
                f"{path} is longer than {MAX_SPEC_CHARACTERS >> 20} MiB.", "Describe a smaller scheme."
            )
        spec = json.loads(text)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Name a JSON file.") from None
    except (ValueError, RecursionError):
        raise InvalidInputError(f"{path} is not JSON.", _EXAMPLE) from None
    if not isinstance(spec, dict):
        raise InvalidInputError(f"{path} holds no object.", _EXAMPLE)
    return spec
