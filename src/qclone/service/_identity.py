"""By what a client knows the parts of its cloud: a key, new at every start, and its certificate."""

from __future__ import annotations

import datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from qclone.durable import replace_file

_YEARS = datetime.timedelta(days=3650)
_A_DAY = datetime.timedelta(days=1)


def new_identity(directory: Path) -> tuple[Path, Path]:
    """Make a private key and its certificate for 127.0.0.1 in a directory, and return where they are.

    Who listens on a port after its part was killed does not have the key, so nobody tells it a token.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a cloud of qclone")])
    now = datetime.datetime.now(datetime.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    addresses = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
    usage = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign")
    no = dict.fromkeys([*usage, "encipher_only", "decipher_only"], False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _A_DAY)
        .not_valid_after(now + _YEARS)
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **no), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    paths = directory / "certificate.pem", directory / "private-key.pem"
    replace_file(paths[0], certificate.public_bytes(Encoding.PEM), mode=0o600)
    replace_file(paths[1], private, mode=0o600)
    return paths
