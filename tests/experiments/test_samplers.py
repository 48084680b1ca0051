"""Samplers that answer otherwise than they were asked: right results, or one sentence."""

from types import SimpleNamespace

import numpy as np
import pytest
from qiskit.primitives import (
    BaseSamplerV2,
    BitArray,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    SamplerPubResult,
)
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit_aer import AerSimulator

from qclone.device import line
from qclone.errors import QcloneError
from qclone.experiments import Sensitivity, Setup, run

_, PARITY = Sensitivity(clones=(2,)).rows()
SETUP = Setup(line(6), shots=400)


class Answering(BaseSamplerV2):
    """Aer's bits of every pub, in whatever kind of answer."""

    def __init__(self, answer, shots=None):
        self.answer, self.shots = answer, shots

    def run(self, pubs, *, shots=None):
        coerced = [SamplerPub.coerce(pub, self.shots or shots) for pub in pubs]
        job = PrimitiveJob(lambda: PrimitiveResult([self.answer(self._bits(pub)) for pub in coerced]))
        job._submit()
        return job

    @staticmethod
    def _bits(pub):
        found = AerSimulator().run(pub.circuit, shots=pub.shots, seed_simulator=3, memory=True).result()
        return BitArray.from_samples(found.get_memory(), pub.circuit.num_clbits)


def data(**registers):
    return SamplerPubResult(DataBin(**registers))


ALL = BitArray.from_samples(["000000"] * 400, 6)


@pytest.mark.parametrize(
    ("answer", "shots"),
    [(lambda bits: data(meas=bits), None), (lambda bits: data(c=bits), 1024)],
    ids=["another name", "another number of shots"],
)
def test_what_is_right_is_taken(answer, shots):
    (found,) = run([PARITY], SETUP, sampler=Answering(answer, shots))
    assert found.estimate.value == 1
    assert set(found.provenance["returned"].values()) == {shots or 400}


WRONG = {
    "more registers after": lambda bits: data(c=bits, meas=ALL),
    "more registers before": lambda bits: data(meas=ALL, c=bits),
    "none": lambda bits: data(),
    "expected values": lambda bits: data(evs=np.array(0.5)),
    "quasi-probabilities": lambda bits: SimpleNamespace(quasi_dists=[{0: 0.5, 3: 0.5}]),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_what_is_no_answer_is_refused(answer):
    with pytest.raises(QcloneError, match=r"these are no counts|The job \S+ failed"):
        run([PARITY], SETUP, sampler=Answering(answer))
