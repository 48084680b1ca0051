"""Encrypted cloning of qubits: schemes, access, circuits, processors and storage.

A qubit is spread over any number of encrypted clones; any one of them together with the key
recovers it, exactly once (arXiv:2501.02757, arXiv:2602.10695).

>>> from qclone.scheme import Canonical
>>> Canonical(4).clones
('S1', 'S2', 'S3', 'S4', 'A')
"""

from importlib.metadata import version

# Without an `__all__`, for the reference lists the rooms only then.
__version__ = version("qclone")
