"""Print a tag's part of the changelog, or say what keeps it from being released: release.py vX.Y.Z"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENTRY = re.compile(r"^## \[(\S+)\] - (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def obstacles(version: str) -> list[str]:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = ENTRY.search(text)
    if newest is None or newest[1] != version:
        found = "no entry" if newest is None else f"the entry of {newest[1]}"
        return [f"CHANGELOG.md begins with {found}: run towncrier build --version {version}."]
    if [entry[1] for entry in ENTRY.finditer(text)].count(version) > 1:
        return [f"CHANGELOG.md has more than one entry of {version}: make them one."]
    waiting = sorted(path.name for path in (ROOT / "changes").iterdir() if path.name != "README.md")
    said = [f"changes/{name} is not in the changelog." for name in waiting]
    cited = f"\nversion: {version}\ndate-released: {newest[2]}\n"
    if cited not in (ROOT / "CITATION.cff").read_text(encoding="utf-8"):
        said.append(f"CITATION.cff does not name {version} of {newest[2]}.")
    return said


def main(tag: str) -> int:
    version = tag.removeprefix("v")
    if said := obstacles(version):
        print("\n".join(said), file=sys.stderr)
        return 1
    entry = ENTRY.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert entry is not None
    print(entry[3].strip())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
