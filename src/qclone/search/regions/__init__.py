"""Where on a lattice the wires of a scheme may lie: patterns, random growth, a part of a chip."""
