"""What notebooks show is well-formed, says what matters, and escapes what people named."""

import base64
import dataclasses
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from qiskit import QuantumCircuit

from qclone.access import classify
from qclone.device import line, load_device
from qclone.native import build
from qclone.plan import Encoded, EncodedPlan, Scenario, outcomes
from qclone.scheme import FIVE_QUBIT, Canonical, GraphState, Iterated, Parallel, QuditScheme, SecretSharing
from qclone.store import Cloud, check

EVIL = "<script>alert('&')</script>"
EMPTY = {"img"}
SCHEMES = [
    Canonical(4),
    Parallel(Canonical(2), 3),
    Iterated.full(Canonical(2), 1),
    GraphState(tuple((i, (i + 1) % 8) for i in range(8)), sectors=((0, 1), (4, 5)), encoder="YZ"),
    SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,))),
    QuditScheme(2, 3),
]


class Balanced(HTMLParser):
    """Collects text and tags, and refuses tags that do not close in order."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text, self.images = [], [], "", []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in EMPTY:
            self.open.append(tag)
        elif tag == "img":
            data = dict(attrs)["src"].removeprefix("data:image/svg+xml;base64,")
            self.images.append(base64.b64decode(data).decode())

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + "\n"


def dots(svg):
    root = ElementTree.fromstring(svg)
    return [e for e in root.iter() if e.tag.endswith("circle")], root


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_a_scheme_is_its_size_and_a_dot_a_wire(scheme):
    page = Balanced(scheme._repr_html_())
    assert f"{scheme.num_qubits}" in page.text and f"{len(scheme.clones)}" in page.text
    circles, root = dots(scheme._repr_svg_())
    labels = {e.text for e in root.iter() if e.tag.endswith("text")}
    assert len(circles) == scheme.num_qubits
    assert {wire.label for wire in scheme.wires} <= labels
    assert page.images == [scheme._repr_svg_()]


def test_the_lines_of_a_scheme_are_its_bell_pairs():
    _, root = dots(Canonical(5)._repr_svg_())
    assert len([e for e in root.iter() if e.tag.endswith("path")]) == 5


def test_a_million_clones_are_not_listed():
    page = Canonical(1_000_000)._repr_html_()
    assert "2,000,001" in page and "<img" not in page and len(page) < 1000
    assert len(Canonical(1_000_000)._repr_latex_()) < 200


def test_a_formula_names_what_it_acts_on():
    formula = Canonical(12)._repr_latex_()
    assert [formula.count(p) for p in ("X_{A}", "X_{S_{12}}", "Z_{S_{2}}", r"\cdots")] == [1, 1, 1, 2]


def test_a_verdict_says_what_leaks():
    page = Balanced(classify(Canonical(3), ["S1", "S2", "S3"])._repr_html_())
    assert "S1, S2, S3: learns something" in page.text and "-Y_S1 Y_S2 Y_S3" in page.text
    assert "learns nothing" in classify(Canonical(4), ["S1"])._repr_html_()


def test_a_native_circuit_is_drawn():
    native = build(Canonical(2), line(6))
    page = Balanced(native._repr_html_())
    assert f"{native.cost_of('encrypt').layers} layers" in page.text
    drawn = ElementTree.fromstring(page.images[0])
    assert {"S1", "S2", "N1", "N2"} <= {(e.text or "").strip() for e in drawn.iter()}


def test_a_device_escapes_what_people_named():
    page = Balanced(dataclasses.replace(line(6), name=EVIL, notes=(EVIL,))._repr_html_())
    assert page.text.count(EVIL) == 2 and "script" not in page.tags
    assert load_device("kingston").snapshot_date in load_device("kingston")._repr_html_()


def test_plans_name_every_way():
    found = outcomes(Scenario(3, server_loss=0.1))
    page = Balanced(found._repr_html_())
    assert all(one.strategy in page.text for one in found[:5])
    plan = EncodedPlan([Encoded(EVIL, "", 49, 3, 0.01, 0.001, 0)], advice=EVIL)
    assert Balanced(plan._repr_html_()).text.count(EVIL) == 2


def test_a_cloud_shows_servers_objects_and_what_was_recovered(tmp_path):
    cloud = Cloud.create(tmp_path / "cloud", servers=3)
    stored = cloud.client.put(QuantumCircuit(2, name=EVIL), name=EVIL)
    cloud.compromise("server-1")
    report = check(cloud.client.holdings(stored))
    page = Balanced(cloud._repr_html_() + stored._repr_html_() + report._repr_html_())
    assert "compromised" in page.text and page.text.count(EVIL) == 3 and "script" not in page.tags
    assert re.search(r"server-1 learned\nnothing", page.text)
    back = cloud.client.get(stored.object_id)
    page = Balanced(back._repr_html_())
    assert "1, exact" in page.text and f"consumed from {back.manifest.key.server}" in page.text
    assert "tmp" in repr(cloud)
    cloud.close()
