"""A real browser on a real page; without a Chromium these tests are skipped, and the summary says so."""

import shutil
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from qclone.store import Cloud
from qclone.web import Rooms
from qclone.web._serve import listen


@contextmanager
def serving(rooms):
    """Serve a page in a thread; gives its address, secret included."""
    page = listen(rooms)
    thread = threading.Thread(target=page.run)
    thread.start()
    while not page.server.started:
        time.sleep(0.01)
    try:
        yield page.address
    finally:
        page.server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def cloud(tmp_path):
    made = Cloud.create(tmp_path / "cloud", 5)
    yield made
    made.close()


@pytest.fixture(scope="session")
def chromium():
    """A browser that is started once."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("there is no Chromium to drive the page with")
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=30_000)  # machines may be busy with other tests
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A tab, and everything that it has asked for or complained about."""

    def __init__(self, context):
        self.requests, self.complaints = [], []
        self.tab = context.new_page()
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("console", self._heard)

    def _heard(self, message):
        # What the server refuses is on the screen; the browser says it in its console, too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def hosts(self):
        """Every host asked for, other than data and blobs, which leave nowhere."""
        parts = [urlsplit(url) for url in self.requests]
        return {part.netloc for part in parts if part.scheme not in ("data", "blob")}


@pytest.fixture
def visit(chromium):
    """Open tabs; at the end no script may have failed."""
    opened = []

    def make(**options):
        context = chromium.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        context.set_default_timeout(15_000)
        visit = Visit(context)
        opened.append((context, visit))
        return visit

    yield make
    complaints = [said for _, visit in opened for said in visit.complaints]
    for context, _ in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def page(visit, cloud):
    """A tab on the page of an empty cloud of five servers."""
    with serving(Rooms(cloud)) as address:
        opened = visit()
        opened.address = address
        opened.tab.goto(address)
        opened.tab.wait_for_selector("main")
        yield opened
        assert opened.hosts() == {urlsplit(address).netloc}
