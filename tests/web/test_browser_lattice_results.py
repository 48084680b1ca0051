"""Layers of a lattice and a figure of an experiment, in a real browser."""

import pytest

from qclone.native import build, write_native
from qclone.scheme import Canonical
from qclone.web import Rooms, _lattice_room
from tests.web.conftest import serving

expect = pytest.importorskip("playwright.sync_api").expect


def test_a_slider_lights_the_gates_of_a_layer(page):
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/lattice/kingston/canonical%2C%20n%20%3D%202")
    expect(tab.locator("[data-layer]")).to_have_text("All 11 layers")
    tab.get_by_label("Layer").fill("1")
    expect(tab.locator("[data-layer]")).to_contain_text("prepare, layer 1 of")
    lit = tab.locator(".coupler.lit").count()
    assert lit > 0
    assert tab.locator(".qubit.lit").count() == 2 * lit
    expect(tab.locator("[data-fidelity]")).to_have_text("0.960")  # as docs/native.md has it
    tab.get_by_label("What the colours show").select_option("readout")
    expect(tab.locator(".scale")).to_be_visible()


@pytest.mark.parametrize(("heat", "key"), [("t1_us", "t1_us"), ("readout", "readout")])
def test_the_legend_of_the_heat_is_that_of_the_colours(page, heat, key):
    """At its strong end stands the value of the strongest colour: the shortest T1, the largest error."""
    circuit = {"device": "kingston", "title": "canonical, n = 2"}
    values = {one["q"]: one[key] for one in _lattice_room.placed(None, circuit)["qubits"]}
    known = sorted(value for value in values.values() if value is not None)
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/lattice/kingston/canonical%2C%20n%20%3D%202")
    tab.get_by_label("What the colours show").select_option(heat)
    pale, strong = (float(one.split()[0]) for one in tab.locator(".scale span").all_inner_texts())
    assert (pale > strong) == (key == "t1_us")
    worst = known[0] if key == "t1_us" else known[-1]
    place = [value for value in values.values()].index(worst)
    hot = tab.evaluate(
        """() => { const one = document.createElement("i"); document.body.append(one);
                  one.style.color = "color-mix(in oklab, var(--hot) 100%, var(--cold))";
                  return getComputedStyle(one).color; }"""
    )
    drawn = tab.locator(".qubit circle").nth(place).evaluate("one => getComputedStyle(one).fill")
    assert drawn == hot


def test_a_published_figure_says_its_values(page):
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/results/published")
    figure = tab.locator(".figure").first
    expect(figure.locator(".point")).to_have_count(28)
    figure.get_by_role("img", name="pom, published, n = 2, method = pom".replace("method = ", "")).hover()
    expect(figure.locator(".read")).to_contain_text("0.875 ± 0.008")
    figure.get_by_role("button", name="bsm, published").click()
    expect(figure.locator(".point")).to_have_count(14)
    with tab.expect_download() as saved:
        figure.get_by_role("button", name="Save SVG").click()
    text = saved.value.path().read_text()
    assert text.startswith("<svg") and "var(" not in text and "clones n" in text


def test_circuits_beyond_those_listed_are_said(visit, cloud, tmp_path, monkeypatch):
    (tmp_path / "found").mkdir()
    for number in range(3):
        text = write_native(build(Canonical(2), "kingston"), Canonical(2))
        (tmp_path / "found" / f"{number}.json").write_text(text)
    monkeypatch.setattr(_lattice_room, "MAX_FOUND", 2)
    with serving(Rooms(cloud, circuits=tmp_path / "found")) as address:
        tab = visit().tab
        tab.goto(address)
        tab.wait_for_selector("main")
        tab.goto(f"{address.split('/open')[0]}/#/lattice/found/2.json")  # not in the list, and shown
        expect(tab.get_by_role("note")).to_contain_text("holds 3 files; the first 2 by name are listed")
        expect(tab.get_by_label("File")).to_have_value("2.json")
        expect(tab.locator("[data-layer]")).to_have_text("All 11 layers")
        tab.goto(f"{address.split('/open')[0]}/#/lattice/kingston/canonical%2C%20n%20%3D%202")
        expect(tab.locator("[data-layer]")).to_have_text("All 11 layers")
        assert tab.get_by_role("note").count() == 0
