"""Tables of arXiv:2602.10695; README.md says what the columns are."""
