"""Devices: a processor's coupling map, calibration and noise rules."""
