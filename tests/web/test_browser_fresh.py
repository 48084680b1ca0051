"""What stands under a name belongs to it, and not to what was asked before, however slow the answer."""

import json
import threading
from urllib.parse import quote

import pytest

from qclone.web import Rooms, _app, _lattice_room

from .conftest import serving

expect = pytest.importorskip("playwright.sync_api").expect


def test_no_ladder_of_another_processor(visit, cloud, monkeypatch):
    """The ladder takes seconds to route; until then the row says so."""
    routed, told = threading.Event(), {"layers": 1111, "gates": 2222, "fidelity": 0.5, "published": None}

    def ladder(rooms, body):
        if body["device"] != "kingston":
            assert routed.wait(30)
        return told if body["device"] == "kingston" else told | {"layers": 3333}

    monkeypatch.setitem(_app.QUESTIONS, "lattice/ladder", ladder)
    other = next(one for one in _lattice_room.listed() if one.device != "kingston")
    with serving(Rooms(cloud)) as address:
        tab = visit().tab
        tab.goto(address)
        tab.wait_for_selector("main")
        tab.goto(f"{address.split('/open')[0]}/#/lattice/kingston/{other.title}")
        row = tab.get_by_role("row", name="ladder, routed")
        expect(row).to_contain_text("1111")
        tab.get_by_label("Processor").select_option(other.device)
        expect(tab.locator(".chooser p")).to_contain_text(other.device)
        expect(row).to_contain_text("…")
        assert "1111" not in row.inner_text()
        routed.set()
        expect(row).to_contain_text("3333")


@pytest.fixture
def sweeps(tmp_path):
    """Two folders of different columns; in the second a seed that is the same for all."""
    pytest.importorskip("pyarrow")
    from qclone.sweep import Results

    first, second = tmp_path / "first; id", tmp_path / "second"
    Results(first).append([{"key": str(i), "n": i, "fidelity": 1 / (i + 1)} for i in range(4)])
    Results(second).append([{"key": str(i), "loss": i / 10, "chsh": 2.0, "seed": 2**62} for i in range(4000)])
    return first, second


def test_another_sweep_is_drawn_with_its_own_columns(visit, cloud, sweeps):
    with serving(Rooms(cloud, sweeps)) as address:
        tab = visit().tab
        tab.goto(address)
        tab.wait_for_selector("main")
        tab.goto(f"{address.split('/open')[0]}/#/results/0")
        expect(tab.locator(".point")).to_have_count(4)
        expect(tab.locator(".chooser code").first).to_contain_text("--out '")
        tab.get_by_label("Folder").select_option("second")
        expect(tab.get_by_role("heading", name="4,000 points")).to_be_visible()
        expect(tab.locator(".figure svg .axis").first).to_have_text("loss")
        # Not more is drawn than can be seen, and not less is saved.
        expect(tab.get_by_text("One point in 3 is drawn")).to_be_visible()
        expect(tab.locator(".point")).to_have_count(1334)
        with tab.expect_download() as saved:
            tab.get_by_role("button", name="Save all as CSV").click()
        assert len(saved.value.path().read_text().splitlines()) == 4001
        # A number so large that nothing can be told from it, the same for all.
        tab.get_by_label("Across").select_option("seed")
        expect(tab.locator(".figure svg .axis").first).to_have_text("seed")


def test_an_example_is_drawn_as_it_is(page):
    """Whatever was drawn before it."""
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/secrets")
    tab.get_by_label("Kind").select_option("graph")
    tab.get_by_role("button", name="More", exact=True).click()
    tab.get_by_role("button", name="More", exact=True).click()
    expect(tab.locator(".vertex")).to_have_count(8)
    tab.get_by_role("button", name="Graph state, a ring of four").click()
    expect(tab.locator(".vertex")).to_have_count(4)
    tab.go_back()
    expect(tab.locator(".vertex")).to_have_count(8)


def test_names_with_commas_are_clicked(page):
    tab = page.tab
    choice = quote(json.dumps({"kind": "access", "sets": [["key, x", "a/b"], ["key, x", "c"]]}), safe="")
    tab.goto(f"{page.address.split('/open')[0]}/#/secrets/{choice}/")
    wires = tab.locator("button.wire")
    expect(wires.first).to_be_visible()
    for i, wire in enumerate(wires.all()):
        wire.click()
        expect(tab.locator(".wire[aria-pressed=true]")).to_have_count(i + 1)
    expect(tab.locator(".verdict .knows")).to_have_attribute("data-verdict", "recovers")
