"""How many losses are survived, against trying every set of them with ranks."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from qclone.access import Survival, classify, losses_survived
from qclone.access import _survival as searching
from qclone.scheme import FIVE_QUBIT, Canonical, GraphState, Iterated, SecretSharing


def by_trying(scheme, kept, at_risk):
    """The definition, with stabiliser ranks and no closed form."""
    for lost in range(len(at_risk) + 1):
        for gone in combinations(at_risk, lost):
            left = {*kept}.union(*(wires for name, wires in at_risk.items() if name not in gone))
            if not classify(scheme, left).recovers:
                return lost - 1
    return len(at_risk)


@st.composite
def placed(draw, scheme, noise_at_risk=False):
    """Every wire is at home, at one of some servers, or nowhere."""
    kept, at_risk = [], {f"server-{i}": [] for i in range(draw(st.integers(1, 4)))}
    for wire in scheme.wires:
        at_home_only = wire.role.value == "noise" and not noise_at_risk
        places = ["home", "home", "nowhere"] if at_home_only else ["home", "nowhere", *at_risk, *at_risk]
        place = draw(st.sampled_from(places))
        if place == "home":
            kept.append(wire.label)
        elif place != "nowhere":
            at_risk[place].append(wire.label)
    return kept, at_risk


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_closed_form_is_the_definition(data):
    scheme = Canonical(data.draw(st.integers(1, 5)))
    kept, at_risk = data.draw(placed(scheme))
    assert losses_survived(scheme, kept, at_risk) == Survival(by_trying(scheme, kept, at_risk))


RING = GraphState(tuple((i, (i + 1) % 4) for i in range(4)), sectors=((0, 1),))
FIVE = SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,)))
SCHEMES = [Canonical(3), Iterated.full(Canonical(2), 1), RING, FIVE]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_search_is_the_definition(data):
    scheme = data.draw(st.sampled_from(SCHEMES))
    kept, at_risk = data.draw(placed(scheme, noise_at_risk=True))
    assert losses_survived(scheme, kept, at_risk) == Survival(by_trying(scheme, kept, at_risk))


def test_what_is_not_settled_is_said_to_be_a_bound(monkeypatch):
    """Of the five-qubit code any three wires recover and no two, so two losses are survived."""
    at_risk = {wire.label: [wire.label] for wire in FIVE.wires}
    assert losses_survived(FIVE, [], at_risk) == Survival(2)
    monkeypatch.setattr(searching, "MAX_QUESTIONS", 0)
    found = losses_survived(FIVE, [], at_risk)
    assert not found.exact and found.losses <= 2


def test_very_many_clones_take_no_longer_than_their_wires():
    n = 100_000
    at_risk = {f"server-{i}": [f"S{i}"] for i in range(1, n + 1)}
    assert losses_survived(Canonical(n), [f"N{i}" for i in range(1, n + 1)], at_risk) == Survival(n - 1)
