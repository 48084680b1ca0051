"""The man pages of a wheel, made from the commands; everything else is in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup

from distutils.command.install_data import install_data  # isort: skip  # which setuptools brings, once it is there

MAN = "share/man/man1"


class WithManPages(install_data):
    """Installs what is listed below, and makes it first: nothing of qclone but `cli` is needed for it."""

    def run(self):
        sys.path.insert(0, str(Path(__file__).parent / "src"))
        from qclone.cli._man import write_pages

        made_in = Path(self.get_finalized_command("build").build_temp) / "man"
        pages = write_pages(made_in, self.distribution.get_version())
        self.data_files = [(MAN, [str(page) for page in pages])]
        super().run()


setup(cmdclass={"install_data": WithManPages}, data_files=[(MAN, [])])
