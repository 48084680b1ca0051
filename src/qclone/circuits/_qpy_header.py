"""What a QPY file says about its size, looked at before Qiskit makes whatever it says."""

from __future__ import annotations

import struct

from qiskit.qpy.common import QPY_VERSION

from qclone.circuits._qpy import header
from qclone.errors import UnsupportedCircuitError

MAX_BITS = 20_000
"""Of a stored register: a qubit takes no byte of a file, so nothing else bounds them."""


def check_qpy(content: bytes) -> None:
    """Refuse QPY bytes whose header announces what the file cannot hold.

    Sizes inside gate definitions are not seen here: bytes of a stranger are opened in a process that may use
    little memory.

    Raises
    ------
    UnsupportedCircuitError : no header, a version that this Qiskit does not read, over 20,000 bits, or more
        instructions than there are bytes.
    """
    version = content[6] if content.startswith(b"QISKIT") and len(content) > 9 else 0
    if version > QPY_VERSION:
        wrote = ".".join(map(str, content[7:10]))
        raise UnsupportedCircuitError(
            f"It was written by Qiskit {wrote} as QPY of version {version}; "
            f"the Qiskit that is here reads up to {QPY_VERSION}.",
            f"Install qiskit {wrote} or a newer one, and repeat the command.",
        )
    try:
        says = header(content)
    except (struct.error, IndexError, ValueError):
        says = None
    if says is None:
        raise UnsupportedCircuitError("This is no QPY file of a known version.", "Write it again.")
    bits, instructions = says.num_qubits + says.num_clbits + says.num_vars, says.num_instructions
    if bits > MAX_BITS or instructions > len(content):
        raise UnsupportedCircuitError(
            f"A QPY file of {len(content):,} bytes announces {bits:,} qubits and bits and "
            f"{instructions:,} instructions.",
            f"At most {MAX_BITS:,} qubits are read, and no more than the file holds.",
        )
