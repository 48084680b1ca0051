"""Jobs of runs that stopped: nothing is paid twice in silence, nothing refused is resumed."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from qiskit.primitives import StatevectorSampler
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import SamplerV2 as AerSampler
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qclone.device import line, runtime_sampler
from qclone.errors import QcloneError
from qclone.experiments import Interleaving, Sensitivity, Setup, run
from qclone.experiments._jobs import batches
from qclone.simulate import BackendMachine, Job, SamplerMachine, TwinSampler, machine_of
from tests.experiments.strange import Strange

BELL, PARITY = Sensitivity(clones=(2,)).rows()
SETUP = Setup(line(6), shots=400)


class Provider(BackendMachine):
    """A provider far away: a list of jobs, each with its tag; a process may die right after it took one."""

    most_circuits = 1
    here = False

    def __init__(self, gives_back=True, has_tags=False):
        super().__init__(AerSimulator(), seed=5)
        self.taken, self.dies_after, self.tag = [], None, ""
        self.gives_back, self.has_tags = gives_back, has_tags

    def submit(self, circuits, shots):
        self.taken.append((self.tag, super().submit(circuits, shots)))
        if len(self.taken) == self.dies_after:
            raise KeyboardInterrupt
        return self._named(len(self.taken) - 1)

    def marking(self, tag):
        self.tag = tag
        return super().marking(tag)

    def find(self, tag):
        return [self._named(i) for i, (t, _) in enumerate(self.taken) if t == tag] if self.has_tags else None

    def job(self, job_id):
        if self.gives_back is None:
            raise QcloneError("No network.")
        return self._named(int(job_id)) if self.gives_back else None

    def _named(self, number):
        job = self.taken[number][1]
        running = SimpleNamespace(job_id=lambda: str(number), result=job.running.result)
        return replace(job, running=running)


def stopped(provider, folder):
    """A run of three circuits, whose process dies when the provider has taken the second."""
    provider.dies_after = 2
    with pytest.raises(KeyboardInterrupt):
        run([PARITY], SETUP, folder, machine=provider)
    provider.dies_after = None


def test_a_job_whose_name_was_never_written_is_found_by_its_tag(tmp_path):
    provider = Provider(has_tags=True)
    stopped(provider, tmp_path)
    (jobs,) = tmp_path.glob("*.jobs")
    assert ["id" in entry for entry in json.loads(jobs.read_text())] == [True, False, False]
    (found,) = run([PARITY], SETUP, tmp_path, machine=provider)
    assert found.estimate.value == 1 and len(provider.taken) == 3
    assert not list(tmp_path.glob("*.jobs"))


def test_what_the_provider_says_never_came_is_submitted(tmp_path):
    provider = Provider(has_tags=True)
    stopped(provider, tmp_path)
    provider.taken[1] = ("another", provider.taken[1][1])
    (found,) = run([PARITY], SETUP, tmp_path, machine=provider)
    assert found.estimate.value == 1 and len(provider.taken) == 4


def test_where_it_cannot_be_found_the_user_is_told_before_it_is_submitted_again(tmp_path):
    provider = Provider()
    stopped(provider, tmp_path)
    with pytest.raises(QcloneError, match=r"gave aer_simulator a job without a name at 20.* Run again to"):
        run([PARITY], SETUP, tmp_path, machine=provider)
    assert len(provider.taken) == 2
    (found,) = run([PARITY], SETUP, tmp_path, machine=provider)
    assert found.estimate.value == 1 and len(provider.taken) == 4


def test_counts_that_the_provider_has_can_be_written_in(tmp_path):
    provider = Provider()
    stopped(provider, tmp_path)
    with pytest.raises(QcloneError, match="counts that it has can be written into"):
        run([PARITY], SETUP, tmp_path, machine=provider)
    (jobs,) = tmp_path.glob("*.jobs")
    entries = json.loads(jobs.read_text())
    entries[1]["counts"] = provider.taken[1][1].counts([2])
    jobs.write_text(json.dumps(entries))
    (found,) = run([PARITY], SETUP, tmp_path, machine=provider)
    assert found.estimate.value == 1 and len(provider.taken) == 3


@pytest.mark.parametrize(
    "damaged",
    [
        lambda entries: [],
        lambda entries: {},
        lambda entries: entries[:2],
        lambda entries: [entries[0], *entries],
        lambda entries: ["first"],
        lambda entries: [entries[0] | {"last": 99}, *entries[1:]],
        lambda entries: [entries[0] | {"id": None}, *entries[1:]],
        *(
            lambda entries, given=given: [entries[0] | {"counts": given}, *entries[1:]]
            for given in ([], [{}], ["00"], [{"00": "400"}], [{"00": -5, "11": 405}], [{"0000": 400}])
        ),
    ],
)
def test_a_file_of_jobs_that_says_something_else_is_refused_in_a_sentence(tmp_path, damaged):
    """Users are told to write counts into it; a slip was a traceback, or shots that were counted twice."""
    provider = Provider(has_tags=True)
    stopped(provider, tmp_path)
    (jobs,) = tmp_path.glob("*.jobs")
    entries = json.loads(jobs.read_text())
    entries[0]["counts"] = provider.taken[0][1].counts([2])
    jobs.write_text(json.dumps(damaged(entries)))
    with pytest.raises(QcloneError, match=r"The file of jobs .* cannot be read: .* or remove it"):
        run([PARITY], SETUP, tmp_path, machine=provider)
    assert len(provider.taken) == 2


def test_a_job_that_is_not_given_back_is_not_paid_again_in_silence(tmp_path):
    """A provider whose network is down answered like one that keeps no jobs: all were submitted anew."""
    provider = Provider(gives_back=None)
    stopped(provider, tmp_path)
    for _ in range(2):
        with pytest.raises(QcloneError, match=r"No network.*To submit it anew remove its id and tag from"):
            run([PARITY], SETUP, tmp_path, machine=provider)
    provider.gives_back = False
    with pytest.raises(QcloneError, match="the job 0, a job without a name at"):
        run([PARITY], SETUP, tmp_path, machine=provider)
    assert len(provider.taken) == 2


def test_a_network_that_is_down_is_no_provider_without_jobs():
    def down(*_, **__):
        raise ConnectionError("nobody there")

    backend = FakeManilaV2()
    backend.retrieve_job = down
    with pytest.raises(QcloneError, match="was asked for the job j7 and does not give it: ConnectionError"):
        BackendMachine(backend).job("j7")
    sampler = runtime_sampler(FakeManilaV2())
    machine = SamplerMachine(sampler, SimpleNamespace(service=SimpleNamespace(job=down, jobs=down), name="x"))
    for ask in (machine.job, machine.find):
        with pytest.raises(QcloneError, match="nobody there"):
            ask("j7")


def test_jobs_of_the_runtime_carry_a_tag_that_they_are_found_by():
    sampler = runtime_sampler(FakeManilaV2())
    sampler.options.environment.job_tags = ["mine"]
    known = {}

    def jobs(limit, job_tags):
        return [job for job, tags in known.items() if set(job_tags) <= set(tags)]

    machine = SamplerMachine(sampler, SimpleNamespace(service=SimpleNamespace(jobs=jobs), name="x"))
    with machine.marking("qclone-1"):
        known["a"] = sampler.options.environment.job_tags
    known["b"] = sampler.options.environment.job_tags
    assert known == {"a": ["mine", "qclone-1"], "b": ["mine"]}
    assert machine.find("qclone-1") == [Job("a", True)] and machine.find("qclone-2") == []
    assert Provider().find("qclone-1") is None


def test_jobs_in_this_process_are_run_again_without_a_word(tmp_path):
    provider = Provider()
    provider.here = True
    stopped(provider, tmp_path)
    (found,) = run([PARITY], SETUP, tmp_path, machine=provider)
    assert found.estimate.value == 1
    assert machine_of(backend=AerSimulator()).here and machine_of(backend=FakeManilaV2()).here
    assert not machine_of(backend=Strange(None)).here


def test_jobs_stay_as_they_were_dealt_out(tmp_path):
    """A limit that changes meanwhile would have had all of them submitted anew."""
    provider = Provider(has_tags=True)
    stopped(provider, tmp_path)
    provider.most_circuits = 2
    (found,) = run([PARITY], SETUP, tmp_path, machine=provider)
    assert found.estimate.value == 1 and len(provider.taken) == 3


def test_a_file_of_jobs_that_cannot_be_read_is_not_overwritten(tmp_path):
    provider = Provider()
    stopped(provider, tmp_path)
    (jobs,) = tmp_path.glob("*.jobs")
    jobs.write_text("[{")
    with pytest.raises(QcloneError, match=r"file of jobs .* cannot be read"):
        run([PARITY], SETUP, tmp_path, machine=provider)
    assert jobs.read_text() == "[{" and len(provider.taken) == 2


def test_a_provider_that_takes_no_job_is_said_in_one_sentence(tmp_path):
    class Full(Strange):
        def run(self, *_, **__):
            raise RuntimeError("queue full")

    with pytest.raises(QcloneError, match="strange gave no job back: RuntimeError: queue full"):
        run([BELL], SETUP, tmp_path, backend=Full(None))


def test_counts_that_were_refused_are_not_resumed(tmp_path):
    """With a machine that was repaired meanwhile they were believed: all zeros, a fidelity of 1."""

    class Repaired(Strange):
        works = False

        def run(self, circuits, shots=1000, **_):
            several = circuits if isinstance(circuits, list) else [circuits]
            if self.works:
                return AerSimulator(seed_simulator=1).run(several, shots=shots)
            found = [{"0" * c.num_clbits: shots} for c in several]
            result = SimpleNamespace(get_counts=lambda i: found[i])
            return SimpleNamespace(job_id=lambda: "job", result=lambda: result)

    backend = Repaired(None)
    for again in (1, 2):
        with pytest.raises(QcloneError, match=r"no measurements.*refused\d; the next run submits anew"):
            run([BELL], SETUP, tmp_path, backend=backend)
        assert len(list(tmp_path.glob("*.refused*"))) == again and not list(tmp_path.glob("*.jobs"))
    kept = json.loads(next(tmp_path.glob("*.refused1")).read_text())
    assert kept[0]["id"] == "job" and kept[0]["counts"] == [{"00": 400}]
    backend.works = True
    (found,) = run([BELL], SETUP, tmp_path, backend=backend)
    assert found.estimate.value == 1 and len(list(tmp_path.glob("*.refused*"))) == 2


def test_what_a_sampler_is_told_to_do_is_in_the_key():
    """Options in groups were not: a run with decoupling was taken for one without."""

    def identity(change=lambda options: None):
        sampler = runtime_sampler(FakeManilaV2())
        change(sampler.options)
        return SamplerMachine(sampler).identity()

    plain = identity()
    assert plain == identity()
    for change in (
        lambda o: o.dynamical_decoupling.__setattr__("enable", True),
        lambda o: o.twirling.__setattr__("enable_gates", True),
        lambda o: o.execution.__setattr__("rep_delay", 1e-4),
    ):
        assert identity(change) != plain
    # A seed is in the key of the run; a tag and the shots that a run overrides decide nothing.
    for change in (
        lambda o: o.simulator.__setattr__("seed_simulator", 7),
        lambda o: o.environment.__setattr__("job_tags", ["mine"]),
        lambda o: o.__setattr__("default_shots", 5),
    ):
        assert identity(change) == plain


def test_a_row_is_one_result_however_its_jobs_were_dealt_out(tmp_path):
    rows = Interleaving(clones=(2,)).rows()[1:2]
    provider = Provider()
    provider.most_shots = 150
    (found,) = run(rows, SETUP, tmp_path, machine=provider)
    assert len(provider.taken) == 4 * 3 and set(found.provenance["returned"].values()) == {400}


@pytest.mark.parametrize("sampler", [StatevectorSampler(seed=1), AerSampler(seed=1)], ids=["qiskit", "aer"])
def test_a_sampler_with_a_seed_does_not_count_its_shots_twice(sampler):
    """More than 100,000 shots were two jobs, and the second was the first again: all numbers were even."""
    assert len(batches(SamplerMachine(sampler), 3, 200_000)) == 1
    assert len(batches(SamplerMachine(TwinSampler(line(6), seed=1)), 3, 200_000)) == 2
    (found,) = run([BELL], Setup(line(6), shots=200_000), sampler=sampler)
    assert found.provenance["returned"] == {"bell": 200_000}


@pytest.mark.parametrize("kind", ["sampler", "backend"])
def test_what_goes_on_after_a_stop_is_not_what_came_before(kind, tmp_path, monkeypatch):
    """With a seed the jobs of the next run repeated the first of the last; now it is as without a stop."""
    device = line(6, readout_error=0.1)
    setup = Setup(device, shots=300_000 if kind == "sampler" else 900)

    def machine():
        if kind == "sampler":
            return SamplerMachine(TwinSampler(device, seed=3))
        made = Provider(gives_back=False)
        made.most_circuits, made.most_shots, made.here = 3, 300, True
        return made

    (whole,) = run([PARITY], setup, tmp_path / "whole", machine=machine())
    fetched, counts = [], Job.counts

    def dying(self, widths):
        fetched.append(self)
        if len(fetched) == 2:
            raise KeyboardInterrupt
        return counts(self, widths)

    monkeypatch.setattr(Job, "counts", dying)
    with pytest.raises(KeyboardInterrupt):
        run([PARITY], setup, tmp_path / "stopped", machine=machine())
    (stopped,) = run([PARITY], setup, tmp_path / "stopped", machine=machine())
    assert len(fetched) == 4 and stopped.data["counts"] == whole.data["counts"]
