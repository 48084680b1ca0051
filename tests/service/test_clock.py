"""The clock on the wall jumps between a question and its call: a key may stay sealed, and nothing is lost."""

import pytest
from qiskit import QuantumCircuit

from qclone.errors import TooLateError
from qclone.service import HttpLedger, Kind, Link, Principal, ledger_app, tokens_of
from qclone.store import Client, Cloud, KeyState
from tests.listening import listening


@pytest.mark.parametrize("jump_s", [-1e9, 90_000.0])
def test_a_jump_of_the_clock_loses_nothing(tmp_path, jump_s):
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    tokens, asked = tokens_of(cloud.directory), []

    def clock():
        asked.append(None)
        return 1e9 + (jump_s if len(asked) == 2 else 0)  # between `/v1/time` and the first `consume`

    with listening(ledger_app(lambda _: cloud.ledger, tokens, clock=clock)) as url:
        ledger = HttpLedger(Link(url, tokens.issue(Principal(Kind.TENANT, "default"))))
        client = Client(cloud.fabric, ledger, cloud.client.keyring, cloud.client.servers)
        object_id = client.put(QuantumCircuit(2)).object_id
        if jump_s > 0:  # the deadline seems to be over
            with pytest.raises(TooLateError):
                client.get(object_id)
            assert ledger.find(object_id).key.state is KeyState.SEALED
        assert client.get(object_id).entanglement_fidelity == 1
        assert ledger.find(object_id).key.state is KeyState.CONSUMED
        ledger.close()
    cloud.close()
