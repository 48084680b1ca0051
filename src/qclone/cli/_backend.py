"""What commands say of backends and devices: which one is meant, what was assumed, what a run takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._loudness import is_quiet
from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

    from qclone.device import Assumed, Device
    from qclone.experiments import Exported, Workload
    from qclone.simulate import Machine


def chosen_machine(
    device_name: str | None,
    backend: str | None,
    engine: str,
    assume: str | None,
    seed: int,
    mode: str | None = None,
) -> tuple[Device, Machine | None]:
    """Return the device that circuits are placed on, and what runs them; None for the engine's own.

    Parameters
    ----------
    mode : of IBM's runtime, ``session`` or ``batch``; `closing_after` ends it.
    """
    from qclone.device import backend_named, from_backend, live_device, load_device, opened
    from qclone.simulate import machine_of

    given = None if assume is None else _assumed(assume)
    if backend is None:
        name = "kingston" if device_name is None else device_name
        return (live_device(name) if engine == "ibm" else load_device(name, given)), None
    if engine != "twin":
        raise InvalidInputError(
            f"Circuits run either on the engine {engine} or on {backend}.", "Leave out --engine."
        )
    made = backend_named(backend)
    device = from_backend(made, given) if device_name is None else load_device(device_name, given)
    return device, machine_of(backend=made if mode is None else opened(mode, made), seed=seed)


@contextmanager
def closing_after(machine: Machine | None, mode: str | None) -> Iterator[None]:
    """End a session or a batch with the run, also with one that fails: it would hold the processor."""
    try:
        yield
    finally:
        if machine is not None and mode is not None:
            machine.sampler.mode.close()  # type: ignore[attr-defined]


def noted(device: Device) -> None:
    """Say on stderr what a device leaves out or assumes, if it was read from somewhere just now."""
    from qclone.device import DEVICES

    if device.name not in DEVICES and not is_quiet():
        for note in device.notes:
            click.echo(f"{device.name}: {note}", err=True)


def with_noise(device: Device, path: Path) -> Device:
    """Return the device with learned noise, and say on stderr what was taken and what was left out."""
    from qclone.device import load_noise

    learned = device.with_learned(load_noise(path))
    for note in learned.notes[len(device.notes) :]:
        click.echo(f"{device.name}: {note}", err=True)
    return learned


def exported_text(written: Exported) -> str:
    """Say what was written."""
    return (
        f"Wrote {written.circuits} circuits, {written.shots:,} shots each, and {written.manifest}.\n"
        "Measure them and write counts.json beside it; then: qclone experiment import "
        f"{written.manifest.parent / 'counts.json'}"
    )


def workload_text(found: Workload, where: str) -> str:
    """Say what a run would take."""
    return (
        f"{found.circuits} circuits in {found.jobs} jobs on {where}: {found.shots:,} shots, up to "
        f"{found.qubits} qubits and {found.gates} two-qubit gates; a processor as quick as IBM's is busy for "
        f"about {found.seconds:.0f} s."
    )


def _assumed(text: str) -> Assumed:
    from qclone.device import PRESETS, Assumed

    if text in PRESETS:
        return PRESETS[text].typical
    names = [f.name for f in fields(Assumed) if f.name != "source"]
    values: dict[str, Any] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            raise InvalidInputError(f"{part!r} assumes nothing.", "Write for example t1_s=1e-4.") from None
    if unknown := values.keys() - set(names):
        raise InvalidInputError(
            f"{', '.join(sorted(unknown))} is nothing that can be assumed.",
            f"Choose from {', '.join(names)}, or name a preset: {', '.join(PRESETS)}.",
        )
    return Assumed(**values)
