"""One case: which code, scheme, noise, storage, loss; its circuits and its statistics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import sinter
import stim

from qclone.errors import InvalidInputError
from qclone.logical._code import Code
from qclone.logical._collect import Progress, collect
from qclone.logical._compile import Compiled, compile_program
from qclone.logical._exact import BareRates, bare_rates
from qclone.logical._layers import Schedule
from qclone.logical._noise import Rates, error_model
from qclone.logical._outer import OUTER, Rate, rate_of
from qclone.logical._program import Program, kept, round_trip_program
from qclone.logical.codes import load_code
from qclone.logical.decoders import JOINT
from qclone.scheme import Canonical, Scheme, to_spec

OUTERS = (*OUTER, "joint")
"""What the checks are used for; ``joint``: the inner decoder sees them as detectors."""


@dataclass(frozen=True)
class Case:
    """A round trip on encoded qubits.

    Parameters
    ----------
    code : of `load_code`.
    rates : the noise.
    scheme : what is run; every wire is a block.
    clone : which is decrypted; by default the first that is left with its key.
    lost : wires that do not come back from storage.
    storage : T, rounds between encryption and decryption.
    every : a round of syndrome measurement after so many layers of logical gates; 0 for never.
    decoder : of `load_decoder`.

    Raises
    ------
    InvalidInputError : a case that makes no sense. NotRecoverableError : lost wires that leave no way.

    Example
    -------
    >>> from qclone.logical import load_code
    >>> case = Case(load_code("surface", 3), Rates.uniform(1e-3))
    >>> case.num_rounds, case.compiled().num_qubits
    (5, 85)
    """

    code: Code
    rates: Rates
    scheme: Scheme = field(default_factory=lambda: Canonical(2))
    clone: str | None = None
    lost: tuple[str, ...] = ()
    storage: int = 0
    every: int = 3
    decoder: str = "tesseract"

    def __post_init__(self) -> None:
        if self.storage < 0:
            raise InvalidInputError(
                f"A clone cannot be stored for {self.storage} rounds.", "Take T = 0 or more."
            )
        if self.code.distance == 1:
            raise InvalidInputError(
                "A bare qubit has no syndrome to decode.", "Every report has the bare protocol, exactly."
            )
        _ = self.program

    @cached_property
    def program(self) -> Program:
        """The logical gates: real ones, unless the code has S and the scheme's own are fewer."""
        given = self.scheme, self.clone, frozenset(self.lost)
        if self.code.s_signs is None:
            return round_trip_program(*given, real=True)
        plain = round_trip_program(*given, real=False)
        try:
            real = round_trip_program(*given, real=True)
        except InvalidInputError:  # real in no local frame, and it need not be
            return plain
        return real if real.num_two_qubit_gates < plain.num_two_qubit_gates else plain

    def compiled(self, joint: bool = False) -> Compiled:
        """Return the noiseless circuit."""
        return compile_program(
            self.program, self.code, Schedule(self.every, self.storage), joint, self.rates.loss > 0
        )

    def circuit(self, joint: bool = False) -> stim.Circuit:
        """Return the noisy circuit."""
        return self.rates.apply(self.compiled(joint).circuit)

    @property
    def num_rounds(self) -> int:
        """Rounds of syndrome measurement, storage included."""
        return self.compiled().num_rounds

    def task(self, joint: bool = False) -> sinter.Task:
        """Return the case as sinter has it, with what tells it from others."""
        done = self.compiled(joint)
        metadata = {
            "kind": "joint" if joint else "clone",
            "code": self.code.name,
            "d": self.code.distance,
            "noise": self.rates.name,
            "p": self.rates.two_qubit,
            "scheme": to_spec(self.scheme),
            "clone": self.clone,
            "lost": list(self.lost),
            "T": self.storage,
            "every": self.every,
            "rounds": done.num_rounds,
            "checks": done.num_checks,
            "outputs": len(self.program.outputs) * self.code.num_logical,
            "qubits": done.num_qubits,
        }
        decoder = JOINT + self.decoder if joint else self.decoder
        return _task(self.rates.apply(done.circuit), decoder, metadata)

    def stats(
        self,
        shots: int,
        seed: int = 0,
        path: Path | None = None,
        joint: bool = False,
        progress: Progress | None = None,
        max_seconds: float | None = None,
    ) -> sinter.TaskStats:
        """Return statistics; see `collect`."""
        return collect(self.task(joint), shots, seed, path, progress, max_seconds)

    def bare(self, waiting: bool = False) -> BareRates:
        """Return the same protocol without a code, exactly, in the form that does best with its checks.

        Parameters
        ----------
        waiting : every qubit waits wherever the encoded one has a round, and not in storage only.
        """
        given = self.scheme, self.clone, frozenset(self.lost)
        schedule = Schedule(self.every if waiting else 0, self.storage)
        rates = replace(self.rates, loss=0.0)
        found = []
        for real in (True, False):
            try:
                program = round_trip_program(*given, real=real)
            except InvalidInputError:  # real in no local frame
                continue
            done = compile_program(program, load_code("bare"), schedule)
            found.append(bare_rates(rates.apply(done.circuit), done.num_checks))
        return min(found, key=lambda rates: rates.corrected)

    def kept(self, code: Code | None = None) -> KeptCase:
        """Return a block of this code (or another) that is kept for as many rounds."""
        return KeptCase(code or self.code, self.rates, self.num_rounds, self.decoder)


@dataclass(frozen=True)
class KeptCase:
    """A logical qubit that is simply kept, for some rounds, by whoever may hold it.

    Parameters
    ----------
    code, rates, decoder : as in `Case`.
    rounds : of syndrome measurement.
    """

    code: Code
    rates: Rates
    rounds: int
    decoder: str = "tesseract"

    def task(self, decoder: str | None = None) -> sinter.Task:
        """Return the case as sinter has it, for its decoder or another."""
        done = compile_program(kept(), self.code, Schedule(0, self.rounds), heralds=self.rates.loss > 0)
        metadata = {
            "kind": "kept",
            "code": self.code.name,
            "d": self.code.distance,
            "noise": self.rates.name,
            "p": self.rates.two_qubit,
            "rounds": self.rounds,
            "checks": 0,
            "outputs": self.code.num_logical,
            "qubits": done.num_qubits,
        }
        return _task(self.rates.apply(done.circuit), decoder or self.decoder, metadata)


def rate(stats: sinter.TaskStats, outer: str) -> Rate:
    """Return the infidelity of statistics under a use of the checks.

    Raises
    ------
    InvalidInputError : an unknown use of them, or statistics of something else.
    """
    if outer not in OUTERS:
        raise InvalidInputError(f"Checks are not {outer!r}.", f"Choose one of {', '.join(OUTERS)}.")
    found = stats.json_metadata
    if not isinstance(found, dict) or not {"kind", "checks", "outputs"} <= found.keys():
        raise InvalidInputError("These statistics are of no logical clone.", "Collect them with a `Case`.")
    use = "none" if outer == "joint" else outer
    return rate_of(stats, use, int(found["checks"]), int(found["outputs"]))


def _task(circuit: stim.Circuit, decoder: str, metadata: Mapping[str, object]) -> sinter.Task:
    return sinter.Task(
        circuit=circuit,
        detector_error_model=error_model(circuit),
        decoder=decoder,
        json_metadata=json.loads(json.dumps(metadata)),
    )
