"""The frame: what a placed circuit is, what it costs, and that its contract can fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
import stim

from qclone.circuits import Cost
from qclone.device import line
from qclone.errors import InvalidInputError
from qclone.native import ContractError, Draft, assemble, verify
from qclone.scheme import Canonical

# R, A, S2, S1, N1, N2 on a line.
DRAFT = Draft(
    roles={"R": 0, "A": 1, "S2": 2, "S1": 3, "N1": 4, "N2": 5},
    outputs=((3, "ZY"),),
    start={0: "Y", 1: "Z", 2: "X", 3: "Y", 4: "X", 5: "X"},
    prepare=((2, 3, "ZZ"), (4, 5, "ZZ"), (3, 4, "YX"), (3, 4, "ZY"), (0, 1, "XX")),
    encrypt=((1, 2, "XX"), (2, 3, "ZY"), (1, 2, "ZY"), (2, 3, "ZX")),
    decrypt=((4, 5, "ZZ"), (3, 4, "ZX"), (4, 5, "ZY"), (3, 4, "YY")),
)
SCHEME = Canonical(2)


def test_a_line_of_six_holds_two_clones() -> None:
    native = assemble(DRAFT, line(6), "S1")
    verify(native, SCHEME)
    assert native.cost == Cost(layers=11, gates=13)
    assert [native.cost_of(s).layers for s in native.stages] == [3, 4, 4]
    assert native.output == 3 and native.references == (0,)


def test_placing_renames_every_qubit() -> None:
    native = assemble(DRAFT.placed({q: 5 - q for q in range(6)}), line(6), "S1")
    verify(native, SCHEME)
    assert native.roles == {"R": 5, "A": 4, "S2": 3, "S1": 2, "N1": 1, "N2": 0}


def test_gates_only_on_couplers() -> None:
    with pytest.raises(InvalidInputError, match="no working coupler"):
        assemble(DRAFT.placed({0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6}), line(7), "S1")


@pytest.mark.parametrize(
    ("stage", "extra", "what"),
    [
        ("prepare", "CZ 1 2", "prepare couples an input"),
        ("encrypt", "CZ 3 4", "encrypt touches a noise qubit"),
        ("encrypt", "CZ 2 3", "not the protocol's"),
        ("encrypt", "S 2", "not the protocol's"),
        ("decrypt", "CZ 2 3", "decrypt touches what it may not"),
        ("decrypt", "CZ 0 1", "decrypt touches what it may not"),
        ("decrypt", "Z 3", "do not hold"),
        ("decrypt", "H 3", "do not hold"),
    ],
)
def test_the_contract_can_fail(stage: str, extra: str, what: str) -> None:
    native = assemble(DRAFT, line(6), "S1")
    broken = replace(native, **{stage: native.stages[stage] + stim.Circuit(extra)})
    with pytest.raises(ContractError, match=what):
        verify(broken, SCHEME)


def test_pauli_signs_are_free_until_the_end() -> None:
    native = assemble(DRAFT, line(6), "S1")
    twice = stim.Circuit("Z 5\nZ 5\nX 2\nX 0\nX 0")
    verify(replace(native, encrypt=native.encrypt + twice), SCHEME)
