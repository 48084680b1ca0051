"""Quantinuum's machines without the network: the noise that its package states, in its local emulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from types import SimpleNamespace
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import RGate, RZGate, RZZGate
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import InstructionProperties, Target

from qclone.device._narrow import narrowed
from qclone.errors import InvalidInputError


class LocalEmulator(BackendV2):
    """PECOS, Quantinuum's emulator, on this machine: perfect, or with the noise that is stated of a machine.

    Qubits that a circuit leaves alone are not simulated.

    Parameters
    ----------
    name : of the backend.
    width : number of qubits; all are coupled.
    noise : parameters of PECOS's generic error model: p1 and p2, average infidelities; p_meas, the mean
        probability of a wrong bit; p_init. None for no noise.
    """

    def __init__(self, name: str, width: int, noise: Mapping[str, float] | None = None) -> None:
        super().__init__(name=name)
        self.noise = noise
        p1, p2, p_meas = (None if noise is None else noise[k] for k in ("p1", "p2", "p_meas"))
        one = {(q,): InstructionProperties(error=p1) for q in range(width)}
        self._target = Target(num_qubits=width)
        self._target.add_instruction(RGate(Parameter("theta"), Parameter("phi")), dict(one))
        self._target.add_instruction(RZGate(Parameter("angle")), dict(one))
        pairs = {pair: InstructionProperties(error=p2) for pair in permutations(range(width), 2)}
        self._target.add_instruction(RZZGate(Parameter("angle")), pairs)
        reads = {(q,): InstructionProperties(error=p_meas) for q in range(width)}
        self._target.add_instruction(Measure(), reads)

    @property
    def target(self) -> Target:
        """The machine's gates with their errors."""
        return self._target

    @property
    def max_circuits(self) -> None:
        """Any number of circuits."""
        return None

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1000, seed_simulator=None)

    def run(self, run_input: QuantumCircuit | Sequence[QuantumCircuit], **options: Any) -> Any:
        """Return a job whose counts are there already."""
        circuits = [run_input] if isinstance(run_input, QuantumCircuit) else list(run_input)
        shots, seed = options.get("shots", self.options.shots), options.get("seed_simulator")
        counts = [self._counts(c, shots, None if seed is None else seed + i) for i, c in enumerate(circuits)]
        result = SimpleNamespace(get_counts=lambda i=0: counts[i])
        return SimpleNamespace(job_id=lambda: "local", result=lambda: result)

    def _counts(self, circuit: QuantumCircuit, shots: int, seed: int | None) -> dict[str, int]:
        from pecos.error_models.generic_error_model import GenericErrorModel
        from pytket.extensions.qiskit import qiskit_to_tk
        from pytket_pecos import Emulator

        given = qiskit_to_tk(narrowed(circuit))  # one of 56 qubits would fit into no memory
        model = None if self.noise is None else GenericErrorModel(dict(self.noise))
        emulator = Emulator(given, error_model=model, qsim="state-vector", seed=seed)
        found: dict[str, int] = {}
        for bits in emulator.run(n_shots=shots).to_readouts():
            text = "".join(map(str, bits[::-1]))
            found[text] = found.get(text, 0) + 1
        return found


def quantinuum_backend(name: str) -> Any:
    """Return a backend of Quantinuum's: ``H2-1`` online; ``H2-1LE`` here; ``H2-1LE:noisy`` here, as stated.

    Raises
    ------
    InvalidInputError : the package knows no such machine, or states no noise of it.
    """
    from pytket.extensions.quantinuum import QuantinuumAPIOffline, QuantinuumBackend

    full, _, kind = name.partition(":")
    machine = full.removesuffix("LE")
    if machine == full and not kind:
        from pytket.extensions.qiskit.tket_backend import TketBackend

        return TketBackend(QuantinuumBackend(device_name=name))
    offline = QuantinuumBackend.available_devices(api_handler=QuantinuumAPIOffline())
    stated = {info.device_name: info for info in offline}
    if machine not in stated or kind not in ("", "noisy"):
        known = ", ".join(n for n in stated if n and n.endswith("LE"))
        raise InvalidInputError(
            f"Quantinuum's package has no machine {name!r}.",
            f"On this machine there are {known}, and each with :noisy behind it.",
        )
    info = stated[machine]
    noise = stated_noise(info.misc["noise_specs"]) if kind else None
    return LocalEmulator(name, info.n_nodes, noise)


def stated_noise(specs: Mapping[str, Any]) -> dict[str, float]:
    """Return what PECOS takes of a machine's `noise_specs`; errors of memory and crosstalk it does not take.

    Example
    -------
    >>> spam = {"p_meas_0": 0.0006, "p_meas_1": 0.0014}
    >>> specs = {"1q_gate_error": {"p1": 2e-5}, "2q_gate_error": {"p2": 1e-3}, "spam_error": spam}
    >>> stated_noise(specs)
    {'p1': 2e-05, 'p2': 0.001, 'p_meas': 0.001, 'p_init': 0.0}
    """
    spam = specs["spam_error"]
    return {
        "p1": specs["1q_gate_error"]["p1"],
        "p2": specs["2q_gate_error"]["p2"],
        # Preparation and measurement are stated together.
        "p_meas": (spam["p_meas_0"] + spam["p_meas_1"]) / 2,
        "p_init": 0.0,
    }
