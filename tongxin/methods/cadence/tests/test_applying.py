"""Which rules concern a school, told from what is recorded of the school alone."""

from pathlib import Path

import pytest

from tongxin.methods.cadence.applying import concerns
from tongxin.methods.cadence.pack import load_pack

BASE = Path(__file__).parents[4] / "packs" / "programmes" / "national-base"
PRIMARY = {"institution": "school", "stage": "primary", "region": "other"}


@pytest.fixture(scope="module")
def rules():
    return {rule.id: rule for rule in load_pack(BASE).obligations}


@pytest.mark.parametrize(
    ("rule", "known", "answer"),
    [
        ("visit-yearly", PRIMARY, True),
        ("visit-yearly", PRIMARY | {"stage": "college"}, False),
        ("visit-yearly", {}, True),
        ("screening-yearly", PRIMARY, True),  # some of its students, by grade
        ("screening-yearly", PRIMARY | {"stage": "kindergarten"}, False),
        ("screening-each-term-zhejiang", PRIMARY, False),
        ("screening-each-term-zhejiang", PRIMARY | {"region": "zhejiang"}, True),
        ("extra-staffing-shaanxi", {"region": "shaanxi", "boarders_over_200": "false"}, True),
        (
            "extra-staffing-shaanxi",
            {"region": "shaanxi", "boarders_over_200": "false", "students_over_thousand": "false"},
            False,
        ),
        ("screening-organised", PRIMARY, False),
        ("screening-organised", {"institution": "bureau"}, True),
        ("subject-teachers-visit", PRIMARY, True),  # `not` of a post is nothing of the school's
        ("talk-within-month", PRIMARY, True),  # no condition
    ],
)
def test_a_rule_is_ruled_out_only_by_what_is_known_of_the_school(rules, rule, known, answer):
    assert concerns(rules[rule], known) is answer
