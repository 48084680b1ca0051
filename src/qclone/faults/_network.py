"""A network between processes: it loses, delays, repeats and reorders messages, and it breaks apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass
from typing import Any, cast

import httpx

from qclone.faults._parts import JSON, Application
from qclone.faults._schedule import Crash, Schedule
from qclone.faults._tasks import Tasks
from qclone.service import Link, Principal
from qclone.service._transport import Client

DOWN_FOR_STEPS = (1, 40)
CUT_FOR_STEPS = (5, 150)


@dataclass(frozen=True)
class Answer:
    """What comes back, as far as a `Link` looks at it."""

    url: str
    status_code: int
    document: JSON

    @property
    def is_success(self) -> bool:
        return self.status_code < 400

    def json(self) -> JSON:
        return self.document


@dataclass(frozen=True)
class _Request:
    to: str
    principal: Principal
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None


@dataclass
class Part:
    """One process of the service.

    Parameters
    ----------
    name : of the part, and its address.
    application : what answers.
    restart : returns what stands in the application after a start.
    """

    name: str
    application: Application
    restart: Callable[[], object]
    target: object = None
    down_until: int = 0


class Clock:
    """Time as the processes' links feel it; it passes where they wait."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def sleep(self, seconds: float, /) -> None:
        # The jitter of the pauses, which no seed fixes, is left out.
        self.now_s += 0.1

    def monotonic(self) -> float:
        return self.now_s


class Network:
    """Carries requests from a process to a part, within the turn of whoever asks.

    A request that is delayed or duplicated arrives later, at anyone's turn, perhaps long after its sender
    gave up or died, and after what was sent later.
    """

    def __init__(self, schedule: Schedule, tasks: Tasks) -> None:
        self.clock = Clock()
        self._schedule = schedule
        self._tasks = tasks
        self._parts: dict[str, Part] = {}
        self._late: list[_Request] = []
        self._cut: dict[tuple[str, str], int] = {}
        self.is_up = True
        """Whether the service was started, and not stopped since."""

    def all_die(self) -> None:
        """The machine of all parts has lost its power."""
        for part in self._parts.values():
            part.target = None
            part.down_until = self._schedule.step + self._schedule.random.randint(*DOWN_FOR_STEPS)

    def add(self, part: Part) -> None:
        """A part starts."""
        self._parts[part.name] = part

    def link(self, sender: str, token: str, url: str, principal: Principal) -> Link:
        """Return a link of the service, real but for what carries its requests."""
        wire = cast(Client, Wire(self, sender, url.removeprefix("http://"), principal))
        return Link(url, token, client=wire, clock=self.clock)

    def carry(self, sender: str, request: _Request) -> Answer:
        """Take a request there and its answer back. Raises httpx.TransportError for what a network does."""
        schedule = self._schedule
        where = f"{sender} -> {request.to} {request.method} {request.path}"
        self._tasks.switch()
        self._deliver_late()
        if self._apart(sender, request.to):
            raise httpx.ConnectTimeout("the network is partitioned")
        if schedule.strikes("request_lost", where):
            raise httpx.ReadTimeout("no answer")
        if schedule.strikes("request_delayed", where):
            self._late.append(request)
            if schedule.random.random() < 0.3:
                self._part(sender, request.to)  # what holds it up holds up what follows
            raise httpx.ReadTimeout("no answer")
        if schedule.strikes("request_duplicated", where):
            self._late.append(request)
        answer = self._arrive(request)
        schedule.note(f"{where}: {answer.status_code}{' again' if 'repeated' in answer.document else ''}")
        if "repeated" in answer.document:
            schedule.outcomes["repeated call refused"] += 1
        if schedule.strikes("answer_lost", where):
            raise httpx.ReadTimeout("no answer")
        self._tasks.switch()
        return answer

    def is_alive(self, sender: str, name: str) -> bool:
        """Whether a part can be reached at all."""
        return not self._apart(sender, name) and self._runs(self._parts[name])

    def settle(self) -> None:
        """All that is still under way arrives, in any order."""
        self._cut.clear()
        while self._late:
            self._deliver_one()

    def _deliver_late(self) -> None:
        if self._late and self._schedule.strikes("late_request_arrives", f"{len(self._late)} are late"):
            self._deliver_one()

    def _deliver_one(self) -> None:
        request = self._late.pop(self._schedule.random.randrange(len(self._late)))
        try:
            answer = self._arrive(request)
        except httpx.TransportError:
            return
        self._schedule.note(f"late: {request.to} {request.method} {request.path}: {answer.status_code}")

    def _arrive(self, request: _Request) -> Answer:
        part = self._parts[request.to]
        if not self._runs(part):
            raise httpx.ConnectError("connection refused")
        part.application.stand.target = part.target
        try:
            # A context of its own, as in a process of its own.
            status, document = Context().run(
                part.application.answer,
                request.principal,
                request.method,
                request.path,
                request.headers,
                request.body,
            )
        except Crash:
            self._schedule.outcome("part died", part.name)
            part.target = None
            part.down_until = self._schedule.step + self._schedule.random.randint(*DOWN_FOR_STEPS)
            raise httpx.ReadError("connection reset") from None
        return Answer(request.to, status, document)

    def _runs(self, part: Part) -> bool:
        if not self.is_up:
            part.target = None
            return False
        if part.target is None and (self._schedule.calm or self._schedule.step >= part.down_until):
            part.target = part.restart()
        return part.target is not None

    def _apart(self, sender: str, to: str) -> bool:
        schedule = self._schedule
        if schedule.strikes("partition", f"{sender} | {to}"):
            self._part(sender, to)
        return not schedule.calm and schedule.step < self._cut.get((sender, to), 0)

    def _part(self, sender: str, to: str) -> None:
        self._cut[sender, to] = self._schedule.step + self._schedule.random.randint(*CUT_FOR_STEPS)


class Wire:
    """What a `Link` sends its requests with, in place of an `httpx.Client`."""

    def __init__(self, network: Network, sender: str, to: str, principal: Principal) -> None:
        self._network = network
        self._sender = sender
        self._to = to
        self._principal = principal

    def request(self, method: str, path: str, *, headers: Mapping[str, str], json: JSON | None) -> Answer:
        request = _Request(self._to, self._principal, method, path, headers, _text(json))
        return self._network.carry(self._sender, request)

    def get(self, path: str, timeout: float) -> Answer:
        alive = self._network.is_alive(self._sender, self._to)
        return Answer(self._to, 200 if alive else 503, {})

    def close(self) -> None: ...


def _text(document: JSON | None) -> str | None:
    return None if document is None else json.dumps(cast(Any, document))
