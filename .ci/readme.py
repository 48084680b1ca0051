"""Run the blocks of one page with the qclone on the path; exit status 1 if it does not what the page says.

    python readme.py PAGE

As the tests of the docs do, but with nothing but the standard library, where only the wheel is installed.
"""

import doctest
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "--end of output--"
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run(command: list[str], text: str, folder: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        input=text,
        cwd=folder,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def console(blocks: list[str], folder: str) -> list[str]:
    parts = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    pairs = [part.partition("\n")[::2] for part in parts]
    printed = run(["bash"], "".join(f"{command}\necho '{END}'\n" for command, _ in pairs), folder).stdout
    got = printed.split(f"{END}\n")
    if len(got) != len(pairs) + 1:
        return [printed]
    same = doctest.OutputChecker().check_output
    together = zip(pairs, got, strict=False)
    return [f"$ {command}\n{out}" for (command, due), out in together if due and not same(due, out, LOOSE)]


def main(page: str) -> int:
    found = BLOCK.findall(Path(page).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        wrong = console([body for kind, body in found if kind == "console"], folder)
        for body in (body for kind, body in found if kind == "python"):
            done = run([sys.executable, "-"], body, folder)
            wrong += [done.stdout] if done.returncode else []
    print("\n".join(wrong) or f"{Path(page).name} does what it says.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
