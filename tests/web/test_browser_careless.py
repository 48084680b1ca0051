"""Careless use: a folder in place of a file, a file that is too large, more tabs than connections."""

import pytest

from qclone.circuits import example
from qclone.web import Rooms
from qclone.web._gate import MAX_BODY_BYTES

from .conftest import serving

expect = pytest.importorskip("playwright.sync_api").expect


def test_a_folder_and_a_large_file_are_said_to_be_so(page, tmp_path):
    """Nothing was done then, and the page says nothing else."""
    large = tmp_path / "large.npy"
    with large.open("wb") as file:
        file.truncate(MAX_BODY_BYTES + 1)
    chooser = page.tab.get_by_label("File of a register")
    chooser.set_input_files(large)
    expect(page.tab.locator(".saying.bad")).to_contain_text(f"At most {MAX_BODY_BYTES >> 20} MiB are taken")
    chooser.evaluate(  # as Chromium hands over a folder that was dropped
        """input => {
          const gone = new File(["x"], "circuits");
          gone.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotFoundError")) });
          Object.defineProperty(input, "files", { value: [gone], configurable: true });
          input.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    expect(page.tab.locator(".saying.bad")).to_contain_text(
        "circuits cannot be read: it is a folder, or gone."
    )
    assert not [url for url in page.requests if "cloud/drop" in url]


def test_eight_tabs_are_all_alive(chromium, cloud):
    """A browser opens six connections to a host; each tab is told of changes, and can still ask."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    try:
        with serving(Rooms(cloud)) as address:
            tabs = []
            for _ in range(8):
                tabs.append(context.new_page())
                tabs[-1].goto(address, wait_until="commit")
                expect(tabs[-1].get_by_text("Nothing is stored yet.")).to_be_visible()
            cloud.client.put(example("wstate_n3").circuit, "w")
            for tab in tabs:
                expect(tab.locator("a.register")).to_have_count(1)
            tabs[0].close()  # whichever listened for all, another goes on
            cloud.client.put(example("wstate_n3").circuit, "v")
            for tab in tabs[1:]:
                expect(tab.locator("a.register")).to_have_count(2)
            for tab in tabs[1:]:
                tab.close()
    finally:
        context.close()
