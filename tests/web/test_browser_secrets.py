"""Coalitions by click in a real browser, against access."""

import pytest

from qclone.access import classify, iid_recovery_probability
from qclone.scheme import Canonical

expect = pytest.importorskip("playwright.sync_api").expect

CANONICAL = "#/secrets/%7B%22kind%22%3A%22canonical%22%2C%22n%22%3A"


def test_clicked_wires_are_read_out(page):
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/{CANONICAL}3%7D/")
    knows, held = tab.locator(".verdict .knows"), []
    for label in ("S1", "S2", "S3", "N2", "A"):
        tab.get_by_role("button", name=label, exact=True).click()
        held.append(label)
        found = classify(Canonical(3), held)
        expect(knows).to_have_attribute("data-verdict", found.verdict)
        expect(knows).to_contain_text(f"{found.bits} of 2 bits")
        for operator in found.operators:
            expect(knows).to_contain_text(operator)
    expect(tab.locator(".decoder svg")).to_be_visible()
    assert tab.get_by_role("link", name="Crumble").get_attribute("href").startswith("https://algassert.com/")
    tab.locator(".cell.leaks").first.click()
    expect(knows).to_have_attribute("data-verdict", "leaks")
    tab.locator(".loss input[type=range]").fill("0.5")
    expect(tab.locator("[data-probability]")).to_contain_text(f"{iid_recovery_probability(3, 0.5):.9f}")


def test_a_graph_is_drawn(page):
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/secrets")
    tab.get_by_label("Kind").select_option("graph")
    expect(tab.get_by_role("heading", name="A graph-state scheme of 1 x 2 signal qubits")).to_be_visible()
    tab.get_by_role("button", name="Vertex 0, signal").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Vertex 2, noise").click()
    expect(tab.locator(".graph line")).to_have_count(5)
    expect(tab.get_by_role("heading", name="A graph-state scheme of 1 x 2 signal qubits")).to_be_visible()


def test_what_is_learned_of_qudits_has_its_unit(page):
    tab = page.tab
    choice = "%7B%22kind%22%3A%22qudit%22%2C%22n%22%3A3%2C%22d%22%3A3%7D"
    tab.goto(f"{page.address.split('/open')[0]}/#/secrets/{choice}/A,S1,S2,S3")
    expect(tab.locator(".verdict .knows .bits")).to_have_text("2 of 2 units of log₂ 3 bits")
