"""What jobs return: counts in any writing are read alike, what is none is refused; a dead job is run anew."""

import json
from types import SimpleNamespace

import pytest
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import SamplerV2

from qclone.device import line
from qclone.errors import InvalidInputError, QcloneError
from qclone.experiments import Sensitivity, Setup, run
from tests.experiments.test_reading import Strange

BELL, PARITY = Sensitivity(clones=(2,)).rows()


class Writing(Strange):
    """Aer, whose counts are written differently."""

    def __init__(self, written):
        super().__init__(None)
        self.written = written

    def run(self, circuits, shots=1000, **_):
        found = [
            self.written(AerSimulator().run(c, shots=shots, seed_simulator=1).result().get_counts())
            for c in (circuits if isinstance(circuits, list) else [circuits])
        ]
        result = SimpleNamespace(get_counts=lambda i: found[i])
        return SimpleNamespace(job_id=lambda: "j1", result=lambda: result)


READ = {
    "hexadecimals": lambda counts: {hex(int(t, 2)): n for t, n in counts.items()},
    "numbers": lambda counts: {int(t, 2): float(n) for t, n in counts.items()},
    "registers": lambda counts: {f"{t[0]} {t[1]}": n for t, n in counts.items()},
    # One outcome in two writings: together, not the last alone.
    "twice": lambda counts: {f"{t[0]} {t[1]}": n - 1 for t, n in counts.items()} | dict.fromkeys(counts, 1),
}


@pytest.mark.parametrize("written", READ.values(), ids=READ)
def test_counts_are_read_in_any_writing(written):
    plain = run([PARITY], Setup(line(6), shots=400), backend=Writing(dict))
    found = run([PARITY], Setup(line(6), shots=400), backend=Writing(written))
    assert found[0].data == plain[0].data
    assert {sum(c.values()) for c in found[0].data["counts"].values()} == {400}


NONE = {
    # With all qubits in it this was .756 +- .006 of a perfect machine.
    "all qubits": lambda counts: {"0000" + t: n for t, n in counts.items()},
    "zeros cut": lambda counts: {t.lstrip("0") or "0": n for t, n in counts.items()},
    "probabilities": lambda counts: {t: n / 800 for t, n in counts.items()},
    # This was one shot: 1.000 +- .433.
    "certainty": lambda counts: {max(counts): 1.0},
    "weights": lambda counts: {t: n * 0.999 for t, n in counts.items()},
    # This was 1.003 +- .000.
    "less than nothing": lambda counts: counts | {"01": -5},
    "no numbers": lambda counts: counts | {"01": float("nan")},
    "other digits": lambda counts: {t.replace("0", "2"): n for t, n in counts.items()},
    "too large": lambda counts: {int(t, 2) + 4: n for t, n in counts.items()},
    "no shots": lambda counts: dict.fromkeys(counts, 0),
    "nothing": lambda counts: None,
}


@pytest.mark.parametrize("written", NONE.values(), ids=NONE)
@pytest.mark.parametrize("row", [BELL, PARITY], ids=["bell", "parity"])
def test_what_are_no_counts_is_refused(row, written):
    with pytest.raises(QcloneError, match=r"The job j1 returned .* these are no counts"):
        run([row], Setup(line(6), shots=400), backend=Writing(written))


@pytest.mark.parametrize("kept", [1 / 4, 3])
def test_shots_are_those_that_came_back(kept):
    """A sampler that ignores how many are asked for, or gives up early."""

    class Other(Writing):
        def run(self, circuits, shots=1000, **_):
            return super().run(circuits, int(kept * shots))

    (found,) = run([PARITY], Setup(line(6), shots=400), backend=Other(dict))
    assert set(found.provenance["returned"].values()) == {400 * kept} and found.provenance["shots"] == 400
    assert found.to_row()["shots"] == found.provenance["returned"]
    (plain,) = run([PARITY], Setup(line(6), shots=int(400 * kept)), backend=Writing(dict))
    assert found.estimate == plain.estimate


class Queue(Strange):
    """A provider that keeps jobs; the first that it gets is cancelled, or does not answer once."""

    max_circuits = 1

    def __init__(self, status):
        super().__init__(None)
        self.status, self.submitted, self.answers = status, [], 0

    def run(self, circuit, shots=1000, **_):
        self.submitted.append(AerSimulator().run(circuit, shots=shots, seed_simulator=1))
        return self.retrieve_job(str(len(self.submitted) - 1))

    def retrieve_job(self, name):
        job = self.submitted[int(name)]

        def result():
            self.answers += 1
            if name == "1" and (self.status != "RUNNING" or self.answers < 3):
                raise RuntimeError("no result")
            return job.result()

        status = self.status if name == "1" else "DONE"
        return SimpleNamespace(job_id=lambda: name, result=result, status=lambda: status)


@pytest.mark.parametrize("status", ["CANCELLED", "ERROR", "RUNNING"])
def test_a_job_that_is_dead_is_submitted_anew_and_no_other(status, tmp_path):
    queue = Queue(status)
    setup = Setup(line(6), shots=400)
    with pytest.raises(QcloneError, match="The job 1 failed: RuntimeError: no result"):
        run([PARITY], setup, tmp_path, backend=queue)
    assert len(queue.submitted) == 3
    (jobs,) = tmp_path.glob("*.jobs")
    assert ["id" in entry for entry in json.loads(jobs.read_text())] == [True, status == "RUNNING", True]
    (found,) = run([PARITY], setup, tmp_path, backend=queue)
    assert found.estimate.value == 1 and len(queue.submitted) == (3 if status == "RUNNING" else 4)
    assert not list(tmp_path.glob("*.jobs"))


def test_what_is_no_backend_is_said():
    for wrong, said in (("ibm_fez", "'ibm_fez' is no backend"), (Strange, "The class Strange is no backend")):
        with pytest.raises(InvalidInputError, match=said):
            run([BELL], Setup(line(6)), backend=wrong)


def test_a_sampler_is_not_said_to_run_on_another_backend():
    """An ideal sampler with a noisy backend beside it was 1.000 of that backend."""
    with pytest.raises(InvalidInputError, match="The sampler runs on aer_simulator, not on strange"):
        run([BELL], Setup(line(6)), sampler=SamplerV2(seed=1), backend=Strange(None))
