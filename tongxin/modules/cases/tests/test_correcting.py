"""Correcting a paper that is on file, and who watches over a child when."""

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.modules.cases.casework import answers, cases, correcting, papers
from tongxin.modules.cases.casework.refusal import Refused
from tongxin.modules.cases.models import CasePaper, Standing, Step
from tongxin.testing.screening import prove

REASON = "日期听错了，学生说的是上周"


@pytest.fixture
def case(desk, clock):
    return desk.walk(desk.open(desk.child()), "follow")


@pytest.fixture
def page(client, desk):
    """Ask for an address of this room as somebody; returns (status, text)."""

    def ask(player, name, *arguments, data=None):
        client.force_login(player.account)
        prove(client, player)
        url = reverse(f"cases:{name}", args=arguments)
        answer = client.get(url) if data is None else client.post(url, data)
        return answer.status_code, answer.content.decode()

    return ask


def plan_of(case) -> CasePaper:
    return CasePaper.objects.get(case=case, form="plan")


def typed(desk, paper, **more) -> dict:
    """What the form sends: the paper as it was filled in, with changes."""
    (read,) = papers.read([paper], desk.chen, notes=True)
    from tongxin.modules.cases.caseforms import as_typed

    return as_typed(correcting.form_of(paper.case, paper), read) | {"_why": REASON} | more


def test_the_keeper_corrects_a_plan_and_every_version_stays(desk, case, page):
    plan, steps = plan_of(case), Step.objects.filter(case=case).count()
    state, due, standings = case.state, case.follow_due, Standing.objects.count()
    assert "写错了，更正" in page(desk.cast.chen, "paper", case.public_id, plan.public_id)[1]
    status, text = page(desk.cast.chen, "correct", case.public_id, plan.public_id)
    assert (status, "每周来上四天课" in text) == (200, True)
    data = typed(desk, plan, **{"goals-0": "每周来上五天课"})
    assert page(desk.cast.chen, "correct", case.public_id, plan.public_id, data=data)[0] == 302
    made = CasePaper.objects.get(corrects=plan)
    _status, text = page(desk.cast.chen, "paper", case.public_id, made.public_id)
    assert "每周来上五天课" in text
    assert REASON in text
    _status, text = page(desk.cast.chen, "paper", case.public_id, plan.public_id)
    assert "每周来上四天课" in text
    assert "这一版后来更正过" in text
    assert "写错了，更正" not in text
    # It sets nothing going.
    case.refresh_from_db()
    assert (case.state, case.follow_due, Standing.objects.count()) == (state, due, standings)
    assert Step.objects.filter(case=case).count() == steps + 1
    row = AuditRow.objects.get(action="cases.paper_corrected")
    assert (row.object_id, row.data["corrects"]) == (str(made.pk), plan.pk)
    assert REASON not in str(row.data)
    # The page of the case goes on with the newest version.
    text = page(desk.cast.chen, "case", case.public_id)[1]
    assert "每周来上五天课" in text
    assert "更正了一人一案" in text
    assert answers.newest_plan(case) == made


def test_rows_that_say_something_and_one_more_are_shown_and_folded_ones_are_sent_all_the_same(
    desk, case, page
):
    plan = plan_of(case)
    text = page(desk.cast.chen, "correct", case.public_id, plan.public_id)[1]
    shown, _, folded = text[text.index('name="goals-0"') :].partition("<details")
    assert 'name="goals-1"' in shown
    assert 'name="goals-2"' not in shown
    folded = folded.partition("</details>")[0]
    assert all(f'name="goals-{n}"' in folded for n in (2, 3, 4))
    data = typed(desk, plan, **{"goals-4": "睡够八小时"})
    assert page(desk.cast.chen, "correct", case.public_id, plan.public_id, data=data)[0] == 302
    made = CasePaper.objects.get(corrects=plan)
    assert "睡够八小时" in page(desk.cast.chen, "paper", case.public_id, made.public_id)[1]


def test_nobody_but_the_keeper_corrects(desk, case, page):
    plan = plan_of(case)
    data = typed(desk, plan)
    for other in (desk.second, desk.leader):
        assert page(other, "correct", case.public_id, plan.public_id, data=data)[0] == 302
        assert "写错了，更正" not in page(other, "paper", case.public_id, plan.public_id)[1]
        with pytest.raises(Refused):
            correcting.correct(plan, {}, REASON, desk.viewer(other))
    for stranger in (desk.cast.liu, desk.cast.wang, desk.cast.zhao):
        assert page(stranger, "correct", case.public_id, plan.public_id)[0] == 404
    assert not CasePaper.objects.filter(corrects=plan).exists()


def test_a_correction_wants_a_reason_and_the_newest_version(desk, case, page):
    plan = plan_of(case)
    status, text = page(
        desk.cast.chen, "correct", case.public_id, plan.public_id, data=typed(desk, plan, _why="")
    )
    assert (status, "field__error" in text) == (422, True)
    assert page(desk.cast.chen, "correct", case.public_id, plan.public_id, data=typed(desk, plan))[0] == 302
    status, text = page(desk.cast.chen, "correct", case.public_id, plan.public_id, data=typed(desk, plan))
    assert (status, "刚才已经更正过" in text) == (422, True)
    assert CasePaper.objects.filter(corrects=plan).count() == 1


def test_what_was_never_shown_stays_where_it_is_and_counts_for_no_step(desk, clock):
    case = desk.open(desk.child())
    paper = desk.write(case, "interview")
    made = correcting.correct(paper, {"mood": "写了两句话"}, REASON, desk.chen)
    (old,) = papers.read([CasePaper.objects.get(pk=paper.pk)], desk.chen, notes=True)
    (new,) = papers.read([CasePaper.objects.get(pk=made.pk)], desk.chen, notes=True)
    assert new.notes["mood"] == "写了两句话"
    assert old.notes["mood"] != "写了两句话"
    assert CasePaper.objects.filter(pk=made.pk, deep=None).exists()
    # A correction written in a later state is no paper of that state.
    case.refresh_from_db()
    assert made.state == paper.state
    assert case.state == "study"
    assert cases.missing(case) == ["meeting", "finding"]


def test_watchers_are_rows_with_a_person_and_a_time(desk, case, page):
    desk.write(case, "follow-up")
    plan = plan_of(case)
    who = desk.cast.liu.subject
    shift = {
        "watch-0-who": str(who.pk),
        "watch-0-from": "12:10",
        "watch-0-to": "13:40",
        "watch-0-days": "school",
    }
    late = {"watch-1-who": str(desk.leader.subject.pk), "watch-1-from": "07:20", "watch-1-to": "08:00",
            "watch-1-days": "every"}  # fmt: skip
    half = typed(desk, plan, **shift | {"watch-0-to": ""})
    status, text = page(desk.cast.chen, "correct", case.public_id, plan.public_id, data=half)
    assert (status, "要一起写" in text) == (422, True)
    data = typed(desk, plan, **shift, **late)
    assert page(desk.cast.chen, "correct", case.public_id, plan.public_id, data=data)[0] == 302
    made = CasePaper.objects.get(corrects=plan)
    text = page(desk.cast.chen, "paper", case.public_id, made.public_id)[1]
    first, second = (
        text.index("07:20—08:00（每天）：何敏"),
        text.index(f"12:10—13:40（上学的日子）：{who.name}"),
    )
    assert first < second
    # Typed again as they were.
    again = page(desk.cast.chen, "correct", case.public_id, made.public_id)[1]
    assert 'value="12:10"' in again
