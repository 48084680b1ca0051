"""The report's one file in a real browser, from file://: drawn as the page draws, and inert."""

import re

import pytest

from qclone.device import load_device
from qclone.experiments import Mixedness, Sensitivity, Setup, run, write_report

expect = pytest.importorskip("playwright.sync_api").expect


def test_a_report_is_drawn_from_a_file(visit, tmp_path):
    setup = Setup(load_device("kingston"), circuits="pair_tree", tries=2)
    results = run([*Sensitivity(clones=(2, 3)).rows(), *Mixedness().rows()], setup, tmp_path)
    page = write_report(tmp_path)
    opened = visit()
    opened.tab.goto(page.as_uri())
    figure = opened.tab.locator("figure#sensitivity")
    expect(figure.locator(".series.ours .point")).to_have_count(4)
    expect(figure.locator(".series.published .point")).to_have_count(4)
    figure.locator(".series.ours").first.locator(".point").last.focus()
    # Results of a folder come in the order of their names: either method may be the first series.
    values = {
        f"{r.estimate.value:.4g}" for r in results if r.parameters.get("n") == 3 and "method" in r.parameters
    }
    expect(figure.locator(".read b")).to_contain_text(re.compile("|".join(map(re.escape, values))))
    expect(opened.tab.locator("figure#mixedness table")).to_have_count(10)
    with opened.tab.expect_download() as saved:
        figure.get_by_role("button", name="Save SVG").click()
    assert "var(" not in saved.value.path().read_text()
    assert opened.hosts() == {""}
