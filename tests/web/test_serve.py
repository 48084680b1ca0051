"""The end of a page: nobody waits for a number that is being computed."""

import json
import threading
from contextlib import suppress
from http.cookiejar import CookieJar
from urllib.request import HTTPCookieProcessor, Request, build_opener

from qclone.web import Rooms, _app
from qclone.web._serve import listen


def test_the_end_waits_for_no_number(cloud, monkeypatch):
    asked, over = threading.Event(), threading.Event()

    def question(rooms, body):
        asked.set()
        over.wait(120)
        return {}

    monkeypatch.setitem(_app.QUESTIONS, "lattice/ladder", question)
    page = listen(Rooms(cloud))
    thread = threading.Thread(target=page.run)
    thread.start()
    base, browser = page.address.split("/open")[0], build_opener(HTTPCookieProcessor(CookieJar()))
    browser.open(page.address).read()

    def ask():
        request = Request(f"{base}/api/lattice/ladder", json.dumps({}).encode(), {"Origin": base})
        with suppress(OSError):
            browser.open(request).read()

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert asked.wait(60)
        page.server.should_exit = True
        thread.join(60)
        assert not thread.is_alive() and not over.is_set()
    finally:
        over.set()
        asking.join(30)
        thread.join(30)
