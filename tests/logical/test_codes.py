"""Codes are what they say: commutation, gates with their signs, distance by listing errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qclone.errors import InvalidInputError
from qclone.logical import CODES, check_code, load_code
from qclone.logical._check_code import least_weight

SHIPPED = [
    ("surface", 3),
    ("surface", 5),
    ("surface", 7),
    ("colour", 3),
    ("colour", 5),
    ("colour", 7),
    ("steane", None),
    ("422", None),
    ("iceberg4", None),
    ("iceberg6", None),
    ("bare", None),
]


@pytest.mark.parametrize(("name", "distance"), SHIPPED)
def test_every_code_that_ships_is_proved(name: str, distance: int | None) -> None:
    check_code(load_code(name, distance))


def test_every_name_is_tested() -> None:
    assert {name for name, _ in SHIPPED} | {"colour-bare"} == set(CODES)


def test_known_parameters() -> None:
    # [[n, k, d]] as published: quant-ph/0703272, quant-ph/0605138, 2211.06703.
    for d in (3, 5, 7):
        assert load_code("surface", d).num_qubits == d * d
        assert load_code("colour", d).num_qubits == (3 * d * d + 1) // 4
        assert load_code("surface", d).num_qubits + load_code("surface", d).num_ancillas == 2 * d * d - 1
    assert (load_code("iceberg6").num_qubits, load_code("iceberg6").num_logical) == (8, 6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x_checks": ((0, 1, 3, 4), (1, 2), (4, 5, 7, 8), (6, 7, 8))}, "anticommutes"),
        ({"logical_x": ((0, 1),)}, "detected|pair up"),
        ({"distance": 5}, "lightest"),
        ({"distance": 2}, "lightest"),
        ({"duality": tuple(range(9))}, "duality"),
        ({"z_checks": ((0, 3), (1, 4, 2, 5), (3, 6, 4, 7), (3, 6, 4, 7))}, "anticommutes|depend"),
    ],
)
def test_a_broken_code_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        check_code(replace(load_code("surface", 3), **change))  # type: ignore[arg-type]


def test_a_wrong_pattern_of_s_is_refused() -> None:
    steane = load_code("steane")
    check_code(steane)
    for signs in ((1,) * 7, (-1,) * 6 + (1,)):
        with pytest.raises(InvalidInputError, match="S "):
            check_code(replace(steane, s_signs=signs))
    check_code(replace(steane, s_signs=(1,) * 7, s_is_inverse=True))


def test_least_weight_against_listing_everything() -> None:
    """Random checks: the lightest undetected error that flips a logical, by all 2^n of them."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        checks = rng.integers(0, 2, (3, 8)).astype(np.uint8)
        logical = rng.integers(0, 2, (2, 8)).astype(np.uint8)
        errors = ((np.arange(256)[:, None] >> np.arange(8)) & 1).astype(np.uint8)
        bad = ~(errors @ checks.T % 2).any(axis=1) & (errors @ logical.T % 2).any(axis=1)
        expected = min((int(e.sum()) for e in errors[bad]), default=9)
        assert least_weight(checks, logical, 8) == expected


@pytest.mark.parametrize(
    ("name", "distance"),
    [("surface", 4), ("surface", 1), ("surface", 999), ("colour", 2), ("steane", 5), ("422", 3), ("no", 3)],
)
def test_codes_that_there_are_not(name: str, distance: int) -> None:
    with pytest.raises(InvalidInputError):
        load_code(name, distance)
