"""Write the shipped snapshots anew from the installed qiskit-ibm-runtime."""

from pathlib import Path

from qclone.device import DEVICES, fake_backend, from_backend

for name in DEVICES:
    device = from_backend(fake_backend(name))
    device.save(Path(__file__).with_name(f"{name}.json"))
    qubits, couplers = len(device.working_qubits), len(device.couplers)
    print(f"{name}: {qubits} working qubits, {couplers} working couplers, {device.snapshot_date}")
