"""qclone check for monitoring: what more may be lost, what waits and what is gone, by words and status."""

import json
from itertools import combinations

import pytest

from qclone.cli import main
from qclone.store import Cloud, check, outlook


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("QCLONE_CLOUD", str(tmp_path / "cloud"))

    def call(*words):
        capsys.readouterr()
        status = main([*map(str, words), "--json"])
        return status, json.loads(capsys.readouterr().out)

    return call


@pytest.mark.parametrize(
    "put",
    [
        (),
        ("--clones", "3"),
        ("--clones", "2", "--source", "server"),
        ("--source", "client"),
        ("--clones", "2", "--iterate", "1"),
    ],
)
@pytest.mark.parametrize("lost_key", [(), ("N1",), ("q0.N2",)])
def test_the_number_is_what_every_set_of_losses_does(put, lost_key, run, tmp_path):
    """Every set of servers is lost, one after the other, in a copy of the cloud's books."""
    from dataclasses import replace

    from qclone.store import SiteState

    run("init", "--servers", "4")
    stored = run("put", "example:toffoli_n3", *put)[1]["id"]
    with_key = "--iterate" not in put
    cloud = Cloud(tmp_path / "cloud")
    if lost_key and with_key:
        cloud.client.lose_key(stored, *lost_key)
    cloud.lose("server-3")
    cloud.fail("server-2")
    holdings = cloud.client.holdings(cloud.ledger.find(stored))
    cloud.close()

    def survives(sites):
        up = [site for site, state in sites.items() if state is SiteState.UP]
        for number in range(len(up) + 1):
            for gone in combinations(up, number):
                left = replace(holdings, sites={**sites, **dict.fromkeys(gone, SiteState.LOST)})
                if not check(left).recoverable:
                    return number - 1
        return None  # it needs none

    found = outlook(holdings)
    healed = {**holdings.sites, "server-2": SiteState.UP}
    if found.needs_no_server:
        assert survives(holdings.sites) is None
    else:
        assert (found.losses, found.healed) == (survives(holdings.sites), survives(healed))
    assert found.exact


def test_statuses_for_monitoring(run):
    run("init", "--servers", "3")
    run("put", "example:toffoli_n3", "--clones", "2")
    assert run("check", "--min-losses", "1")[0] == 0
    assert run("check", "--min-losses", "2")[0] == 15
    run("server", "fail", "server-1")
    status, found = run("check")
    assert status == 0 and found["servers"] == {"up": 2, "down": ["server-1"], "lost": [], "compromised": []}
    assert found["objects"][0]["clones"] == {"up": 1, "down": 1, "gone": 0}
    assert (found["objects"][0]["losses_survived"], found["summary"]["least_losses_survived"]) == (0, 0)
    assert run("check", "--min-losses", "1")[0] == 15
    run("server", "fail", "server-2")
    status, found = run("check", "latest")
    assert (status, found["state"], found["losses_survived"]) == (14, "waiting", -1)
    assert found["losses_survived_after_heal"] == 1
    run("server", "lose", "server-1", "server-2")
    status, found = run("check")
    assert (status, found["summary"]["gone"], found["objects"][0]["state"]) == (12, 1, "gone")


def test_what_needs_no_server_is_never_in_danger(run):
    run("init", "--servers", "2")
    run("put", "example:toffoli_n3", "--source", "client")
    status, found = run("check", "--min-losses", "9")
    assert (status, found["objects"][0]["needs_no_server"]) == (0, True)
    run("server", "lose", "server-1", "server-2")
    assert run("check", "--min-losses", "9")[0] == 0


def test_a_narrowed_key_survives_the_losses_of_the_others(run):
    run("init", "--servers", "4")
    run("put", "example:toffoli_n3")
    run("narrow", "latest", "--keep", "server-1", "--keep", "server-2")
    status, found = run("check", "latest")
    assert status == 0 and found["losses_survived"] == len(found["recoverable_from"]) - 1
    run("server", "fail", *found["recoverable_from"])
    assert run("check", "latest")[0] == 14


def test_text_fits_a_narrow_window(run, monkeypatch, capsys):
    run("init", "--servers", "5")
    run("put", "example:toffoli_n3")
    run("server", "fail", "server-1")
    run("server", "lose", "server-2")
    capsys.readouterr()
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["check"]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 60 and "\x1b" not in said
    assert "Down: server-1." in said and "clones: 3 up, 2 down, 1 gone" in said
