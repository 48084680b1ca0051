"""Schemes from outside: one that would destroy what is put, or could not be read back, is refused before."""

from dataclasses import dataclass, replace

import pytest
import stim
from qiskit import QuantumCircuit

from qclone.errors import InvalidInputError
from qclone.scheme import Canonical, Iterated, Scheme, Size, register_scheme

TWO = Canonical(2)


@register_scheme("turned, in a test of the store")
@dataclass(frozen=True)
class Turned(Scheme):
    """The canonical scheme for n = 2 with a gate on all that holds the input, undone or not."""

    undone: int = 1
    weight: float = 1.0
    wires, clones = TWO.wires, TWO.clones

    @classmethod
    def size_of(cls, undone: int = 1, weight: float = 1.0) -> Size:
        return Canonical.size_of(2)

    def clone(self, label):
        return TWO.clone(label)

    def prepare(self):
        return TWO.prepare()

    def encrypt(self):
        return TWO.encrypt() + stim.Circuit("C_XYZ 0 1 2")

    def decrypt(self, clone):
        (wire,) = self.indices(TWO.clone(clone).wires)
        return stim.Circuit(f"C_ZYX {wire}" if self.undone else "") + TWO.decrypt(clone)


@register_scheme("without a size, in a test of the store")
@dataclass(frozen=True)
class Sizeless(Turned):
    size_of = classmethod(Scheme.size_of.__func__)


@pytest.mark.parametrize("made_of", [lambda scheme: scheme, lambda scheme: Iterated.virtual(scheme, 1)])
@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        (Turned(undone=0), "S1 does not give the input back"),
        (Turned(weight=1), "weight cannot be 1"),
        (Sizeless(), "does not say how large"),
    ],
)
def test_a_scheme_that_would_lose_what_is_put_is_refused(make_cloud, scheme, message, made_of):
    cloud, circuit = make_cloud(3), QuantumCircuit(1)
    with pytest.raises(InvalidInputError, match=message):
        cloud.client.put(circuit, base=made_of(scheme))
    assert not cloud.ledger.manifests() and not cloud.client.keyring.ids()


def test_one_that_is_right_stores(make_cloud):
    cloud, circuit = make_cloud(3), QuantumCircuit(1)
    circuit.h(0)
    for scheme in (Turned(), replace(Turned(), weight=2.0), Iterated.virtual(Turned(), 1)):
        assert cloud.client.get(cloud.client.put(circuit, base=scheme).object_id).entanglement_fidelity == 1
