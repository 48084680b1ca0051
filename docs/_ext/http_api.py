"""The HTTP API, from the OpenAPI descriptions of the parts: `.. http-api:: fabric`."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from qclone.service import fabric_app, ledger_app, server_app, tokens_of


class Silent:
    """Stands for what a part would do; a description asks for nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *values: None


def description(part: str, folder: Any) -> dict[str, Any]:
    """Return the OpenAPI document of a part."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = tokens_of(folder)
    if part == "fabric":
        return fabric_app(Silent(), tokens).openapi()
    if part == "ledger":
        return ledger_app(lambda tenant: Silent(), tokens).openapi()
    return server_app(lambda name: Silent(), lambda: None, tokens).openapi()


def type_of(schema: dict[str, Any]) -> str:
    """Return a JSON schema in a few words."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_of(one) for one in schema["anyOf"]))
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return " or ".join(map(repr, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    limits = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "at least"),
            ("maximum", "at most"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
        )
        if key in schema
    ]
    unit = " characters" if "maxLength" in schema or "minLength" in schema else ""
    return schema.get("type", "anything") + (f", {' and '.join(limits)}{unit}" if limits else "")


class HttpApi(SphinxDirective):
    """Writes every operation of a part, in the order of its description."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        from pathlib import Path

        part = self.arguments[0]
        document = description(part, Path(self.env.doctreedir) / "parts" / part)
        self.schemas = document.get("components", {}).get("schemas", {})
        found = []
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                found.append(self.operation(part, method.upper(), path, operation))
        return found

    def operation(self, part: str, method: str, path: str, said: dict[str, Any]) -> nodes.section:
        section = nodes.section(ids=[nodes.make_id(f"{part}-{method}-{path}")])
        section += nodes.title("", "", nodes.literal(text=f"{method} {path}"))
        for paragraph in filter(None, said.get("description", said.get("summary", "")).split("\n\n")):
            section += nodes.paragraph(text=" ".join(paragraph.split()))
        rows = [
            (p["name"], p["in"], type_of(p.get("schema", {})), p.get("description", ""))
            for p in said.get("parameters", [])
        ]
        body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if body is not None:
            rows += self.fields(body)
        if rows:
            section += table(("name", "where", "what", ""), rows)
        return section

    def fields(self, schema: dict[str, Any]) -> list[tuple[str, str, str, str]]:
        whole = self.schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
        needed = set(whole.get("required", ()))
        return [
            (name, "body" if name in needed else "body, optional", type_of(one), one.get("description", ""))
            for name, one in whole.get("properties", {}).items()
        ]


def table(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> nodes.table:
    names = names if any(row[-1] for row in rows) else names[:-1]
    group = nodes.tgroup(cols=len(names))
    group += [nodes.colspec(colwidth=1) for _ in names]
    head, body = nodes.thead(), nodes.tbody()
    head += line(names)
    body += [line(row[: len(names)], literal=True) for row in rows]
    group += [head, body]
    whole = nodes.table(classes=["http-api"])
    whole += group
    return whole


def line(cells: tuple[str, ...], literal: bool = False) -> nodes.row:
    row = nodes.row()
    for place, cell in enumerate(cells):
        entry = nodes.entry()
        word = nodes.literal(text=cell) if literal and place == 0 else nodes.inline(text=cell)
        entry += nodes.paragraph("", "", word)
        row += entry
    return row


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("http-api", HttpApi)
    return {"parallel_read_safe": True}
