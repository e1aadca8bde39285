"""A case from its opening to its closing: who decides, what is promised, what nobody can do alone."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from tongxin.exchange.notices import topics
from tongxin.kernel.access import holdings
from tongxin.kernel.access.reading import OutOfReach, opened
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.sealing.fields import NotOpened
from tongxin.kernel.consent import services as consent
from tongxin.kernel.consent.models import Consent, Purpose
from tongxin.kernel.ledger import evidence
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.obligations.tasks import sweep_evidence
from tongxin.kernel.people import services as people
from tongxin.kernel.signals.models import Signal
from tongxin.modules.cases import schemes
from tongxin.modules.cases.casework import bearing, cases, handing, papers, ranks, signals, watch
from tongxin.modules.cases.casework.refusal import Refused
from tongxin.modules.cases.models import (
    Case,
    CaseFile,
    CasePaper,
    CaseTask,
    Handover,
    Outcome,
    Standing,
    Step,
)
from tongxin.testing.cast import TODAY


def told(person, topic) -> int:
    return Message.objects.filter(recipient=person.subject, topic=topic, cancelled_at=None).count()


def rank(case) -> int:
    return ranks.known_to_program([case])[case.pk]


def test_a_case_begins_with_the_scheme_of_the_school_and_keeps_what_it_was_promised(desk, clock):
    signal = desk.signal(desk.child())
    case = desk.open(desk.child())
    assert (case.state, case.owner_id, case.number) == ("interview", desk.cast.chen.subject.pk, 1)
    assert case.due_at == timezone.now() + timedelta(hours=24)
    assert Outcome.objects.get(signal=signal).case == case
    text = schemes.current(desk.cast.school)
    assert text.slug == schemes.DEFAULT
    schemes.take(
        desk.cast.school, text.text.replace("within: {5: 4 h, 4: 24 h, 2: 7 d}", "within: {5: 1 h, 4: 2 h, 2: 3 h}"),
        by=desk.chen,
    )  # fmt: skip
    case.refresh_from_db()
    assert case.scheme == text
    desk.walk(case, "follow")
    other = desk.open(desk.child(1))
    assert other.scheme.number == 2
    assert other.due_at == timezone.now() + timedelta(hours=2)


def test_from_interview_to_plan_each_paper_leads_on_and_only_a_person_sets_the_rank(desk, clock):
    case = desk.open(desk.child(), rank=2)
    desk.write(case, "interview")
    case.refresh_from_db()
    assert case.state == "study"
    with pytest.raises(Refused, match="现在这一步不写这张表"):
        desk.write(case, "plan")
    desk.write(case, "meeting")
    case.refresh_from_db()
    assert case.state == "study", "the finding is still missing"
    desk.write(case, "finding", rank=5)
    case.refresh_from_db()
    assert (case.state, rank(case)) == ("plan", 5)
    assert case.due_at == timezone.now() + timedelta(hours=24)
    assert Standing.objects.get(kind="finding").by == desk.cast.chen.subject
    desk.write(case, "plan")
    case.refresh_from_db()
    assert (case.state, case.due_at) == ("follow", None)
    assert case.follow_due == timezone.now() + timedelta(hours=24)
    desk.write(case, "step-down", rank=2)
    case.refresh_from_db()
    assert rank(case) == 2
    assert case.follow_due == timezone.now() + timedelta(days=30)


def test_a_new_signal_joins_the_case_hurries_its_clock_and_lowers_nothing(desk, clock):
    case = desk.walk(desk.open(desk.child(), rank=2), "follow", rank=2)
    clock.move(days=3)
    light = desk.signal(desk.child(), rank=1, take=False)
    case.refresh_from_db()
    assert Outcome.objects.get(signal=light).case == case
    assert rank(case) == 2
    assert case.follow_due == timezone.now() + timedelta(days=27), "it stays sooner than thirty days from now"
    desk.signal(desk.child(), rank=5, take=False)
    case.refresh_from_db()
    assert rank(case) == 5
    assert case.follow_due == timezone.now() + timedelta(hours=24)
    assert Standing.objects.filter(kind="signal").get().by is None
    assert told(desk.cast.chen, topics.CASE_NEWS) == 2


def test_closing_takes_a_second_person_and_no_unread_signal(desk, clock):
    case = desk.walk(desk.open(desk.child()), "closing")
    assert told(desk.leader, topics.CASE_TO_CLOSE) == 1
    with pytest.raises(Refused, match="另一个人"):
        cases.agree_to_close(case, desk.chen)
    clock.move(minutes=5)
    desk.signal(desk.child(), rank=1, take=False)
    with pytest.raises(Refused, match="新的提示"):
        cases.agree_to_close(case, desk.viewer(desk.leader))
    case = cases.send_back(case, desk.viewer(desk.second), "又有新的情况")
    assert (case.state, case.proposed_by) == ("follow", None)
    clock.move(minutes=5)
    desk.write(case, "close")
    clock.move(minutes=5)
    closed = cases.agree_to_close(case, desk.viewer(desk.leader))
    assert (closed.phase, closed.due_at, closed.follow_due) == ("closed", None, None)
    step = Step.objects.get(kind="closed")
    assert (step.by, closed.proposed_by) == (desk.leader.subject, desk.cast.chen.subject)
    again = cases.reopen(closed, desk.chen, "家长来电，又不肯上学")
    assert (again.phase, again.state) == ("open", "interview")
    assert again.due_at is not None


def test_somebody_who_does_not_work_on_cases_can_do_nothing_to_one(desk, clock):
    case = desk.walk(desk.open(desk.child()), "closing")
    for who in (desk.cast.liu, desk.cast.wang, desk.cast.zhao):
        for do in (
            lambda by: cases.agree_to_close(case, by), lambda by: cases.send_back(case, by, "不同意"),
            lambda by: cases.move(case, "follow", by), lambda by: bearing.give(case, by.person_id, "做一件事", TODAY, by),
            lambda by: handing.ask(case, desk.second.subject, by), lambda by: cases.reopen(case, by, "再看看"),
        ):  # fmt: skip
            with pytest.raises(Refused):
                do(desk.viewer(who))
    with pytest.raises(Refused):
        desk.open(desk.child(1), by=desk.cast.liu)
    case.refresh_from_db()
    assert case.phase == "closing"


def test_a_signal_without_a_case_is_answered_for_by_a_named_person(desk, clock):
    untaken = desk.signal(desk.child(2), take=False)
    with pytest.raises(Refused, match="我来处理"):
        signals.no_case_needed([untaken], desk.chen, "问过了，是考试没有考好")
    signal = desk.signal(desk.child(3))
    assert list(signals.waiting(desk.cast.school.pk)) == [signal]
    with pytest.raises(Refused, match="请写清"):
        signals.no_case_needed([signal], desk.chen, "没事")
    signals.no_case_needed([signal], desk.chen, "问过了，是考试没有考好，已经和家长说了")
    outcome = Outcome.objects.get(signal=signal)
    assert (outcome.case, outcome.by) == (None, desk.cast.chen.subject)
    assert not signals.waiting(desk.cast.school.pk).exists()


def test_a_referral_waits_for_the_guardians_consent_unless_life_does_not(desk, clock):
    case = desk.walk(desk.open(desk.child()), "follow")
    with pytest.raises(Refused, match="监护人还没有同意"):
        desk.write(case, "referral")
    assert not CasePaper.objects.filter(form="referral").exists()
    desk.write(case, "referral", urgent="正在伤害自己，已经陪同去医院")
    case.refresh_from_db()
    assert case.state == "referred"
    assert Step.objects.filter(kind="without_consent").count() == 1
    assert told(desk.leader, topics.CASE_NEWS) == 1
    desk.write(case, "receipt")
    case.refresh_from_db()
    assert case.state == "follow"
    child = desk.child(1)
    guardian = people.make_guardian(desk.cast.school, "白家长", children=[child]).subject
    consent.publish_text(
        desk.cast.school, Purpose.SHARING, "给医院看什么、谁能看。", renews=True, by=desk.cast.wang.account
    )
    consent.record(
        desk.cast.school, Purpose.SHARING, [consent.Said(child, guardian, "given")], channel=Consent.Channel.PAPER,
        at=timezone.now(), by=desk.cast.sun.account,
    )  # fmt: skip
    other = desk.walk(desk.open(child), "follow")
    desk.write(other, "referral")
    other.refresh_from_db()
    assert other.state == "referred"


def test_hospital_papers_lie_sealed_and_are_swept_by_nobody(desk, clock):
    case = desk.walk(desk.open(desk.child()), "follow")
    desk.write(case, "referral", urgent="正在伤害自己，已经陪同去医院")
    desk.write(case, "receipt")
    file = CaseFile.objects.get()
    path = evidence.path_of(desk.cast.school.public_id, file.file)
    assert path.read_bytes().startswith(evidence.SEALED)
    assert evidence.read(desk.cast.school.public_id, file.file).startswith(b"\xff\xd8")
    import os

    os.utime(path, (0, 0))
    sweep_evidence.call()
    assert path.exists()


def test_notes_open_to_the_keeper_the_plan_to_the_counsellors_and_the_exceptional_to_nobody_alone(
    desk, clock
):
    case = desk.walk(desk.open(desk.child()), "follow")
    interview = CasePaper.objects.filter(form="interview")
    assert papers.read(interview, desk.chen, notes=True)[0].notes["mood"] == "写了一段话"
    assert AuditRow.objects.filter(action="sealed.read", object_id=str(case.student_id)).exists()
    second = desk.viewer(desk.second)
    assert (
        papers.read(CasePaper.objects.filter(form="plan"), second, notes=False)[0].plan["measures"]
        == "写了一段话"
    )
    for viewer, column in (
        (second, "notes"),
        (desk.viewer(desk.leader), "notes"),
        (desk.chen, "deep"),
        (second, "deep"),
    ):
        with pytest.raises(OutOfReach):
            opened(viewer, CasePaper.objects.filter(form="interview"), "crisis", column)
    for who in (desk.cast.liu, desk.cast.wang, desk.cast.sun, desk.cast.zhao):
        with pytest.raises(OutOfReach):
            opened(desk.viewer(who), CasePaper.objects.filter(form="plan"), "crisis", "plan")
    with pytest.raises(NotOpened):
        _ = CasePaper.objects.get(form="plan").plan


def test_without_the_audit_row_no_word_of_a_case_opens(desk, clock):
    desk.walk(desk.open(desk.child()), "follow")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_row RENAME TO audit_row_gone")
    rows = list(CasePaper.objects.filter(form="plan"))
    with pytest.raises(DatabaseError):
        papers.read(rows, desk.chen, notes=True)
    with pytest.raises(NotOpened):
        _ = rows[0].plan


def test_a_bearer_reads_the_task_alone_and_its_keeper_hears_the_answer(desk, clock):
    case = desk.walk(desk.open(desk.child()), "follow")
    liu = desk.viewer(desk.cast.liu)
    task = bearing.give(case, liu.person_id, "每天早读前和他说一句话", TODAY + timedelta(days=3), desk.chen)
    bearing.give(case, desk.cast.xu.subject.pk, "体育课看着点", TODAY, desk.chen)
    unproved = desk.cast.liu.viewer()
    assert [one.words for one in bearing.read(unproved, bearing.mine(unproved))] == ["每天早读前和他说一句话"]
    with pytest.raises(OutOfReach):
        bearing.read(unproved, CaseTask.objects.all())
    bearing.finish(task, liu, "说了，今天笑了一下")
    assert not bearing.mine(liu).exists()
    assert told(desk.cast.chen, topics.CASE_NEWS) == 1
    bearing.not_done(task, liu)
    assert bearing.mine(liu).count() == 1
    bearing.take_back(task, desk.chen)
    with pytest.raises(OutOfReach):
        bearing.read(unproved, CaseTask.objects.filter(pk=task.pk))
    with pytest.raises(Refused):
        bearing.finish(task, liu, "")


def test_what_is_late_is_said_once_a_day_and_a_missed_follow_up_is_a_signal(desk, clock):
    case = desk.walk(desk.open(desk.child()), "follow")
    bearing.give(case, desk.cast.liu.subject.pk, "家访一次", TODAY, desk.chen)
    assert watch.run(timezone.now()) == 0
    clock.move(days=8)
    assert watch.run(timezone.now()) == 1
    assert watch.run(timezone.now()) == 0
    signal = Signal.objects.get(origin="duration")
    assert (signal.student, signal.urgent) == (desk.child(), True)
    assert Outcome.objects.get(signal=signal).case == case
    assert [told(who, topics.CASE_LATE) for who in (desk.cast.chen, desk.leader, desk.second)] == [1, 1, 0]
    assert [told(who, topics.CHILD_TASK_LATE) for who in (desk.cast.chen, desk.leader)] == [1, 1]
    clock.move(days=1)
    watch.run(timezone.now())
    assert told(desk.cast.chen, topics.CASE_LATE) == 2
    desk.write(case, "follow-up")
    case.refresh_from_db()
    assert case.follow_due == timezone.now() + timedelta(days=7)


def test_who_took_a_signal_and_wrote_nothing_is_reminded_with_the_leader(desk, clock):
    desk.signal(desk.child())
    clock.move(hours=23)
    watch.run(timezone.now())
    assert told(desk.cast.chen, topics.OUTCOME_OWED) == 0
    clock.move(hours=2)
    watch.run(timezone.now())
    assert (told(desk.cast.chen, topics.OUTCOME_OWED), told(desk.leader, topics.OUTCOME_OWED)) == (1, 1)


def test_a_case_whose_keeper_leaves_waits_for_somebody_who_says_that_they_have_it(desk, clock):
    case = desk.walk(desk.open(desk.child()), "follow")
    desk.walk(desk.open(desk.child(1)), "closing")
    people.depart(desk.cast.chen.subject, TODAY, by=desk.cast.sun.account)
    assert Handover.objects.count() == 2
    assert told(desk.leader, topics.CASE_WITHOUT_KEEPER) == 2
    clock.move(days=1)
    watch.run(timezone.now())
    assert told(desk.leader, topics.CASE_WITHOUT_KEEPER) == 4
    handover = handing.ask(case, desk.second.subject, desk.viewer(desk.leader))
    case.refresh_from_db()
    assert case.owner == desk.cast.chen.subject, "not before it was received"
    with pytest.raises(Refused):
        handing.receive(handover, desk.viewer(desk.leader))
    handing.receive(handover, desk.viewer(desk.second))
    case.refresh_from_db()
    assert case.owner == desk.second.subject
    assert papers.read(
        CasePaper.objects.filter(case=case, form="interview"), desk.viewer(desk.second), notes=True
    )
    assert Handover.objects.filter(received_at=None).count() == 1


def test_a_draft_is_its_writers_alone_and_goes_with_the_paper(desk, clock):
    case = desk.open(desk.child())
    form = papers.form_for(case, "interview", desk.chen)
    papers.keep_draft(case, form, desk.chen, {"mood": ["写到一半"]})
    papers.keep_draft(case, form, desk.chen, {"mood": ["又写了一点"]})
    assert papers.draft_of(case, form, desk.chen).values == {"mood": ["又写了一点"]}
    assert papers.draft_of(case, form, desk.viewer(desk.second)) is None
    from tongxin.modules.cases.models import CaseDraft

    with pytest.raises(OutOfReach):
        opened(desk.viewer(desk.second), CaseDraft.objects.all(), "crisis")
    desk.write(case, "interview")
    assert not CaseDraft.objects.exists()


def test_a_child_has_one_open_case_however_often_it_is_opened(desk, clock):
    case = desk.open(desk.child())
    with pytest.raises(Refused, match="已经有一份"):
        desk.open(desk.child(), by=desk.second)
    assert Case.objects.get() == case


def test_a_scheme_with_mistakes_is_not_taken_and_says_where_they_are(desk):
    text = schemes.shipped()[schemes.DEFAULT][1]
    with pytest.raises(schemes.Refused) as refused:
        schemes.take(
            desk.cast.school,
            text.replace("    does: close\n    leads: closing\n", "    does: close\n"),
            by=desk.chen,
        )
    assert {finding.code for finding in refused.value.findings} >= {"leads"}
    assert schemes.current(desk.cast.school) is None
    assert schemes.pace(desk.cast.school.pk, 5) is None
    schemes.take(desk.cast.school, text, by=desk.chen)
    assert [schemes.pace(desk.cast.school.pk, rank) for rank in (5, 4, 3, 1)] == [10, 30, 30, 24 * 60]


def test_what_is_held_about_a_child_is_told_counted_and_erased(desk, clock):
    case = desk.walk(desk.open(desk.child()), "follow")
    desk.write(case, "referral", urgent="正在伤害自己，已经陪同去医院")
    desk.write(case, "receipt")
    bearing.give(case, desk.cast.liu.subject.pk, "早读前说一句话", TODAY, desk.chen)
    held = {one.name: one for one in holdings.of_type("student") if one.name.startswith("cases.")}
    reader, child = holdings.Reader(desk.chen, "crisis"), desk.child()
    told_of = {
        name: str(held[name].tell(reader, child)) for name in ("cases.rank", "cases.notes", "cases.plan")
    }
    assert "橙色" in told_of["cases.rank"]
    assert "写了一段话" in told_of["cases.notes"]
    assert "每周来上四天课" in told_of["cases.plan"]
    assert "早读前说一句话" in told_of["cases.plan"]
    with pytest.raises(OutOfReach):
        held["cases.exceptional"].tell(reader, child)
    path = evidence.path_of(desk.cast.school.public_id, CaseFile.objects.get().file)
    assert path.exists()
    for name in ("cases.notes", "cases.plan", "cases.exceptional"):
        assert held[name].count([child.pk])[child.pk] > 0
        assert held[name].erase(child, None).gone > 0
        assert held[name].count([child.pk]) == {}
    assert not path.exists()
    assert held["cases.rank"].erase is None
