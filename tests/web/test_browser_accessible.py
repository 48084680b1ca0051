"""Every room, light and dark, wide and narrow: axe-core finds nothing serious, and nothing sticks out."""

import re
from pathlib import Path

import pytest

from qclone.circuits import example
from qclone.web import Rooms

from .conftest import serving

expect = pytest.importorskip("playwright.sync_api").expect

AXE = Path(__file__).with_name("axe.min.js").read_text()
SECRETS = "secrets/%7B%22kind%22%3A%22canonical%22%2C%22n%22%3A3%7D/S1,S2,S3"
ROOMS = {
    "cloud": ".places .place",
    SECRETS: ".knows",
    "lattice/kingston/canonical%2C%20n%20%3D%202": ".qubit.A",
    "results/published": ".figure .point",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, cloud, theme):
    stored = cloud.client.put(example("wstate_n3").circuit, "w", num_clones=3)
    cloud.compromise("server-1")
    with serving(Rooms(cloud)) as address:
        opened = visit(color_scheme=theme, reduced_motion="reduce")
        tab, base = opened.tab, address.split("/open")[0]
        tab.goto(address)
        tab.wait_for_selector("main")
        found = []
        for room, seen in ROOMS.items():
            tab.goto(f"{base}/#/{room}" + (f"/{stored.object_id}" if room == "cloud" else ""))
            expect(tab.locator(seen).first).to_be_visible()
            tab.evaluate(AXE)
            rules = "" if theme == "light" else ", runOnly: ['color-contrast']"  # nothing else is of colours
            said = tab.evaluate(f"axe.run(document, {{resultTypes: ['violations']{rules}}})")
            found += [
                (room, one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"][:300])
                for one in said["violations"]
                if one["impact"] in ("serious", "critical")
            ]
    assert found == []


def test_nothing_sticks_out_of_a_narrow_window(visit, cloud):
    stored = cloud.client.put(example("qft_n4").circuit, "a-name-that-is-longer-than-any-name-should-be.qasm")
    with serving(Rooms(cloud)) as address:
        opened = visit(viewport={"width": 360, "height": 740})
        tab, base = opened.tab, address.split("/open")[0]
        tab.goto(address)
        tab.wait_for_selector("main")
        for room, seen in ROOMS.items():
            tab.goto(f"{base}/#/{room}" + (f"/{stored.object_id}" if room == "cloud" else ""))
            expect(tab.locator(seen).first).to_be_visible()
            assert tab.evaluate("document.documentElement.scrollWidth") <= 360, room


def test_a_keyboard_is_enough(page, cloud):
    """Choose a server by the keyboard and let it fail."""
    tab = page.tab
    tab.get_by_role("button", name="server-2").focus()
    tab.keyboard.press("Space")
    tab.get_by_role("button", name="Fail", exact=True).focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name=re.compile("server-2.*down"))).to_be_visible()
