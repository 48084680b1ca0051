"""Say what a wheel or an sdist lacks or has too much, exit status 1: python packaged.py SOURCE FILES...

A wheel holds `src/qclone`, its metadata, and a man page for qclone and each of its commands. An sdist holds
every file of the source that is not of the repository alone, and what setuptools writes.
"""

import sys
import tarfile
import zipfile
from pathlib import Path

OF_THE_REPOSITORY = (
    ".ci/",
    ".github/",
    ".git_archival.txt",
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
)
WRITTEN = {"PKG-INFO", "setup.cfg"}


def files_of(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if ".egg-info/" not in name}  # the build leaves it in the source


def in_wheel(archive: Path) -> set[str]:
    names = {name for name in zipfile.ZipFile(archive).namelist() if not name.endswith("/")}
    installed = {name.partition(".data/data/")[2] or name for name in names}
    return {name for name in installed if ".dist-info/" not in name}


def man_pages(files: set[str]) -> set[str]:
    """The pages that a wheel brings along, by the commands that there are: public files of `cli`."""
    commands = (Path(name) for name in files if name.startswith("src/qclone/cli/") and name.endswith(".py"))
    names = {f"qclone-{path.stem}" for path in commands if not path.stem.startswith("_")}
    return {f"share/man/man1/{name}.1" for name in names | {"qclone"}}


def in_sdist(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        names = {member.name.partition("/")[2] for member in tar if member.isfile()}
    return {name for name in names if ".egg-info/" not in name and name not in WRITTEN}


def differences(source: Path, archive: Path) -> list[str]:
    all_files = files_of(source)
    if archive.suffix == ".whl":
        found = in_wheel(archive)
        due = {name.removeprefix("src/") for name in all_files if name.startswith("src/qclone/")}
        due |= man_pages(all_files)
    else:
        found = in_sdist(archive)
        due = {name for name in all_files if not name.startswith(OF_THE_REPOSITORY)}
    missing = [f"{archive.name} lacks {name}" for name in sorted(due - found)]
    return missing + [f"{archive.name} has {name}, which nobody needs" for name in sorted(found - due)]


def main(source: str, *archives: str) -> int:
    said = [line for archive in archives for line in differences(Path(source), Path(archive))]
    print("\n".join(said) or "Wheel and sdist hold what they should and nothing else.")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
