"""Photograph every room of the page, wide, narrow and dark: python docs/images/web.py.

The cloud has six servers, one of them down and one compromised, and a register on one of whose clones a
server computes.
"""

import shutil
import threading
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory

from playwright.sync_api import expect, sync_playwright

from qclone.circuits import example, program_from_bytes
from qclone.compute import Program
from qclone.store import Cloud, Memory
from qclone.web import Rooms, serve

PROGRAM = """OPENQASM 3.0;
include "stdgates.inc";
input float theta;
qubit[3] q;
h q[0];
rz(theta) q[0];
"""
ROOMS = {
    "cloud": ("cloud/{register}", ".knows"),
    "secrets": ("secrets/%7B%22kind%22%3A%22canonical%22%2C%22n%22%3A5%7D/S1,N1,N2,N3,N4,N5", ".decoder svg"),
    "lattice": (
        "lattice/kingston/physical%2C%20n%20%3D%202%2C%20cloned%20again%203%2C%209%2C%2024",
        "[data-fidelity^='0']",
    ),
    "results": ("results", ".figure .point"),
}
VIEWS = {"wide": (1440, 900, "light"), "narrow": (360, 740, "light"), "dark": (1440, 900, "dark")}
OUT = Path(__file__).with_name("web")
PATIENCE_MS = 600_000


def furnish(cloud: Cloud) -> str:
    """Put three registers, of which the last is computed on; return its id."""
    for name in ("wstate_n3", "qft_n4", "wstate_n3"):
        last = cloud.client.put(example(name).circuit, f"{name}.qasm", num_clones=6).object_id
    cloud.client.run(last, Program.of(program_from_bytes(PROGRAM.encode(), "program"), late=True), "server-2")
    cloud.fail("server-5")
    cloud.compromise("server-3")
    return last


def photograph(address: str, register: str) -> None:
    """Go through the rooms in every view."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for view, (width, height, theme) in VIEWS.items():
            size = {"width": width, "height": height}
            tab = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce").new_page()
            tab.set_default_timeout(PATIENCE_MS)
            tab.goto(address)
            tab.wait_for_selector("main")
            for name, (place, seen) in ROOMS.items():
                tab.goto(f"{address.partition('/open')[0]}/#/{place.format(register=register)}")
                expect(tab.locator(seen).first).to_be_visible(timeout=PATIENCE_MS)
                if name == "lattice":
                    tab.get_by_label("Layer", exact=True).fill("9")
                    row = tab.get_by_role("row", name="ladder, routed")
                    expect(row).to_contain_text("0.", timeout=PATIENCE_MS)
                if name == "cloud":
                    tab.get_by_role("button", name="server-1").click()
                    tab.get_by_role("button", name="server-3").click()
                    tab.get_by_text("Run a program on a clone").click()
                tab.mouse.move(0, 0)  # nothing is pointed at
                tab.evaluate("scrollTo(0, 0)")
                tab.wait_for_timeout(1500)
                tab.screenshot(path=OUT / f"{name}-{view}.png", full_page=view == "narrow")
        browser.close()


with TemporaryDirectory(prefix="qclone-", ignore_cleanup_errors=True) as folder:
    hour = 3600.0
    shown = Cloud.create(Path(folder) / "cloud", 6, Memory(hour, 2 * hour))
    chosen, addresses = furnish(shown), Queue[str]()
    threading.Thread(target=serve, args=[Rooms(shown), 0, addresses.put], daemon=True).start()
    OUT.mkdir(exist_ok=True)
    photograph(addresses.get(), chosen)
    shown.close()
