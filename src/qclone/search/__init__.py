"""Search: finds the circuits that `native` ships, and others for any lattice.

- `find(scheme, device, clone, seconds=60)`: a circuit for any lattice, of any clone.

``python -m qclone.search`` searches what ships and keeps what is better in the package's data. Only the
command line imports this room.
"""

from qclone.search._find import find

__all__ = ["find"]
