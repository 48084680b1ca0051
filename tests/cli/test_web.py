"""`qclone web` as a careless user meets it: a browser in the terminal, a port that is taken, an end."""

import json
import os
import signal
import subprocess
import sys

import pytest

FETCH = """
import sys, urllib.request
answer = urllib.request.urlopen(sys.argv[1], timeout=30)
open(sys.argv[2], "w").write(str(answer.status))
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
                if fetched.exists() and fetched.read_text() == "200":
                    break
                try:
                    page.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
            assert fetched.read_text() == "200"
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
    assert list(home.iterdir()) == []  # the playground goes with the page
