"""Calibration snapshots of IBM processors, as shipped with `qiskit_ibm_runtime.fake_provider`.

One JSON file a processor, in the form of `Device.save`: SI units, faulty qubits null, faulty couplers left
out; the date of the calibration is in it. Written by `python -m qclone.device.snapshots`, from
qiskit-ibm-runtime 0.51.0 (Apache-2.0).
"""
