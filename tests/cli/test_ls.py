"""`qclone ls`, page by page."""

import csv
import json

from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.store import Cloud


def test_a_listing_goes_on_where_it_ended(tmp_path, capsys):
    at = ["--cloud", str(tmp_path / "cloud")]
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    ids = [cloud.client.put(QuantumCircuit(1)).object_id for _ in range(5)]
    cloud.close()
    seen = []
    for _ in range(3):
        after = ["--after", seen[-1][:8]] if seen else []
        assert main(["ls", "--limit", "2", *after, "--json", *at]) == 0
        seen += [o["id"] for o in json.loads(capsys.readouterr().out)["objects"]]
    assert seen == ids
    assert main(["ls", "--after", ids[-1], *at]) == 0
    assert capsys.readouterr().out == "Nothing was stored after it.\n"
    assert main(["ls", "--after", "beef", *at]) == 10
    assert main(["ls", "--limit", "0", *at]) == 2
    capsys.readouterr()
    assert main(["ls", "--format", "ids", "--server", "server-1", *at]) == 0
    assert capsys.readouterr().out.splitlines() == ids
    assert main(["ls", "--format", "csv", "--limit", "1", *at]) == 0
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (row["id"], row["qubits"], row["key"]) == (ids[0], "1", "sealed")
    assert main(["ls", "--format", "ids", "--name", "no*", *at]) == 0
    assert capsys.readouterr().out == ""
    assert main(["ls", "--server", "server-3", *at]) == 2
    assert main(["ls", "--format", "csv", "--json", *at]) == 2
