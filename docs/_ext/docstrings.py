"""Docstrings as this project writes them: numpydoc's sections, in which `name : meaning` is one line."""

import re

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import NumpyDocstring

# Types are said by the signature; a field says what is meant.
CONFIG = Config(napoleon_use_param=False, napoleon_use_rtype=False, napoleon_use_ivar=False)


class House(NumpyDocstring):
    """Reads a docstring; what numpydoc takes for a type is the meaning."""

    def _consume_field(self, parse_type=True, prefer_type=False):
        line = self._lines.next()
        name, _, meaning = self._partition_field_on_colon(line)
        more = self._dedent(self._consume_indented_block(self._get_indent(line) + 1))
        meaning = House([meaning.strip(), *more], CONFIG).lines()
        name = self._escape_args_and_kwargs(name.strip())
        return ("", name, meaning) if prefer_type else (name, "", meaning)

    def _parse_attributes_section(self, section):
        return self._format_fields("Attributes", self._consume_fields())

    def _parse_returns_section(self, section):
        return [":returns: " + " ".join(line.strip() for line in self._consume_to_next_section()), ""]


QUOTED = re.compile(r"(`+)([^`]+)\1(s?)")


def plain(lines):
    """Yield lines in which what is no markup here is none there: kets, plurals of code, lone stars."""
    example, before = False, ""
    for line in lines:
        example = bool(line.strip()) and (
            example or line.lstrip().startswith(">>>") or (line[:1] == " " and before.endswith("::"))
        )
        before = line if line.strip() else before
        if example:
            yield line
            continue
        parts, end = [], 0
        for found in QUOTED.finditer(line):
            quoted = f"{found[1]}{found[2]}{found[1]}"
            parts += [escaped(line[end : found.start()]), quoted, "\\ s" if found[3] else ""]
            end = found.end()
        yield "".join([*parts, escaped(line[end:])])


def escaped(text):
    return re.sub(r"(?<!\*)\*(?!\*)|\|", r"\\\g<0>", text)


def read(app, what, name, obj, options, lines):
    # For a property or a constant, a colon says no type: it is read like everything else.
    lines[:] = House(list(plain(lines)), CONFIG, app, "object", name, obj, options).lines()


def read_options(app, context, lines):
    lines[:] = [escaped(line) for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", read)
    for what in ("description", "options"):
        app.connect(f"sphinx-click-process-{what}", read_options)
    return {"parallel_read_safe": True}
