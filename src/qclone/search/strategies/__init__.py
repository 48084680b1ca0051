"""Layouts, a whole chip, a register: regions to try, syntheses of each, the best exact fidelity."""
