"""Encrypted cloning of qubits: schemes, access, circuits, processors and storage.

A qubit is spread over any number of encrypted clones; any one of them together with the key
recovers it, exactly once (arXiv:2501.02757, arXiv:2602.10695).

>>> from qclone.scheme import Canonical
>>> Canonical(4).clones
('S1', 'S2', 'S3', 'S4', 'A')
"""

# Without an `__all__`, for the reference lists the rooms only then.
__version__: str


def __getattr__(name: str) -> str:
    """Return the version, which takes longer to find out than everything else here."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("qclone")
