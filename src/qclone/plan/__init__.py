"""Plans: which way to store a qubit under given losses, memories, links and gates."""

from qclone.plan._advice import advice
from qclone.plan._chart import draw_plan
from qclone.plan._corrected import corrected_recovery
from qclone.plan._encoded import Encoded, EncodedPlan, encoded_plan
from qclone.plan._keys import KeyOutcome, key_outcomes
from qclone.plan._scenario import Scenario
from qclone.plan._strategies import Outcome, Outcomes, learnt, outcomes
from qclone.plan._ways import Way, ways

__all__ = [
    "Encoded",
    "EncodedPlan",
    "KeyOutcome",
    "Outcome",
    "Outcomes",
    "Scenario",
    "Way",
    "advice",
    "corrected_recovery",
    "draw_plan",
    "encoded_plan",
    "key_outcomes",
    "learnt",
    "outcomes",
    "ways",
]
