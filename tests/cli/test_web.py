"""`qclone web` as a careless user meets it: a browser in the terminal, a port that is taken, an end."""

import json
import os
import signal
import subprocess
import sys

import pytest

FETCH = """
import html, json, os, re, sys, urllib.request
page = urllib.request.urlopen(sys.argv[1], timeout=30).read().decode()
address = html.unescape(re.search('content="0; url=([^"]+)"', page)[1])
answer = urllib.request.urlopen(address, timeout=30)
mode = oct(os.stat(urllib.request.url2pathname(sys.argv[1].removeprefix("file://"))).st_mode & 0o777)
open(sys.argv[2] + ".part", "w").write(json.dumps([answer.status, address, mode, sys.argv]))
os.replace(sys.argv[2] + ".part", sys.argv[2])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_browser_in_the_terminal_a_port_that_is_taken_and_an_end(tmp_path, number):
    """Browsers in a terminal are waited for until they end: they are answered meanwhile."""
    fetch, fetched, home = tmp_path / "fetch.py", tmp_path / "fetched", tmp_path / "tmp"
    fetch.write_text(FETCH)
    home.mkdir()
    environment = os.environ | {"BROWSER": f"{sys.executable} {fetch} %s {fetched}", "TMPDIR": str(home)}
    command = [sys.executable, "-m", "qclone", "web", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path
    ) as page:
        try:
            said = ""
            while "}" not in said:
                said += page.stdout.readline()
            address = json.loads(said)["address"]
            for _ in range(300):
                if fetched.exists():
                    break
                try:
                    page.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
            status, led_to, mode, started_with = json.loads(fetched.read_text())
            assert (status, led_to, mode) == (200, address, "0o600")
            # Others on the machine read what a browser was started with: a file's name, and no secret.
            assert not any(address.partition("secret=")[2] in word for word in started_with)
            port = address.split(":")[2].split("/")[0]
            taken = [*command, "--no-open", "--port", port]
            again = subprocess.run(taken, check=False, capture_output=True, text=True, cwd=tmp_path)
            assert again.returncode == 2 and "Traceback" not in again.stderr
            assert f"Nothing can listen on port {port}" in again.stdout + again.stderr
            page.send_signal(number)
            _, told = page.communicate(timeout=60)
        finally:
            page.kill()
    assert page.returncode == (130 if number == signal.SIGINT else 0) and "Traceback" not in told
    assert list(home.iterdir()) == []  # playground and file go with the page
