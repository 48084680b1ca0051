"""Access: who can recover or learn what from any set of a scheme's wires."""
