"""A database that is put back, older than what its clients have done since: nothing is recovered twice."""

import secrets
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from qiskit import QuantumCircuit

from qclone.errors import NoSuchObjectError, QcloneError
from qclone.service import RemoteCloud, down, up

pgserver = pytest.importorskip("pgserver")
PG_DUMP = Path(pgserver.__file__).parent / "pginstall/bin/pg_dump"


def new_database(postgres):
    with psycopg.connect(postgres, autocommit=True) as sql:
        sql.execute(f"CREATE DATABASE {(name := f'restored_{secrets.token_hex(4)}')}")
    return psycopg.conninfo.make_conninfo(postgres, dbname=name)


class Died(BaseException):
    """A client's process ends."""


def die(*_):
    raise Died


def test_what_was_recovered_since_is_not_recovered_again(tmp_path, postgres, monkeypatch):
    directory, url = tmp_path / "cloud", new_database(postgres)
    up(directory, servers=2, postgres=url)
    with closing(RemoteCloud(directory)) as cloud:
        recovered, begun, sealed = (cloud.client.put(QuantumCircuit(1), name).object_id for name in "rbs")
        dumped = subprocess.run([PG_DUMP, "--no-owner", "--inserts", url], check=True, capture_output=True)
        cloud.client.get(recovered)
        with monkeypatch.context() as patch:
            patch.setattr(cloud.fabric, "deliver", die)
            with pytest.raises(Died):
                cloud.client.get(begun)
        assert cloud.ledger.find(begun).key.state == "consuming"  # consumed, and not yet here
        later = cloud.client.put(QuantumCircuit(1), "later").object_id
    down(directory)
    back = new_database(postgres)
    with psycopg.connect(back, autocommit=True) as sql:
        sql.execute(dumped.stdout)
    up(directory, postgres=back)
    try:
        with closing(RemoteCloud(directory)) as cloud:
            listed = {manifest.object_id: manifest.key.state for manifest in cloud.ledger.manifests()}
            assert listed == dict.fromkeys([recovered, begun, sealed], "sealed")  # as it was at the dump
            with pytest.raises(QcloneError, match="holds no key"):  # its secret went when it was recovered
                cloud.client.get(recovered)
            with pytest.raises(NoSuchObjectError):
                cloud.client.get(later)
            for object_id in (begun, sealed):
                assert cloud.client.get(object_id).entanglement_fidelity == 1
            again = cloud.client.put(QuantumCircuit(1)).object_id
            assert cloud.client.get(again).entanglement_fidelity == 1
    finally:
        down(directory)
