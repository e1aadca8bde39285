"""What the page that says why tells of numbers, units and of what doing it now would still change."""

from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.obligations.queries import ask
from tongxin.testing.cast import TODAY

HEAD = """  - id: rule
    title: 试一条
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 二(九), level: school, modality: must}
    since: 2026-01-10
    subject: branch
    bearer: branch_secretary
"""
STUDY = "    count: {kind: branch_study, part: attendee}\n"


def page_of(client, cast, rule: str, day: date = TODAY) -> str:
    cast.add_rules(HEAD + rule)
    cast.sign_in(client, cast.wang)
    found = [v for v in ask(cast.programme, TODAY).verdicts(["rule"]) if v.first <= day <= v.last]
    branch = str(cast.branch.subject.pk)
    first = next(v.first for v in found if v.subject == branch)
    address = ["rule", cast.branch.subject.public_id, first]
    response = client.get(reverse("desk:why", args=[cast.programme.public_id, *address]))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("rule", "day", "said"),
    [
        (
            STUDY + "    at_least: 2\n    window: month\n",
            date(2026, 10, 12),
            "还差2次，这一期已经过去；当时做了没有登记的可以补登",
        ),
        (
            STUDY + "    makes_up: allowed\n    at_least: 2\n    window: month\n",
            date(2026, 10, 12),
            "补做时注明补这一期就算",
        ),
        (
            STUDY + "    at_least: 2\n    window: {rolling: 30, unit: day}\n",
            TODAY,
            "还差2次，现在补上就算完成",
        ),
        (
            STUDY + "    at_least: 2\n    window: {from: 2026-09-01, to: 2026-10-31}\n",
            date(2026, 10, 12),
            "补做以后会记为晚完成",
        ),
        (STUDY + "    at_least: 2\n    window: month\n", TODAY, "还差2次，11月30日前"),
    ],
)
def test_a_gap_says_what_doing_it_now_would_change(client, cast, rule, day, said):
    assert said in page_of(client, cast, rule, day)


def test_an_amount_has_its_own_unit_and_both_its_ends(client, cast):
    cast.record("branch_study", date(2026, 11, 9), {"attendee": [cast.branch.subject]}, by=cast.li, hours=2)
    page = page_of(
        client, cast, STUDY + "    measure: {max: hours}\n    between: [1, 3]\n    window: month\n"
    )
    assert "已有 2，应在 1 到 3 小时之间" in page
    assert "到期末不超过3小时就算完成" in page
    assert "登记支部学习" not in page, "another record is not what is missing"


def test_what_must_not_happen_is_not_said_to_be_owed(client, cast):
    cast.record("branch_study", date(2026, 11, 9), {"attendee": [cast.branch.subject]}, by=cast.li, hours=2)
    rule = "    count: {kind: branch_study, part: attendee, only: {place: 室外}}\n    at_most: 0\n    window: month\n"
    page = page_of(client, cast, rule)
    assert "已有 0，至多 0 次" in page
    assert "到期末一次也没有就算完成" in page
    assert "不算在内" in page


def test_a_rule_about_relations_does_not_look_for_records(client, cast):
    rule = "    measure: {links: branch_member}\n    at_least: 50\n    window: standing\n"
    page = page_of(client, cast, rule)
    assert "这一条看的是关系或状态，不看台账记录" in page


def test_a_branch_that_must_have_members_is_said_to_have_members(client, cast):
    rule = STUDY + "    where: {link: branch_member}\n    at_least: 1\n    window: month\n"
    assert "每个党支部（有党员）" in page_of(client, cast, rule)


def test_a_period_that_runs_into_another_year_names_both(client, cast):
    rule = STUDY + "    at_least: 2\n    window: {rolling: 2, unit: year}\n"
    assert "2024年11月19日—2026年11月18日" in page_of(client, cast, rule)
