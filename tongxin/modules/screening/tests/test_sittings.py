"""A sitting opens only with everything that keeps children safe; who is asked follows classes and conditions."""

from datetime import timedelta

import pytest

from tongxin.kernel.base.models import Link
from tongxin.kernel.ledger.models import Entry, Participation
from tongxin.kernel.obligations.models import Heartbeat
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.queries import current_version
from tongxin.kernel.programmes.services import change
from tongxin.kernel.signals import chain
from tongxin.kernel.signals.models import ChainStep
from tongxin.modules.screening import population, progress, seats, sittings
from tongxin.modules.screening.models import EntryCode, Sitting
from tongxin.modules.screening.papers import Refused
from tongxin.testing.cast import TODAY
from tongxin.testing.pack import PACK
from tongxin.testing.screening import FIRST, LAST

KIND = """
  - kind: screening
    title: 心理测评
    class: K2
    parts:
      - {part: screened, title: 参加测评学生, of: [student], at_least: 1}
    qualifiers: [{qualifier: mode, title: 来源, values: {own: 本系统测评, imported: 外购软件导入}}]
"""


def draft(hall, **changes):
    plan = {
        "title": "再测一次",
        "first_day": FIRST,
        "last_day": LAST,
        "forms": [(hall.form.text, "student")],
    } | changes
    return sittings.create(hall.cast.school, sittings.Plan(**plan), by=hall.cast.chen.viewer())


def test_a_sitting_opens_with_a_code_for_each_class(hall):
    assert hall.sitting.state == Sitting.State.OPEN
    codes = set(EntryCode.objects.values_list("code", flat=True))
    assert len(codes) == 2
    assert all(set(code) <= set(sittings.ALPHABET) for code in codes)


@pytest.mark.parametrize("missing", ["administrator", "chain", "worker", "person of the chain", "counsellor"])
def test_a_sitting_does_not_open_without(hall, missing):
    if missing == "administrator":
        Link.objects.filter(kind="audit_admin").delete()
    elif missing == "chain":
        ChainStep.objects.all().delete()
    elif missing == "worker":
        Heartbeat.objects.update(at=Heartbeat.objects.get().at - timedelta(minutes=3))
    elif missing == "person of the chain":
        people.depart(hall.deputy.subject, TODAY - timedelta(days=1))
    else:
        Link.objects.filter(kind="counsellor").delete()
    plan = draft(hall)
    with pytest.raises(sittings.Refused) as refused:
        sittings.open_sitting(plan, by=hall.cast.chen.viewer(), day=TODAY)
    assert refused.value.reasons
    plan.refresh_from_db()
    assert plan.state == Sitting.State.DRAFT


@pytest.mark.parametrize(
    "people_named", [["chen", "wang"], ["chen", "chen", "wang"], ["chen", "liu", "wang"]]
)
def test_a_chain_needs_three_able_people(hall, people_named):
    wanted = [chain.Wanted(getattr(hall.cast, name).subject) for name in people_named]
    with pytest.raises(chain.Refused):
        chain.set_chain(hall.cast.school, wanted, by=hall.cast.wang.viewer(), day=TODAY)
    assert len(chain.chain_of(hall.cast.school)) == 3


def test_who_is_asked_follows_a_condition_as_in_the_rule_language(hall):
    plan = draft(hall, who="grade: 8")
    assert population.asked_by_room(plan, TODAY) == {}
    plan = draft(hall, title="七年级", who="grade: {at_least: 7}")
    assert sum(map(len, population.asked_by_room(plan, TODAY).values())) == 12
    assert population.is_asked(plan, hall.child(), TODAY)
    with pytest.raises(sittings.Refused) as refused:
        draft(hall, who="身高: 150")
    assert refused.value.field == "who"


def test_progress_tells_who_has_begun_and_never_what(hall):
    hall.enter({}, 0)
    hall.begun(1)
    one, two = progress.by_room(hall.sitting, TODAY)
    assert [len(part) for part in (one.done, one.begun, one.waiting, one.barred)] == [1, 1, 3, 1]
    assert (one.asked, one.expected) == (6, 5)
    assert len(two.barred) == 6


def test_closing_enters_the_ledger_once(hall):
    cast = hall.cast
    text = PACK.replace("\nkinds:", "\nkinds:" + KIND.rstrip(), 1)
    change(cast.programme, text, "加测评", by=cast.wang.account, base=current_version(cast.programme).number)
    plan = draft(hall, kind="screening", rooms=[cast.room_one.subject.pk])
    sittings.open_sitting(plan, by=cast.chen.viewer(), day=TODAY)
    plan.refresh_from_db()
    hall.sitting = plan
    hall.enter({}, 0)
    hall.enter({}, 1)
    assert sittings.close_sitting(plan, by=cast.chen.viewer(), day=TODAY) == 2
    assert sittings.close_sitting(plan, by=cast.chen.viewer(), day=TODAY) == 0
    entry = Entry.objects.get(kind="screening")
    rows = Participation.objects.filter(entry=entry, part="screened")
    assert {row.subject_id for row in rows} == {hall.child(0).pk, hall.child(1).pk}
    assert {row.mode for row in rows} == {"own"}


def test_the_way_in_is_a_code_with_number_and_name(hall):
    code = EntryCode.objects.get(room=hall.cast.room_one.subject)
    entry = seats.by_code(f" {code.code[:3].lower()}-{code.code[3:]} ")
    child = hall.child()
    assert seats.student_of(entry, "2026001", child.name, TODAY) == child
    for number, name in (
        ("2026002", child.name),
        ("2026001", "别人"),
        ("", child.name),
        ("2026007", hall.child(0, 2).name),
    ):
        with pytest.raises(Refused):
            seats.student_of(entry, number, name, TODAY)
    sittings.new_code(hall.sitting, hall.cast.room_one.subject, by=hall.cast.chen.viewer())
    with pytest.raises(Refused):
        seats.by_code(code.code)


def test_a_printed_way_in_opens_one_seat_and_a_forged_one_none(hall):
    token = seats.own_token(hall.sitting, hall.child())
    assert seats.by_own_token(token) == hall.seat()
    for wrong in (token[:-2] + "xx", "", "abc"):
        with pytest.raises(Refused):
            seats.by_own_token(wrong)
    sealed = seats.ticket(hall.seat()).sealed()
    found = seats.seat_of(sealed)
    assert (found.sitting, found.student, found.who) == (hall.sitting, hall.child(), hall.child())
    assert seats.seat_of(token) is None
    assert seats.seat_of(None) is None


def test_a_sitting_chosen_by_family_facts_does_not_enter_a_ledger_that_more_people_read(hall):
    text = PACK.replace("\nkinds:", "\nkinds:" + KIND.rstrip(), 1)
    change(
        hall.cast.programme,
        text,
        "加测评",
        by=hall.cast.wang.account,
        base=current_version(hall.cast.programme).number,
    )
    assert population.class_read(hall.cast.school, "priority_care: true", TODAY) == "K3"
    with pytest.raises(sittings.Refused) as refused:
        draft(hall, kind="screening", who="priority_care: true")
    assert refused.value.field == "kind"
    assert draft(hall, kind="screening", who="grade: 7").kind == "screening"
    plan = draft(hall, who="priority_care: true")
    people.set_attribute(hall.child(), "priority_care", "true", since=FIRST)
    plan.kind, plan.state = (
        "screening",
        Sitting.State.OPEN,
    )  # as one that was planned before the fact was guarded
    plan.save()
    hall.sitting = plan
    assert hall.enter({}).finished_at is not None
    assert sittings.close_sitting(plan, by=hall.cast.chen.viewer(), day=TODAY) == 0
    assert not Entry.objects.filter(kind="screening").exists()
