"""Estimates: fidelities, CHSH, parity oscillations, intervals."""
