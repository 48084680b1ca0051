"""Native circuits: synthesis and placement for a device's lattice."""
