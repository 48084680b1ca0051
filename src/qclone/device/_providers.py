"""Backends by name, provider:backend: of vendors' packages, of entry points, of any importable class."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from qclone.device._quantinuum import quantinuum_backend
from qclone.device._runtime import fake_backend, real_backend
from qclone.errors import InvalidInputError, MissingPackageError, QcloneError

GROUP = "qclone.backends"
"""Entry points of other packages: provider -> module:function, which takes a name and returns a backend."""


def backend_named(text: str) -> Any:
    """Return a Qiskit backend by ``provider:backend``, or by ``module:Class``.

    Raises
    ------
    InvalidInputError : no such provider, backend or class.
    MissingPackageError : the provider's package is not installed.
    QcloneError : the provider refuses.

    Example
    -------
    >>> backend_named("fake:manila").num_qubits
    5
    """
    provider, colon, name = text.partition(":")
    others = {point.name: point for point in entry_points(group=GROUP)}
    if not colon:
        known = ", ".join([*PROVIDERS, *sorted(others)])
        raise InvalidInputError(
            f"{text!r} names no backend.", f"Write provider:backend (providers: {known}), or module:Class."
        )
    make: Callable[[str], Any] | None = PROVIDERS.get(provider)
    if make is None and provider in others:
        make = others[provider].load()
    try:
        return imported(text) if make is None else make(name)
    except QcloneError:
        raise
    except ImportError as error:
        package = _PACKAGES.get(provider, str(error.name))
        raise QcloneError(
            f"The package of the provider {provider} cannot be imported: {error}.",
            f"Install it with: pip install {package}",
        ) from None
    except Exception as error:  # a vendor's refusal is told in a vendor's words
        raise QcloneError(
            f"{provider} does not give us {name!r}: {type(error).__name__}: {error}.",
            "Check the name, the account and the network.",
        ) from None


def imported(text: str) -> Any:
    """Return what ``module:attribute`` names, made without arguments if it is a class or a function."""
    module, _, attribute = text.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` does: one's own file in the working directory
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInputError(
            f"{text} is neither a known provider's backend nor importable: {error}.",
            f"Providers are {', '.join(PROVIDERS)}; or write module:Class.",
        ) from None
    is_made = not isinstance(found, type) and any(
        hasattr(found, name) for name in ("target", "couplers", "configuration")
    )
    if is_made or not callable(found):
        return found
    try:
        return found()
    except (TypeError, SystemExit) as error:
        raise InvalidInputError(
            f"{text} makes no backend when it is called without arguments: {type(error).__name__}: {error}.",
            "Write a function that returns the backend, and name that: module:function.",
        ) from None


def _aer(name: str) -> Any:
    try:
        from qiskit_aer import AerSimulator
    except ImportError:
        raise MissingPackageError("qiskit-aer", "device") from None
    return AerSimulator.from_backend(fake_backend(name)) if name else AerSimulator()


def _iqm(name: str) -> Any:
    from iqm import qiskit_iqm

    kind = getattr(qiskit_iqm, f"IQMFake{name.capitalize()}", None)
    return kind() if kind is not None else qiskit_iqm.IQMProvider(name).get_backend()


def _aqt(name: str) -> Any:
    from qiskit_aqt_provider import AQTProvider

    provider = AQTProvider()
    if name in ("noisy", "ideal"):
        return getattr(provider.offline, name)()
    return provider.cloud().get_backend(name)


def _braket(name: str) -> Any:
    from qiskit_braket_provider import BraketLocalBackend, BraketProvider

    return BraketLocalBackend(name=name) if name in _LOCAL else BraketProvider().get_backend(name)


def _ionq(name: str) -> Any:
    from qiskit_ionq import IonQProvider

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        backend = IonQProvider().get_backend(name)
    # Without the service its package takes any machine for one of four qubits.
    if any(str(w.message).startswith("Failed to get qubits") for w in said):
        raise QcloneError(
            f"How many qubits {name!r} has, IonQ's package asks IonQ's service, which does not answer.",
            "Check the account and the network; or describe the device in a JSON file, see docs/twin.md.",
        )
    return backend


def _alice_bob(name: str) -> Any:
    from qiskit_alice_bob_provider import AliceBobLocalProvider

    return AliceBobLocalProvider().get_backend(name)


def _qdk(name: str) -> Any:
    from qdk import qiskit

    kind = {"neutral_atom": qiskit.NeutralAtomBackend, "qsharp": qiskit.QSharpBackend}[name]
    # Optimising, its transpiler makes crz(-pi) of two cz; its simulator turns that the other way.
    return kind(transpile_options={"optimization_level": 0})


def _qdmi(name: str) -> Any:
    from mqt.core.plugins.qiskit import QDMIProvider

    return QDMIProvider().get_backend(name)


_LOCAL = ("default", "braket_sv", "braket_dm")
_PACKAGES = {
    "iqm": "'iqm-client[qiskit]'",
    "aqt": "qiskit-aqt-provider",
    "braket": "qiskit-braket-provider",
    "ionq": "qiskit-ionq",
    "alice_bob": "qiskit-alice-bob-provider",
    "qdk": "'qdk[qiskit]'",
    "qdmi": "'mqt-core[qiskit]'",
    "quantinuum": "'pytket-quantinuum[pecos]' pytket-qiskit",
}
PROVIDERS: dict[str, Callable[[str], Any]] = {
    "ibm": real_backend,
    "fake": fake_backend,
    "aer": _aer,
    "iqm": _iqm,
    "aqt": _aqt,
    "braket": _braket,
    "ionq": _ionq,
    "alice_bob": _alice_bob,
    "qdk": _qdk,
    "qdmi": _qdmi,
    "quantinuum": quantinuum_backend,
}
"""Provider -> what makes its backend of a name."""
