"""Counts behind Qiskit's V2 sampler: Clifford circuits in stim, the others in Aer, one set of noise rules."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import (
    BaseSamplerV2,
    BitArray,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    SamplerPubLike,
    SamplerPubResult,
)
from qiskit.primitives.containers.sampler_pub import SamplerPub

from qclone.device import Device, NoiseRules
from qclone.errors import InvalidInputError
from qclone.simulate._aer import Method, aer_bits
from qclone.simulate._full import FullNoise
from qclone.simulate._learned import steps_of
from qclone.simulate._noisy import write
from qclone.simulate._steps import is_clifford
from qclone.simulate._tsim import is_installed, suits, tsim_records

DEFAULT_SHOTS = 10_000
# Samples are held in memory, one byte a bit while they are sorted into registers.
MAX_BITS = 500_000_000
Bits = NDArray[np.bool_]


class DeviceSampler(BaseSamplerV2):
    """A V2 sampler for circuits placed on a device; subclasses say how one circuit is sampled.

    Parameters
    ----------
    device : its calibration; circuits are on its physical qubits and gates, as `route` returns them.
    rules : which noise; all of it by default.
    seed : of all randomness; the same seed gives the same counts with the same versions of the engines.
    default_shots : where neither a pub nor `run` says how many.
    """

    def __init__(
        self,
        device: Device,
        rules: NoiseRules | None = None,
        seed: int | None = None,
        default_shots: int = DEFAULT_SHOTS,
    ) -> None:
        self.device = device
        self.rules = NoiseRules() if rules is None else rules
        self.default_shots = default_shots
        self._random = np.random.default_rng(seed)

    def run(
        self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None
    ) -> PrimitiveJob[PrimitiveResult[SamplerPubResult]]:
        """Sample every pub; parameter values broadcast as Qiskit's V2 primitives say.

        Raises
        ------
        InvalidInputError : a circuit that is not placed on the device, or more samples than memory holds.
        UnsupportedCircuitError : a circuit that is not Clifford and too large for Aer.
        """
        coerced = [SamplerPub.coerce(pub, self.default_shots if shots is None else shots) for pub in pubs]
        for pub in coerced:
            _check_size(pub)
        # Seeds are drawn here: the order of jobs decides, not that of threads.
        seeds = [self._seeds(pub.size) for pub in coerced]
        job = PrimitiveJob(self._run, list(zip(coerced, seeds, strict=True)))
        job._submit()
        return job

    def pass_over(self, circuits: Iterable[QuantumCircuit]) -> None:
        """Draw the seeds of circuits that have been run with this sampler's seed before, and run none."""
        for _ in circuits:
            self._seeds(1)

    def _seeds(self, size: int) -> list[int]:
        found: list[int] = self._random.integers(2**62, size=max(1, size)).tolist()
        return found

    @abstractmethod
    def _sample(self, circuit: QuantumCircuit, shots: int, seed: int) -> Bits:
        """Return the classical bits of every shot, shape (shots, circuit.num_clbits)."""

    def _run(self, work: list[tuple[SamplerPub, list[int]]]) -> PrimitiveResult[SamplerPubResult]:
        return PrimitiveResult([self._run_pub(*item) for item in work], metadata={"version": 2})

    def _run_pub(self, pub: SamplerPub, seeds: list[int]) -> SamplerPubResult:
        circuit = pub.circuit
        columns = {r.name: [circuit.find_bit(bit).index for bit in r] for r in circuit.cregs}
        packed = {
            name: np.zeros((*pub.shape, pub.shots, -(-len(bits) // 8)), dtype=np.uint8)
            for name, bits in columns.items()
        }
        bound = pub.parameter_values.bind_all(circuit)
        for seed, (index, point) in zip(seeds, np.ndenumerate(bound), strict=True):
            bits = self._sample(point, pub.shots, seed)
            for name, which in columns.items():
                packed[name][index] = _packed(bits[:, which])
        arrays = {name: BitArray(packed[name], len(bits)) for name, bits in columns.items()}
        metadata = {"shots": pub.shots, "circuit_metadata": circuit.metadata}
        return SamplerPubResult(DataBin(**arrays, shape=pub.shape), metadata=metadata)


class TwinSampler(DeviceSampler):
    """Counts from the digital twin of a device, as a `BaseSamplerV2`.

    Clifford circuits are sampled in stim with the device's Pauli noise. Others have the same noise: on more
    than 10 qubits and with at most 20 rotations that are not Clifford in bloqade-tsim, if it is installed,
    else in Aer, if they fit (see `AerSampler`).

    Parameters
    ----------
    beyond : ``tsim`` or ``aer``, for what is not Clifford; by default tsim where it is installed.

    Raises
    ------
    InvalidInputError : neither of the two.

    Example
    -------
    >>> from qclone.device import load_device
    >>> bell = QuantumCircuit(2, 2)
    >>> bell.h(0); bell.cx(0, 1); bell.measure([0, 1], [0, 1])  # doctest: +ELLIPSIS
    <qiskit...
    >>> from qclone.simulate import route
    >>> kingston = load_device("kingston")
    >>> result = TwinSampler(kingston, seed=1).run([route(bell, kingston, seed=1)], shots=1000).result()
    >>> sorted(result[0].data.c.get_counts())
    ['00', '01', '10', '11']
    """

    def __init__(
        self,
        device: Device,
        rules: NoiseRules | None = None,
        seed: int | None = None,
        default_shots: int = DEFAULT_SHOTS,
        *,
        beyond: str | None = None,
    ) -> None:
        super().__init__(device, rules, seed, default_shots)
        self.beyond = beyond or ("tsim" if is_installed() else "aer")
        if self.beyond not in ("tsim", "aer"):
            raise InvalidInputError(f"There is no {beyond!r} here.", "Choose tsim or aer.")

    def _sample(self, circuit: QuantumCircuit, shots: int, seed: int) -> Bits:
        steps = steps_of(circuit, self.device, self.rules)
        if is_clifford(steps):
            records = write(steps, self.device, self.rules).compile_sampler(seed=seed).sample(shots)
        elif self.beyond == "tsim" and suits(steps):
            records = tsim_records(steps, self.device, self.rules, shots, seed)
        else:
            return aer_bits(circuit, self.device, self.rules, shots=shots, seed=seed)
        bits = np.zeros((shots, circuit.num_clbits), dtype=np.bool_)
        for record, clbit in enumerate(_clbits(circuit)):
            bits[:, clbit] = records[:, record]
        return bits


class AerSampler(DeviceSampler):
    """Counts from Qiskit Aer with the twin's noise rules: any circuit, but few qubits.

    Parameters
    ----------
    method : density_matrix, statevector or matrix_product_state; None takes the first for up to 10
        active qubits and the second for up to 26.
    full : noise that is no random Pauli in the place of the twin's; see `FullNoise`.

    Raises
    ------
    MissingPackageError : qiskit-aer is not installed.
    """

    def __init__(
        self,
        device: Device,
        rules: NoiseRules | None = None,
        seed: int | None = None,
        default_shots: int = DEFAULT_SHOTS,
        *,
        method: Method | None = None,
        full: FullNoise | None = None,
    ) -> None:
        super().__init__(device, rules, seed, default_shots)
        self.method = method
        self.full = full

    def _sample(self, circuit: QuantumCircuit, shots: int, seed: int) -> Bits:
        return aer_bits(
            circuit, self.device, self.rules, shots=shots, seed=seed, method=self.method, full=self.full
        )


def _clbits(circuit: QuantumCircuit) -> list[int]:
    """The classical bit that each measurement writes, in order; a later one overwrites."""
    index = {bit: i for i, bit in enumerate(circuit.clbits)}
    return [index[i.clbits[0]] for i in circuit.data if i.operation.name == "measure"]


def _packed(bits: Bits) -> NDArray[np.uint8]:
    """Qiskit's `BitArray` layout: bit 0 is the lowest bit of the last byte."""
    spare = -bits.shape[1] % 8
    return np.packbits(np.pad(bits[:, ::-1], ((0, 0), (spare, 0))), axis=1)


def _check_size(pub: SamplerPub) -> None:
    total = pub.shots * max(1, pub.size) * max(1, pub.circuit.num_clbits)
    if total > MAX_BITS:
        raise InvalidInputError(
            f"{pub.shots:,} shots of this circuit are {total:,} bits, more than memory holds.",
            f"Ask for at most {MAX_BITS // max(1, total // pub.shots):,} shots, or for exact expectations.",
        )
