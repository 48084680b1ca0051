#!/usr/bin/env python3
"""Make what a deployment starts from: certificates, tokens, a password, the cloud and a first client.

    prepare.py --home DIR [--servers 5] [--host cloud.example.org] [--database URL]

What is there is kept; so a certificate or a token is renewed by removing its file and running this again.

    DIR/secrets   keys and certificates of the authority (ca) and of each part; tokens; the database
    DIR/tokens    the hashes of all tokens: every part reads them
    DIR/cloud     what fabric and ledger share
    DIR/client    a client of the tenant `default`: qclone --cloud DIR/client
"""

import argparse
import datetime
import os
import secrets
import sys
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from qclone.errors import QcloneError
from qclone.service import Addresses, Kind, Principal, Tokens
from qclone.store import Cloud, SqliteFabric

CA_DAYS, PART_DAYS = 3650, 397
USES = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")


def write_new(path: Path, content: bytes) -> None:
    """Make a file that only its owner can read, unless it is there."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def made(name: str, days: int, authority: bool) -> tuple[ec.EllipticCurvePrivateKey, x509.CertificateBuilder]:
    """Return a new key, and what its certificate begins with."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    no = dict.fromkeys([*USES, "encipher_only", "decipher_only"], False)
    usage = x509.KeyUsage(digital_signature=True, key_cert_sign=authority, crl_sign=authority, **no)
    return key, (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), True)
        .add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )


def save(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Write a key and its certificate: the certificate last, for it says that both are there."""
    (folder / f"{name}.key").unlink(missing_ok=True)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_new(folder / f"{name}.key", private)
    write_new(folder / f"{name}.pem", certificate.public_bytes(Encoding.PEM))


def make_authority(folder: Path) -> None:
    """Make the authority that every part and every client trusts."""
    if not (folder / "ca.pem").exists():
        key, builder = made("a cloud of qclone", CA_DAYS, authority=True)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a cloud of qclone")])
        save(folder, "ca", key, builder.issuer_name(subject).sign(key, SHA256()))


def make_certificate(folder: Path, name: str, host: str) -> None:
    """Have the authority sign a certificate for a part, by its name inside and outside of the deployment."""
    if (folder / f"{name}.pem").exists():
        return
    if not (folder / "ca.key").exists():
        raise SystemExit(
            f"There is no {folder / 'ca.key'} to sign with: bring it back, run this, take it away."
        )
    signer = load_pem_private_key((folder / "ca.key").read_bytes(), None)
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    names = [general(one) for one in dict.fromkeys([name, "localhost", "127.0.0.1", host])]
    key, builder = made(name, PART_DAYS, authority=False)
    known_by = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        builder.issuer_name(authority.subject)
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known_by), False)
    )
    save(folder, name, key, builder.sign(signer, SHA256()))


def general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def make_database_url(folder: Path, database: str | None) -> None:
    """Write down where the tables are: the address holds the password, which nobody chose."""
    if not (folder / "database.url").exists():
        if database is None:
            password = secrets.token_hex(32)
            (folder / "database.password").unlink(missing_ok=True)
            write_new(folder / "database.password", password.encode())
            trust = "sslmode=verify-full&sslrootcert=/run/secrets/ca.pem"
            database = f"postgresql://qclone:{password}@database:5432/qclone?{trust}"
        write_new(folder / "database.url", database.encode())


def prepare(home: Path, servers: int, host: str, database: str | None) -> None:
    """Make whatever is missing below a directory."""
    for name in ("secrets", "tokens", "client"):
        (home / name).mkdir(mode=0o700, exist_ok=True, parents=True)
    folder = home / "secrets"
    if not (home / "cloud/ledger.db").exists():
        Cloud.create(home / "cloud", servers=servers).close()
    with closing(SqliteFabric(home / "cloud/fabric.db")) as fabric:
        sites = list(fabric.sites())
    make_authority(folder)
    for name in ("fabric", "ledger", "database", *sites):
        make_certificate(folder, name, host)
    make_database_url(folder, database)
    tokens = Tokens(home / "tokens/tokens.json")
    for site in sites:
        if not (folder / f"{site}.token").exists():
            issued = tokens.issue(Principal(Kind.SITE, site), instead_of_others=True)
            write_new(folder / f"{site}.token", issued.encode())
    if not (home / "client/service.json").exists():
        Addresses(
            fabric=f"https://{host}:7000",
            ledger=f"https://{host}:7001",
            servers={site: f"https://{host}:{7100 + i}" for i, site in enumerate(sites, start=1)},
            tenant="default",
            token=tokens.issue(Principal(Kind.TENANT, "default"), instead_of_others=True),
            operator_token="",
            certificate=(folder / "ca.pem").read_text(),
        ).write(home / "client")


def main() -> None:
    about = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True, help="where all of it goes")
    parser.add_argument("--servers", type=int, default=5, help="of a new cloud")
    parser.add_argument("--host", default="localhost", help="by what name clients reach the parts")
    parser.add_argument("--database", help="its address, if it is not the compose file's")
    given = parser.parse_args()
    try:
        prepare(given.home, given.servers, given.host, given.database)
    except (QcloneError, OSError) as error:
        sys.exit(str(error))
    print(f"All that is needed is in {given.home}.")


if __name__ == "__main__":
    main()
