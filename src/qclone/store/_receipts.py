"""Receipts: the ledger's word that a key was consumed, which the fabric demands before it decrypts."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from qclone.durable import create_file
from qclone.errors import KeyConsumedError, StorageError
from qclone.store._names import tenant_and_object

RECEIPT_KEY = "receipt.key"
_BYTES = 32


class Receipts:
    """What issues receipts and knows its own; ledger and fabric share the key and nobody else has it.

    A receipt is the digest of the claim for which a key was consumed, and a MAC over it and the register:
    who consumed holds the claim, and no other register opens with it.

    Parameters
    ----------
    path : the file of the key, mode 0600; made when it is first needed.

    Example
    -------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     receipts = Receipts(Path(folder) / RECEIPT_KEY)
    ...     receipts.claim("3f", receipts.issue("3f", "a digest"))
    'a digest'
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def beside(cls, file: Path) -> Receipts:
        """Those whose key lies in the same directory as a file."""
        return cls(file.with_name(RECEIPT_KEY))

    def issue(self, register: str, claim: str) -> str:
        """Return the receipt of a claim's digest for a register."""
        return f"{claim}.{self._mac(register, claim)}"

    def claim(self, register: str, receipt: str) -> str:
        """Return the digest of the claim that a receipt is for. Raises KeyConsumedError for no receipt."""
        claim, _, mac = receipt.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(register, claim).encode()):
            raise KeyConsumedError(
                "This is no receipt of the ledger for this register.",
                "The ledger and the fabric must have the same receipt.key; consume the key at the ledger.",
            )
        return claim

    def _mac(self, register: str, claim: str) -> str:
        said = "\0".join((*tenant_and_object(register), claim)).encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()

    @cached_property
    def _key(self) -> bytes:
        try:
            if not self._path.exists():
                with suppress(FileExistsError):  # whoever is first has made it
                    create_file(self._path, secrets.token_bytes(_BYTES), mode=0o600)
            key = self._path.read_bytes()
        except OSError as error:
            raise StorageError(
                f"{self._path} cannot be read: {error.strerror}.", "Check its owner and mode."
            ) from None
        if len(key) != _BYTES:
            raise StorageError(f"{self._path} is damaged.", "Restore it from a backup of the cloud.")
        return key


def digest_of(claim: str) -> str:
    """Return what stands for a claim where it must not be known."""
    return hashlib.sha256(claim.encode()).hexdigest()
