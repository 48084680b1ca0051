"""The static site in a real browser, from a file: no server, no other place, the same answers."""

import json
import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

import pytest
import stim

from qclone.access import classify, recovery_probability
from qclone.errors import InvalidInputError
from qclone.native import listed
from qclone.scheme import Canonical
from qclone.web import _export, _lattice_room, export

expect = pytest.importorskip("playwright.sync_api").expect


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One scheme and one lattice; the command writes all of them."""
    folder = tmp_path_factory.mktemp("export") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_export, "EXAMPLES", (("Canonical, n = 2", {"kind": "canonical", "n": 2}),))
        patch.setattr(_export, "LARGE", (("Canonical, n = 5", {"kind": "canonical", "n": 5}),))
        patch.setattr(_export, "MAX_WIRES", 5)
        patch.setattr(_lattice_room, "listed", lambda: listed()[:1])
        export(folder)
    return folder


@pytest.mark.parametrize("way", ["file", "server"])
def test_it_answers_without_qclone(visit, site, way):
    opened, server = visit(), None
    tab = opened.tab
    if way == "file":
        address = site.joinpath("index.html").as_uri()
    else:
        handler = partial(SimpleHTTPRequestHandler, directory=str(site))
        handler.log_message = lambda *_: None
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
    tab.goto(f"{address}#/secrets/%7B%22kind%22%3A%22canonical%22%2C%22n%22%3A2%7D/")
    knows = tab.locator(".verdict .knows")
    held = []
    for label in ("S1", "S2", "N2"):
        tab.get_by_role("button", name=label, exact=True).click()
        held.append(label)
        expect(knows).to_have_attribute("data-verdict", classify(Canonical(2), held).verdict)
    expect(tab.locator(".decoder svg")).to_be_visible()
    tab.locator(".loss input[type=range]").fill("0.29")
    expect(tab.locator("[data-probability]")).to_contain_text(
        f"{recovery_probability(Canonical(2), 0.29):.9f}"
    )
    tab.get_by_role("link", name="Lattice").click()
    expect(tab.locator("[data-fidelity]")).to_have_text("0.960")
    expect(tab.get_by_role("row", name="ladder, routed")).to_contain_text("0.")
    tab.get_by_role("link", name="Results").click()
    expect(tab.locator(".figure .point").first).to_be_visible()
    assert tab.locator("nav a").count() == 3
    assert opened.hosts() == ({""} if way == "file" else {f"127.0.0.1:{server.server_port}"})
    if server:
        server.shutdown()
        server.server_close()


def _product(operator):
    """A product of Pauli operators on different wires, whatever their order."""
    return operator.startswith("-"), sorted(operator.lstrip("-").split())


def test_sets_that_differ_in_names_are_one(visit, site):
    """Of eleven wires one set of each class was computed; the page changes names, and is right."""
    opened, scheme, held = visit(), Canonical(5), []
    tab = opened.tab
    tab.goto(
        f"{site.joinpath('index.html').as_uri()}#/secrets/%7B%22kind%22%3A%22canonical%22%2C%22n%22%3A5%7D/"
    )
    knows = tab.locator(".verdict .knows")
    for label in ("S5", "N2", "S1", "A", "N4", "N3", "N5", "S2"):
        tab.get_by_role("button", name=label, exact=True).click()
        held.append(label)
        found = classify(scheme, held)
        expect(knows).to_have_attribute("data-verdict", found.verdict)
        expect(tab.locator(".verdict .command code")).to_contain_text(label)
        told = [operator.inner_text() for operator in knows.locator("dd").all()]
        assert list(map(_product, told)) == list(map(_product, found.operators))
    rows = tab.locator(".decoder svg text")
    expect(rows.first).to_be_visible()
    wires = {text for text in rows.all_text_contents() if text[:1] in "ASN" and text[1:].isdigit()}
    assert wires and wires <= set(held)


@pytest.mark.parametrize("page", ["Crumble", "Quirk"])
def test_links_open_the_circuit_of_the_set_that_is_held(visit, site, page):
    """Whatever its pairs are called: what the link holds recovers the input, on wires of the set alone."""
    opened, held = visit(), ["S5", "N4", "N2", "N1", "N5", "N3"]
    choice = "%7B%22kind%22%3A%22canonical%22%2C%22n%22%3A5%7D"
    opened.tab.goto(f"{site.joinpath('index.html').as_uri()}#/secrets/{choice}/{','.join(held)}")
    scheme, link = Canonical(5), opened.tab.get_by_role("link", name=page)
    expect(link).to_be_visible()
    out = opened.tab.get_by_role("heading", name="A decoder").inner_text().rpartition(" ")[2]
    said = unquote(link.get_attribute("href").partition("#circuit=")[2])
    found = _of_crumble(said) if page == "Crumble" else _of_quirk(said)
    used = {t.value for gate in found for t in gate.targets_copy()}
    assert used <= set(scheme.indices(held)) and scheme.index(out) in used
    # Half of a pair goes in, and the pair comes out: of the reference beyond the wires and the output.
    reference, tableau = scheme.num_qubits, stim.TableauSimulator()
    tableau.do(stim.Circuit(f"H {reference}\nCX {reference} {scheme.index('A')}"))
    tableau.do(scheme.prepare() + scheme.encrypt() + found)
    for pauli in "XZ":
        pair = stim.PauliString(reference + 1)
        pair[reference] = pair[scheme.index(out)] = pauli
        assert tableau.peek_observable_expectation(pair) == 1


def _of_crumble(said):
    return stim.Circuit(re.sub(r"_(?=\d)", " ", said).replace(";", "\n"))


def _of_quirk(said):
    """The gates of Quirk that qclone uses, as stim names them."""
    named = {"Z^½": "S", "Z^-½": "S_DAG", "X^½": "SQRT_X", "X^-½": "SQRT_X_DAG", "Y^½": "SQRT_Y",
             "Y^-½": "SQRT_Y_DAG", "…": "I"}  # fmt: skip
    found = stim.Circuit()
    for column in json.loads(said)["cols"]:
        gates = {gate: [i for i, one in enumerate(column) if one == gate] for gate in column if gate != 1}
        if "•" in gates:
            (control,) = gates.pop("•")
            ((gate, (target,)),) = gates.items()
            found.append(f"C{gate}", [control, target])
        elif "Swap" in gates:
            found.append("SWAP", gates["Swap"])
        else:
            for gate, wires in gates.items():
                found.append(named.get(gate, gate), wires)
    return found


def test_nothing_is_written_over(site):
    with pytest.raises(InvalidInputError):
        export(site)
