"""One strategy a family of schemes: regions to try, syntheses of each, the best exact fidelity."""
