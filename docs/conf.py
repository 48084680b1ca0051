"""The site: Sphinx reads every page of this folder and runs the notebooks; warnings are errors."""

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "qclone"
author = "the qclone developers"
project_copyright = author
release = version_of("qclone")
version = release

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
    "docstrings",
    "http_api",
    "inventories",
    "mathml",
    "public_names",
]
exclude_patterns = ["_*", "images"]
nitpicky = True
# Those whose pages `_inventories` does not list, and names that are not classes but unions of some.
nitpick_ignore_regex = [
    ("py:class", r"(_thread|fastapi|matplotlib|pandas|pyarrow|rustworkx|starlette|uvicorn|xarray)\..*"),
    ("py:class", r".*\[.*"),
    ("py:class", "Angle|Axes|Data|Figure|Integers|Letters|Number|Source|pd.DataFrame|xr.Dataset"),
]
# A back-quoted word in a docstring is a link if it names something, and otherwise what it looks like: code.
default_role = "py:obj"

myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath", "substitution"]
myst_heading_anchors = 4
# Pages are also read where headings may begin at any level; of two names that are alike the first is meant.
suppress_warnings = ["myst.header", "ref.python"]

# Results are kept by what the cells say, so that a page is run again only when it has changed.
nb_execution_mode = os.environ.get("QCLONE_DOCS_RUN", "cache")
nb_execution_cache_path = str(HERE.parent / "build" / "notebooks")
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_render_image_options = {"width": "100%"}

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "show-inheritance": True, "inherited-members": False}

templates_path: list[str] = []
html_theme = "pydata_sphinx_theme"
html_title = "qclone"
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
# What `qclone web --export` has written goes into the site as it is; without it, a page says how to make it.
EXPORT = HERE.parent / "build" / "export"
html_extra_path = []
if (EXPORT / "play" / "index.html").exists():
    html_extra_path.append(str(EXPORT))
    tags.add("play")  # type: ignore[name-defined]  # noqa: F821
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "logo": {"text": "qclone"},
    "navbar_align": "left",
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "default",
    "pygments_dark_style": "github-dark",
}
html_sidebars = {"index": []}
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
