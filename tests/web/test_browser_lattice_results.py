"""Layers of a lattice and a figure of an experiment, in a real browser."""

import pytest

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
