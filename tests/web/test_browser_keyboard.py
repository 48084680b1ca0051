"""All four rooms by the keyboard alone: what a mouse can do or read, keys can."""

import re

import pytest

from qclone.access import classify
from qclone.circuits import example
from qclone.scheme import Canonical

expect = pytest.importorskip("playwright.sync_api").expect


def tab_to(tab, wanted, most=150):
    """Press Tab until an element is reached; fails if it never is."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        if wanted.evaluate_all("found => found.some(one => one === document.activeElement)"):
            return
    raise AssertionError(f"{wanted} cannot be reached by the keyboard")


def test_the_map_is_walked(page):
    """Every cell by arrow keys, and what it says is what `access` says of such a set."""
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/secrets/%7B%22kind%22%3A%22canonical%22%2C%22n%22%3A3%7D/")
    maps, knows = tab.locator(".maps svg"), tab.locator(".verdict .knows")
    expect(maps).to_have_count(4)
    tab_to(tab, maps.first)
    held = tab.locator("[data-held]")
    for key, told in (
        ("ArrowRight", "1 pair whole, 2 missed, of 0 the"),
        ("ArrowDown", "1 pair whole, 1 missed, of 1 the"),
        ("ArrowRight", "2 pairs whole, 1 missed, of 0 the"),
        ("ArrowDown", "2 pairs whole, 0 missed, of 1 the"),
        ("ArrowUp", "2 pairs whole, 1 missed, of 0 the"),
        ("ArrowLeft", "1 pair whole, 1 missed, of 1 the"),
    ):
        tab.keyboard.press(key)
        expect(held).to_contain_text(f"without A, {told}")
        wires = tab.locator(".wire[aria-pressed=true]").all_inner_texts()
        expect(knows).to_have_attribute("data-verdict", classify(Canonical(3), wires).verdict)
    tab_to(tab, maps.nth(3))
    for signals in (0, 1, 2, 3, 3):
        tab.keyboard.press("ArrowRight")
        expect(held).to_contain_text(f"with A, 0 pairs whole, 0 missed, of {signals} the")


def test_a_lattice_is_read(page):
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/lattice/kingston/canonical%2C%20n%20%3D%202")
    plan = tab.locator(".lattice-plan svg")
    expect(plan).to_be_visible()
    tab_to(tab, plan)
    read, seen = tab.locator("p.over"), set()
    for key in ["ArrowLeft"] * 2 + ["ArrowRight"] * 9 + ["ArrowUp", "ArrowDown"]:
        tab.keyboard.press(key)
        expect(read).to_contain_text(re.compile(r"Qubit \d+.*T1 .* µs.*readout error .*coupler error to \d+"))
        seen.add(read.inner_text())
    assert len(seen) > 3
    expect(tab.locator(".qubit.cursor")).to_have_count(1)


def test_values_of_a_figure_are_read(page):
    """One stop for a figure; arrow keys go through all of its values."""
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/results/published")
    figure = tab.locator(".figure").first
    points = figure.locator(".point")
    expect(points).to_have_count(28)
    tab_to(tab, points)
    told = set()
    for _ in range(28):
        told.add(figure.locator(".read").inner_text())
        tab.keyboard.press("ArrowRight")
    assert len(told) == 28
    tab.keyboard.press("Tab")
    assert not points.evaluate_all("found => found.includes(document.activeElement)")


def test_a_program_is_run_and_fetched(page, cloud):
    """The cloud with its program panel: open it, run, get the result, say that it is safe."""
    stored = cloud.client.put(example("wstate_n3").circuit, "w")
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/cloud/{stored.object_id}")
    summary = tab.locator("summary", has_text="Run a program on a clone")
    expect(summary).to_be_visible()
    tab_to(tab, summary)
    tab.keyboard.press("Enter")
    tab_to(tab, tab.get_by_label("On the clone of"))
    tab.keyboard.press("ArrowDown")
    tab_to(tab, tab.get_by_role("button", name="Run it"))
    tab.keyboard.press("Enter")
    expect(tab.locator(".runs")).to_contain_text("server-2, clone")
    tab_to(tab, tab.get_by_label("From which server"))
    tab.keyboard.type("from server-2")
    tab_to(tab, tab.get_by_role("button", name="Get it"))
    tab.keyboard.press("Enter")
    expect(tab.locator(".got")).to_contain_text("Recovered from server-2")
    tab_to(tab, tab.get_by_role("button", name="I have it"))
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="I have it")).to_have_count(0)
