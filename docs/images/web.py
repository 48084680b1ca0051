"""Photograph every room of a running page, wide, narrow and dark: python docs/images/web.py ADDRESS ID."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

ROOMS = {
    "cloud": (f"cloud/{sys.argv[2]}", ".knows"),
    "secrets": ("secrets/%7B%22kind%22%3A%22canonical%22%2C%22n%22%3A5%7D/S1,N1,N2,N3,N4,N5", ".decoder svg"),
    "lattice": (
        "lattice/kingston/physical%2C%20n%20%3D%202%2C%20cloned%20again%203%2C%209%2C%2024",
        "[data-fidelity^='0']",
    ),
    "results": ("results", ".figure .point"),
}
VIEWS = {"wide": (1440, 900, "light"), "narrow": (360, 740, "light"), "dark": (1440, 900, "dark")}
OUT = Path(__file__).with_name("web")

OUT.mkdir(exist_ok=True)
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    for view, (width, height, theme) in VIEWS.items():
        size = {"width": width, "height": height}
        tab = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce").new_page()
        tab.set_default_timeout(60_000)
        tab.goto(sys.argv[1])
        tab.wait_for_selector("main")
        for name, (place, seen) in ROOMS.items():
            tab.goto(f"{sys.argv[1].split('/open')[0]}/#/{place}")
            expect(tab.locator(seen).first).to_be_visible(timeout=60_000)
            if name == "lattice":
                tab.get_by_label("Layer", exact=True).fill("9")
                row = tab.get_by_role("row", name="ladder, routed")
                expect(row).to_contain_text("0.", timeout=60_000)
            if name == "cloud":
                tab.get_by_role("button", name="server-1").click()
                tab.get_by_role("button", name="server-3").click()
                tab.get_by_text("Run a program on a clone").click()
            tab.wait_for_timeout(1500)
            tab.screenshot(path=OUT / f"{name}-{view}.png", full_page=view == "narrow")
    browser.close()
