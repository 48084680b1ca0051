"""Many clients race for one key, over HTTP: one may win, all others must get the same refusal."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, Thread

from qiskit import QuantumCircuit

from qclone.errors import KeyConsumedError
from qclone.service import RemoteCloud
from qclone.store import digest_of

_WON, _FAILED = "won", "failed: "


@dataclass(frozen=True)
class Races:
    """What came of the races.

    Parameters
    ----------
    clients, rounds : each round, so many clients raced for one key.
    winners_per_round, refused_per_round, refusals_per_round : how many clients won, how many were refused
        because the key was consumed, and how many different sentences these were told -> in how many rounds.
    seconds : all rounds together.
    """

    clients: int
    rounds: int
    winners_per_round: Mapping[int, int]
    refused_per_round: Mapping[int, int]
    refusals_per_round: Mapping[int, int]
    seconds: float

    @property
    def is_as_promised(self) -> bool:
        """Whether in every round one won and all others were told the same."""
        said = (self.winners_per_round, self.refused_per_round, self.refusals_per_round)
        return said == ({1: self.rounds}, {self.clients - 1: self.rounds}, {1: self.rounds})


def run_races(
    directory: Path,
    clients: int = 64,
    rounds: int = 1000,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Races:
    """Let clients of the running cloud in a directory race for the key of one object a round.

    Every client has connections of its own and asks at the same moment as the others.
    """
    barrier = Barrier(clients + 1)
    answers: list[str] = [""] * clients
    target: list[str] = [""]

    def race(number: int) -> None:
        with closing(RemoteCloud(directory)) as cloud:
            for _ in range(rounds):
                barrier.wait()
                try:
                    cloud.ledger.consume(target[0], "server-1", digest_of(secrets.token_hex(32)))
                    answers[number] = _WON
                except KeyConsumedError as error:
                    answers[number] = error.message
                except Exception as error:
                    answers[number] = _FAILED + str(error)
                barrier.wait()

    tally: dict[str, Counter[int]] = {"winners": Counter(), "refused": Counter(), "refusals": Counter()}
    racers = [Thread(target=race, args=(number,), daemon=True) for number in range(clients)]
    started = time.perf_counter()
    with closing(RemoteCloud(directory)) as cloud:
        for racer in racers:
            racer.start()
        for done in range(rounds):
            target[0] = cloud.client.put(QuantumCircuit(1)).object_id
            barrier.wait()  # now they all ask
            barrier.wait()  # now they all have their answers
            refusals = [a for a in answers if a != _WON and not a.startswith(_FAILED)]
            tally["winners"][answers.count(_WON)] += 1
            tally["refused"][len(refusals)] += 1
            tally["refusals"][len(set(refusals))] += 1
            progress(done + 1, rounds)
        for racer in racers:
            racer.join()
    seconds = time.perf_counter() - started
    return Races(
        clients, rounds, dict(tally["winners"]), dict(tally["refused"]), dict(tally["refusals"]), seconds
    )
