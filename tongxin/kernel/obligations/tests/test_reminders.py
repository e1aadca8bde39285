"""Reminders and escalation: who is told when, once, and when it stops."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations import outbox, reasons, services
from tongxin.kernel.obligations.models import Matter, Message, Waiver
from tongxin.kernel.obligations.queries import ask, explain, obligation_named
from tongxin.kernel.obligations.reminders import DUE, ESCALATED, OVERDUE, owed_by_bearer, remind
from tongxin.kernel.programmes.services import change, resume, retire
from tongxin.testing.again import again
from tongxin.testing.cast import NOW, make_cast
from tongxin.testing.pack import PACK

STEPS = "escalate: [{at: -5d, to: bearer}, {at: due, to: bearer}, {at: +2d, to: branch_secretary}, {at: +7d, to: secretary}]"
# Two weeks, one lesson for each Party member: the fortnight of the tests ends on Sunday 2026-11-22.
WITH_STEPS = PACK.replace(
    "    window: teaching_fortnight\n", f"    window: teaching_fortnight\n    {STEPS}\n"
).replace("remind: [14d, 3d]", "remind: [20d]")
LAST = date(2026, 11, 22)


@pytest.fixture
def world(db, today):
    return again("reminded", reminded)


def reminded():
    cast = make_cast()
    cast.adopt(WITH_STEPS)
    type(cast.programme).objects.update(adopted_at=NOW)
    cast.programme.refresh_from_db()
    return cast


def told(cast, day: date) -> set[tuple[str, str, int]]:
    """Run a day's reminders; return the new messages about the lesson as (whom, topic, step)."""
    known = set(Message.objects.values_list("pk", flat=True))
    remind(cast.school, day)
    rows = Message.objects.exclude(pk__in=known).filter(matter__obligation="lesson-each-fortnight")
    return {(m.recipient.name, m.topic, m.step) for m in rows.filter(matter__due_day=LAST)}


MEMBERS = {"刘洋", "许静", "李梅"}


def test_each_step_tells_its_addressee_once_whatever_the_worker_does(world):
    assert told(world, LAST - timedelta(days=6)) == set()
    assert told(world, LAST - timedelta(days=4)) == {(n, DUE, -5) for n in MEMBERS}
    assert told(world, LAST - timedelta(days=4)) == set()
    assert told(world, LAST) == {(n, OVERDUE, 0) for n in MEMBERS}
    assert told(world, LAST) == set()


def test_what_is_not_done_goes_up_to_the_branch_secretary_and_then_to_the_secretary(world):
    assert (("李梅", ESCALATED, 2)) in told(world, LAST + timedelta(days=2))
    assert {row for row in told(world, LAST + timedelta(days=7)) if row[1] == ESCALATED} == {
        ("王建国", ESCALATED, 7)
    }
    # One message for each member who is behind: Li, herself behind, is told of the two others.
    assert Message.objects.filter(topic=ESCALATED, recipient=world.wang.subject, step=7).count() == 3
    assert Message.objects.filter(topic=ESCALATED, recipient=world.li.subject, step=2).count() == 2


def test_a_vacant_post_passes_to_its_superior(world):
    Link.objects.filter(kind="branch_secretary").update(valid_to=LAST - timedelta(days=30))
    assert ("王建国", ESCALATED, 2) in told(world, LAST + timedelta(days=2))


def test_it_stops_when_the_thing_is_done(world):
    told(world, LAST - timedelta(days=4))
    world.record(
        "wellbeing_lesson",
        date(2026, 11, 16),
        {"homeroom": [world.room_one.subject], "lecturer": [world.xu.subject]},
        by=world.xu,
    )
    assert {row[0] for row in told(world, LAST)} == {"刘洋", "李梅"}
    assert not outbox.inbox(world.xu.viewer()).exists()
    matter = Matter.objects.get(obligation="lesson-each-fortnight", bearer=world.xu.subject, due_day=LAST)
    assert (matter.closed_at is not None, matter.closed_as) == (True, Matter.Closed.MET)


def test_it_stops_when_it_is_waived_and_goes_on_when_the_waiver_is_taken_back(world):
    told(world, LAST - timedelta(days=4))
    waiver = Waiver.objects.create(
        school=world.school,
        programme=world.programme,
        obligation="lesson-each-fortnight",
        subject=world.xu.subject,
        reason="外出培训",
        approved_by=world.wang.account,
    )
    remind(world.school, LAST)
    matter = Matter.objects.get(obligation="lesson-each-fortnight", bearer=world.xu.subject, due_day=LAST)
    assert matter.closed_as == Matter.Closed.WAIVED
    assert not outbox.inbox(world.xu.viewer()).exists()
    Waiver.objects.filter(pk=waiver.pk).delete()
    assert told(world, LAST) == {("许静", OVERDUE, 0)}
    matter.refresh_from_db()
    assert matter.closed_at is None


def test_it_goes_no_further_up_once_somebody_above_said_they_know(world):
    told(world, LAST + timedelta(days=2))
    matter = Matter.objects.get(obligation="lesson-each-fortnight", bearer=world.xu.subject, due_day=LAST)
    assert services.acknowledge(matter, by=world.li.viewer())
    assert not services.acknowledge(matter, by=world.li.viewer())
    told(world, LAST + timedelta(days=7))
    about = Message.objects.filter(recipient=world.wang.subject, step=7)
    assert {m.matter.bearer.name for m in about} == {"刘洋", "李梅"}
    assert AuditRow.objects.filter(action="notices.acknowledged", object_id=str(matter.pk)).count() == 1


def test_the_bearer_cannot_end_what_others_are_told_of_them(world):
    told(world, LAST)
    matter = Matter.objects.get(obligation="lesson-each-fortnight", bearer=world.xu.subject, due_day=LAST)
    with pytest.raises(ValueError, match="above the bearer"):
        services.acknowledge(matter, by=world.xu.viewer())


def test_the_bearer_is_told_again_at_most_once_a_day(world, today):
    told(world, LAST)
    matter = Matter.objects.get(obligation="lesson-each-fortnight", bearer=world.xu.subject, due_day=LAST)
    assert services.tell_again(matter, by=world.li.viewer(), today=today).recipient == world.xu.subject
    with pytest.raises(services.AlreadyToldToday):
        services.tell_again(matter, by=world.wang.viewer(), today=today)


def test_windows_that_ended_before_the_programme_was_taken_on_are_nobody_s_business(world):
    """The small programme was adopted on 2026-11-18; October's meeting was missed before."""
    remind(world.school, date(2026, 11, 18))
    assert not Matter.objects.filter(due_day__lt=date(2026, 11, 18)).exists()


def test_a_retired_programme_reminds_nobody_any_more(world):
    told(world, LAST)
    type(world.programme).objects.filter(pk=world.programme.pk).update(retired_on=LAST)
    remind(world.school, LAST + timedelta(days=1))
    assert not Matter.objects.filter(closed_at=None).exists()
    assert not outbox.inbox(world.xu.viewer()).exists()


def test_no_row_of_the_outbox_names_a_child(world):
    remind(world.school, date(2026, 12, 30))
    text = str(list(Message.objects.values())) + str(list(Matter.objects.values()))
    assert Matter.objects.filter(obligation="visit-once-a-term", bearer=world.liu.subject).count() == 1
    assert not any(pupil.name in text for pupils in world.students.values() for pupil in pupils)


def lesson_of(cast, player):
    return Matter.objects.get(obligation="lesson-each-fortnight", bearer=player.subject, due_day=LAST)


def without_lessons(text: str) -> str:
    """The same programme without the rule of the fortnightly lesson."""
    begin = text.index("  - id: lesson-each-fortnight")
    return text[:begin] + text[text.index("  - id: study-hours") :]


def rewrite(cast, text: str, base: int) -> None:
    change(cast.programme, text, "改", by=cast.wang.account, base=base)


IN_PRINCIPLE = WITH_STEPS.replace(
    "at: 二(二), level: school, modality: must", "at: 二(二), level: school, modality: in_principle"
)


def of_xu(world, day):
    """What Xu owes on a day: (programme, rule, subject, verdict)."""
    asked, rule = ask(world.programme, day), "lesson-each-fortnight"
    verdict = next(v for v in asked.verdicts([rule], [world.xu.subject.pk]) if v.due == LAST)
    return world.programme, obligation_named(asked.pack, rule, day), world.xu.subject, verdict


def test_a_stated_reason_stops_reminders_and_what_goes_up_until_it_is_taken_back(world):
    rewrite(world, IN_PRINCIPLE, 1)
    told(world, LAST - timedelta(days=4))
    day = LAST - timedelta(days=3)
    reasons.state(*of_xu(world, day), "在外挂职。", by=world.xu.viewer())
    matter = Matter.objects.get(bearer=world.xu.subject, obligation="lesson-each-fortnight", due_day=LAST)
    assert matter.closed_as == Matter.Closed.STATED, "at once, not only with the next round"
    assert not Message.objects.filter(matter=matter, cancelled_at=None).exists()
    assert told(world, LAST) == {(n, OVERDUE, 0) for n in MEMBERS - {"许静"}}
    told(world, LAST + timedelta(days=2))
    assert not Message.objects.filter(matter=matter, topic=ESCALATED).exists()
    assert Matter.objects.get(pk=matter.pk).closed_as == Matter.Closed.STATED

    day = LAST + timedelta(days=3)
    reasons.withdraw(*of_xu(world, day), by=world.xu.viewer())
    told(world, LAST + timedelta(days=7))
    assert Message.objects.filter(matter=matter, topic=ESCALATED, recipient=world.wang.subject).count() == 1
    assert Matter.objects.get(pk=matter.pk).closed_at is None
    with pytest.raises(reasons.CannotState):
        reasons.withdraw(*of_xu(world, day), by=world.xu.viewer())
    actions = AuditRow.objects.filter(action__startswith="obligations.reason").values_list(
        "action", flat=True
    )
    assert list(actions) == ["obligations.reason_stated", "obligations.reason_withdrawn"]


def test_a_reason_for_one_window_excuses_no_other(world):
    rewrite(world, IN_PRINCIPLE, 1)
    reasons.state(*of_xu(world, LAST), "在外挂职。", by=world.xu.viewer())
    later = LAST + timedelta(days=14)
    remind(world.school, later)
    assert Message.objects.filter(
        recipient=world.xu.subject, matter__due_day=later, cancelled_at=None
    ).exists()


def test_a_reason_for_a_term_does_not_excuse_the_half_year_that_begins_with_it(world):
    rewrite(world, IN_PRINCIPLE.replace("window: teaching_fortnight", "windows: [half_year, term]"), 1)
    asked, name = ask(world.programme, LAST), "lesson-each-fortnight"
    rule = obligation_named(asked.pack, name, LAST)
    mine = [v for v in asked.verdicts([name]) if v.subject == str(world.xu.subject.pk)]
    half_year = max(mine, key=lambda v: v.last - v.first)
    assert len([v for v in mine if v.first == half_year.first]) == 2
    shown = explain(world.xu.viewer(), asked, name, world.xu.subject, half_year.first)
    assert shown is not None
    assert shown.last < half_year.last
    reasons.state(world.programme, rule, world.xu.subject, shown, "在外挂职。", by=world.xu.viewer())
    owed = owed_by_bearer(ask(world.programme, LAST), {name: rule})
    left = {
        (key[1], one.due)
        for key, one in owed.items()
        if key[3] == world.xu.subject.pk and key[2] == half_year.first
    }
    assert left == {(half_year.window, half_year.due)}


def test_a_rule_taken_out_of_the_programme_is_closed_with_its_reason_and_goes_no_further_up(world):
    assert ("李梅", ESCALATED, 2) in told(world, LAST + timedelta(days=2))
    rewrite(world, without_lessons(WITH_STEPS), 1)
    assert told(world, LAST + timedelta(days=7)) == set()
    matter = lesson_of(world, world.xu)
    assert (matter.closed_at is not None, matter.closed_as) == (True, Matter.Closed.DROPPED)
    assert not outbox.inbox(world.li.viewer()).filter(matter=matter).exists()


def test_it_comes_back_when_the_rule_returns_and_what_was_known_stays_known(world):
    told(world, LAST + timedelta(days=2))
    services.acknowledge(lesson_of(world, world.xu), by=world.li.viewer())
    rewrite(world, without_lessons(WITH_STEPS), 1)
    remind(world.school, LAST + timedelta(days=3))
    rewrite(world, WITH_STEPS, 2)
    assert ("王建国", ESCALATED, 7) in told(world, LAST + timedelta(days=7))
    assert {lesson_of(world, one).closed_as for one in (world.xu, world.liu)} == {""}
    up = Message.objects.filter(recipient=world.wang.subject, step=7)
    assert {m.matter.bearer.name for m in up} == {"刘洋", "李梅"}, "Xu's was known to somebody above"


def test_another_window_is_another_matter_and_the_old_one_is_closed(world):
    told(world, LAST)
    rewrite(world, WITH_STEPS.replace("    window: teaching_fortnight\n", "    window: month\n", 1), 1)
    remind(world.school, LAST + timedelta(days=8))
    assert lesson_of(world, world.xu).closed_as == Matter.Closed.DROPPED
    fresh = Matter.objects.get(
        obligation="lesson-each-fortnight", bearer=world.xu.subject, due_day=date(2026, 11, 30)
    )
    assert fresh.closed_at is None


def test_a_stopped_programme_says_so_and_its_matters_return_when_it_is_taken_up_again(world):
    told(world, LAST)
    retire(world.programme, LAST, by=world.wang.account)
    remind(world.school, LAST + timedelta(days=1))
    assert lesson_of(world, world.xu).closed_as == Matter.Closed.RETIRED
    assert told(world, LAST + timedelta(days=2)) == set()
    resume(world.programme, by=world.wang.account)
    assert ("李梅", ESCALATED, 2) in told(world, LAST + timedelta(days=3))
    assert lesson_of(world, world.xu).closed_at is None


def test_after_the_programme_year_nothing_is_asked_for(world):
    remind(world.school, date(2026, 12, 30))
    remind(world.school, date(2027, 1, 1))
    assert set(Matter.objects.values_list("closed_as", flat=True)) == {Matter.Closed.ENDED}
