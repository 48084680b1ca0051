"""The cloud in a real browser: put by drop, lose four of five, get, once; live, inert, within bounds."""

import base64
import re
import sqlite3

import pytest

from qclone.circuits import example
from qclone.cli import main
from qclone.store import Cloud
from qclone.web import Rooms

from .conftest import serving

expect = pytest.importorskip("playwright.sync_api").expect

W = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; h q[0]; cx q[0], q[1];'
HEAD = 'OPENQASM 3.0; include "stdgates.inc";'
HOSTILE = "<img src=x onerror=document.title='owned'>.qasm"
DROP = """([target, name, content]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(atob(content), c => c.charCodeAt(0))], name));
  target.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def drop(tab, name, content):
    target = tab.locator(".put").element_handle()
    tab.evaluate(DROP, [target, name, base64.b64encode(content.encode()).decode()])


def test_put_by_drop_lose_four_get_once(page):
    tab = page.tab
    drop(tab, "bell.qasm", W)
    expect(tab.get_by_role("heading", name="bell.qasm")).to_be_visible()
    for name in ("server-1", "server-2", "server-4", "server-5"):
        tab.get_by_role("button", name=name).click()
    tab.get_by_role("button", name="Lose", exact=True).click()
    expect(tab.locator("[data-recoverable]")).to_have_text("From server-3.")
    expect(tab.get_by_role("status")).to_contain_text(
        "qclone server lose server-1 server-2 server-4 server-5"
    )
    tab.get_by_role("button", name="Get it").click()
    expect(tab.locator(".state tbody tr")).to_have_count(2)
    assert [row.inner_text().split() for row in tab.locator(".state tbody tr").all()] == [
        ["00", "50.0", "%", "0.7071"],
        ["11", "50.0", "%", "0.7071"],
    ]
    tab.get_by_role("button", name="I have it").click()
    expect(tab.get_by_role("button", name="I have it")).to_have_count(0)
    tab.get_by_role("button", name="Get it").click()
    expect(tab.get_by_role("alert")).to_contain_text("decrypting the clone from server-3")


def test_what_another_process_does_appears(page, cloud, capsys):
    expect(page.tab.get_by_text("Nothing is stored yet.")).to_be_visible()
    assert main(["put", "example:qft_n4", "--cloud", str(cloud.directory)]) == 0
    expect(page.tab.get_by_text("qft_n4.qasm")).to_be_visible()
    assert main(["server", "compromise", "server-2", "--cloud", str(cloud.directory)]) == 0
    expect(page.tab.get_by_role("button", name=re.compile("server-2.*compromised"))).to_be_visible()


def test_a_coalition_is_what_is_clicked(page, cloud):
    stored = cloud.client.put(example("wstate_n3").circuit, "w", num_clones=3)
    page.tab.goto(f"{page.address.split('/open')[0]}/#/cloud/{stored.object_id}")
    page.tab.get_by_role("button", name="All", exact=True).click()
    knows = page.tab.locator(".knows").first
    expect(knows).to_have_attribute("data-verdict", "leaks")
    expect(knows).to_contain_text("3 of 6 bits")
    expect(knows).to_contain_text("-Y_q0.S1 Y_q0.S2 Y_q0.S3")
    page.tab.get_by_role("button", name="client").click()
    expect(knows).to_have_attribute("data-verdict", "recovers")


def test_a_program_with_a_late_angle(page, cloud):
    """Written on the page, run on a clone, its angle told when it is fetched."""
    stored = cloud.client.put(example("wstate_n3").circuit, "w")
    tab = page.tab
    tab.goto(f"{page.address.split('/open')[0]}/#/cloud/{stored.object_id}")
    tab.get_by_text("Run a program on a clone").click()
    tab.get_by_label("On the clone of").select_option("server-2")
    tab.get_by_label("Program on 3 qubits").fill(
        f"{HEAD} input float theta; qubit[3] q; h q[0]; rz(theta) q[0];"
    )
    tab.get_by_role("button", name="Run it").click()
    expect(tab.locator(".runs")).to_contain_text("1 angle it was not told (free: theta)")
    expect(tab.locator(".saying")).to_contain_text(f"qclone run {stored.object_id[:8]} <(echo 'OPENQASM 3.0;")
    tab.get_by_label("From which server").select_option("server-2")
    tab.get_by_label("theta, radians").fill("0.5")
    tab.get_by_role("button", name="Get it").click()
    expect(tab.locator(".got")).to_contain_text("put through the program1")
    expect(tab.locator(".saying")).to_contain_text("--from server-2 --set theta=0.5 --verify")


def test_hostile_names_are_text(page):
    drop(page.tab, HOSTILE, W)
    expect(page.tab.get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert page.tab.locator("img").count() == 0
    assert page.tab.title() == "Cloud · qclone"
    drop(page.tab, HOSTILE, "OPENQASM 3.0; <script>document.title='owned'</script>")
    expect(page.tab.locator(".saying.bad")).to_be_visible()
    assert page.tab.title() == "Cloud · qclone"


def test_no_view_grows_with_what_is_not_on_the_screen(visit, tmp_path):
    """Ten thousand registers and a thousand servers make no more elements than a few of them."""
    rooms = Rooms(_many(tmp_path))
    with serving(rooms) as address:
        opened = visit()
        opened.tab.goto(address)
        expect(opened.tab.locator(".count")).to_have_text("10,000")
        expect(opened.tab.locator("a.register").first).to_be_visible()
        assert opened.tab.locator("*").count() < 700
        opened.tab.locator(".list").evaluate("list => list.scrollTo(0, 1e6)")
        expect(opened.tab.get_by_text("name-1", exact=True)).to_be_visible()
        assert opened.tab.locator("a.register").count() < 40
        opened.tab.get_by_label("Find by name or id").fill("NAME-4999")
        expect(opened.tab.locator(".count")).to_have_text("1")
        first = opened.tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        # A machine that is busy with other tests; docs/web.md says what an idle one needs.
        assert first < 5000
    rooms.cloud.close()


def _many(tmp_path):
    """A cloud of a thousand servers; its ledger has ten thousand rows, all of the same register."""
    cloud = Cloud.create(tmp_path / "many", 1000)
    stored = cloud.client.put(example("wstate_n3").circuit, "w", num_clones=4)
    with sqlite3.connect(tmp_path / "many" / "ledger.db") as sql:
        columns = [row[1] for row in sql.execute("PRAGMA table_info(objects)")]
        taken = ", ".join(
            {"number": "NULL", "id": "id || i", "name": "'name-' || i"}.get(c, c) for c in columns
        )
        sql.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
            f"INSERT INTO objects SELECT {taken} FROM objects, n WHERE id = ?",
            [stored.object_id],
        )
    return cloud


@pytest.mark.parametrize(
    "place",
    [
        "cloud/%",
        "%E0%A4%A/x",
        "secrets/null",
        "secrets/3/S1",
        "cloud/<img>",
        "secrets/%7B%22kind%22%3A%22graph%22%7D",
    ],
)
def test_a_damaged_address_is_said_and_left_again(page, place):
    tab, base = page.tab, page.address.split("/open")[0]
    tab.goto(f"{base}/#/{place}")
    expect(tab.locator("main").get_by_role("heading").or_(tab.get_by_role("alert")).first).to_be_attached()
    tab.get_by_role("link", name="Results").click()
    expect(tab.locator(".figure .point").first).to_be_visible()
    tab.go_back()
    tab.go_forward()
    expect(tab.locator(".figure .point").first).to_be_visible()


def test_the_server_goes_in_the_middle_of_an_action(visit, cloud):
    opened = visit()
    with serving(Rooms(cloud)) as address:
        opened.tab.goto(address)
        expect(opened.tab.get_by_text("Nothing is stored yet.")).to_be_visible()
    opened.tab.get_by_role("button", name="Put sample").click()
    expect(opened.tab.locator(".saying.bad")).to_contain_text(
        "does not answer; what was asked may have been done"
    )
    expect(opened.tab.get_by_text("not connected")).to_be_visible()
    expect(opened.tab.get_by_role("button", name="Put sample")).to_be_enabled()
    opened.complaints.clear()  # the browser's own words for a server that is gone


def test_two_tabs_of_one_register(visit, cloud):
    """What one tab recovers the other sees, gets once more, and lets go for both."""
    stored = cloud.client.put(example("wstate_n3").circuit, "w")
    with serving(Rooms(cloud)) as address:
        tabs = [visit().tab, visit().tab]
        for tab in tabs:
            tab.goto(address)
            tab.wait_for_selector("main")
            tab.goto(f"{address.split('/open')[0]}/#/cloud/{stored.object_id}")
            expect(tab.get_by_role("button", name="Get it")).to_be_visible()
        tabs[0].get_by_role("button", name="Get it").click()
        expect(tabs[1].get_by_text("It was recovered and is kept")).to_be_visible()
        tabs[1].get_by_role("button", name="Get it").click()
        tabs[1].get_by_role("button", name="I have it").click()
        expect(tabs[0].get_by_role("button", name="I have it")).to_have_count(0)
        tabs[0].get_by_role("button", name="Get it").click()
        expect(tabs[0].get_by_role("alert")).to_contain_text("was consumed")
