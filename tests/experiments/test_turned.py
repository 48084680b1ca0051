"""One reading of a placed circuit, turned to many directions, against a Qiskit circuit for each of them."""

import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st

from qclone.device import NoiseRules, load_device, rules_of
from qclone.experiments import Interleaving, Sensitivity, Setup, in_directions
from qclone.experiments._direction import PAULI
from qclone.experiments._turned import Turned
from qclone.simulate import noisy

KINGSTON = load_device("kingston")
# The second is measured before decryption.
PLACED = [
    Setup(KINGSTON, layout="topology").place(row)
    for row in (Sensitivity(clones=(2,)).rows()[1], Interleaving(clones=(2,)).rows()[0])
]
ONE = Turned(PLACED[0], KINGSTON), Turned(PLACED[1], KINGSTON)
RULES = [NoiseRules(), *(NoiseRules().without(rule.name) for rule in rules_of(KINGSTON))]


@settings(max_examples=40, deadline=None)
@given(
    which=st.sampled_from(range(2)),
    letters=st.lists(st.sampled_from("XYZ"), min_size=2, max_size=2).map("".join),
    more=st.booleans(),
    rules=st.sampled_from(RULES),
)
def test_turned_is_noisy_of_the_turned_circuit(
    which: int, letters: str, more: bool, rules: NoiseRules
) -> None:
    pulses = [2 if more else PAULI[p].pulses for p in letters]
    turned = in_directions(
        PLACED[which], {i: PAULI[p] for i, p in enumerate(letters)}, dict(enumerate(pulses))
    )
    found = ONE[which].noisy(letters, pulses, rules)
    assert found == noisy(turned, KINGSTON, rules)
    unread = ONE[which].noisy(letters, pulses, rules, "X_ERROR")
    assert unread == _flipped(found)


def _flipped(circuit: stim.Circuit) -> stim.Circuit:
    """A wrong bit is a flip before a right one."""
    flipped = stim.Circuit()
    for instruction in circuit:
        if instruction.name != "M":
            flipped.append(instruction)
        elif wrong := instruction.gate_args_copy():
            flipped.append("X_ERROR", instruction.targets_copy(), wrong[0])
    return flipped


@pytest.mark.parametrize("which", range(2))
def test_records_and_qubits_are_those_of_the_bits(which: int) -> None:
    placed, turned = PLACED[which], ONE[which]
    clean = turned.noisy("ZZ", (0, 0), NoiseRules.only("readout"))
    measured = [t.value for i in clean if i.name == "M" for t in i.targets_copy()]
    assert [measured[turned.records[bit]] for bit in range(placed.num_clbits)] == [
        turned.qubits[bit] for bit in range(placed.num_clbits)
    ]
