"""The stages of a circuit on given sites: what encryption is, when edges couple, which gates undo it."""
