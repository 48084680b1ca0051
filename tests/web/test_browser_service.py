"""The page of a running service, as `qclone up --web` starts it, in a real browser."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from qclone.cli import main
from qclone.service import RemoteCloud

expect = pytest.importorskip("playwright.sync_api").expect


@pytest.fixture
def service(tmp_path):
    """A cloud of processes and its page: the directory, and the address."""
    directory = tmp_path / "cloud"
    command = [
        sys.executable,
        "-m",
        "qclone",
        "up",
        "--servers",
        "2",
        "--web",
        "--json",
        "--cloud",
        str(directory),
    ]
    quiet = os.environ | {"BROWSER": "true"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet) as page:
        try:
            said = ""
            for line in page.stdout:
                said += line
                if line.startswith("}") or line.rstrip().endswith("}"):
                    break
            yield directory, json.loads(said)["address"]
        finally:
            page.send_signal(signal.SIGTERM)
            page.wait(timeout=30)
            assert main(["down", "--cloud", str(directory)]) == 0


def test_a_service_is_shown_and_used(visit, service):
    directory, address = service
    opened = visit()
    tab = opened.tab
    tab.goto(address)
    expect(tab.get_by_text("Nothing is stored yet.")).to_be_visible()
    tab.get_by_role("button", name="Put sample").click()
    expect(tab.locator("[data-recoverable=true]")).to_be_visible()
    tab.get_by_label("Find by name or id").fill("no such name")
    expect(tab.get_by_text("None is called so.")).to_be_visible()
    other = RemoteCloud(directory)
    other.fail("server-2")
    expect(tab.get_by_role("button", name=re.compile("server-2.*down"))).to_be_visible()
    (stored,) = other.ledger.manifests()
    tab.get_by_role("button", name="Get it").click()
    expect(tab.get_by_role("button", name="I have it")).to_be_visible()
    tab.get_by_role("button", name="I have it").click()
    expect(tab.get_by_role("button", name="I have it")).to_have_count(0)
    assert other.ledger.find(stored.object_id).key.state == "consumed"
    other.close()
    assert opened.hosts() == {address.split("/")[2]}
