from datetime import timedelta

import pytest
from django.utils import timezone

from tongxin.kernel.access import openings, policy
from tongxin.kernel.access.models import Opening
from tongxin.kernel.access.reading import OutOfReach, StepUpNeeded, opened, sealed_because_left
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Subject
from tongxin.kernel.people import services as people
from tongxin.testing.cast import NOW, TODAY, player
from tongxin.testing.sealed import Paper

REASON = "昨晚家长来电，要马上弄清情况"


@pytest.fixture
def notes(cast, papers):
    """Counselling notes (K4d) and answers (K4a) about two children."""
    for child in cast.students[1][:2]:
        Paper(school_id=cast.school.pk, subject_id=child.pk, day=TODAY, word="谈话", answers=[1]).save()
    return Paper.objects.all()


@pytest.fixture
def clock(monkeypatch):
    """Returns a function that moves the clock on."""

    def later(**more):
        monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(**more))

    return later


def of(notes, child):
    return notes.filter(subject_id=child.pk)


def test_break_glass_opens_one_child_at_once_names_itself_in_every_audit_row_and_ends_by_itself(
    cast, notes, clock
):
    chen, child, other = cast.chen.viewer(proved=True), *cast.students[1][:2]
    with pytest.raises(OutOfReach):
        opened(chen, of(notes, child), "counselling", "word")
    made = openings.ask(chen, child, ["K4d"], REASON, hours=2, kind=policy.BREAK_GLASS)
    with pytest.raises(StepUpNeeded):
        opened(cast.chen.viewer(), of(notes, child), "counselling", "word")
    assert opened(chen, of(notes, child), "counselling", "word")[0].word == "谈话"
    with pytest.raises(OutOfReach):
        opened(chen, notes, "counselling", "word")
    with pytest.raises(OutOfReach):
        opened(chen, of(notes, other), "counselling", "word")
    read = AuditRow.objects.get(action="sealed.read")
    assert (read.object_id, read.data["openings"]) == (str(child.pk), [made.pk])
    assert AuditRow.objects.get(action="access.glass_broken").object_id == str(child.pk)
    # The reason lies sealed.
    assert REASON.encode() not in bytes(Opening.objects.values().get()["reason"])
    clock(hours=2)
    with pytest.raises(OutOfReach):
        opened(chen, of(notes, child), "counselling", "word")


def test_break_glass_owes_a_review_by_somebody_else_that_moves_on_when_it_is_late(cast, notes, clock):
    chen, wang = cast.chen.viewer(proved=True), cast.wang.viewer()
    security = player(
        cast.school, "安全员", "anquan", security_admin=people.school_subject(cast.school)
    ).viewer()
    made = openings.ask(chen, cast.students[1][0], ["K4d"], REASON, hours=24, kind=policy.BREAK_GLASS)
    assert made.review_due == NOW + timedelta(days=3)
    assert list(openings.to_review(wang)) == [made]
    assert not openings.to_review(chen).exists()
    assert not openings.to_review(security).exists()
    with pytest.raises(openings.Refused, match="另一个人"):
        openings.review(chen, made, proper=True, words="没事")
    with pytest.raises(openings.Refused, match="复核意见"):
        openings.review(wang, made, proper=True, words=" ")
    clock(days=3, minutes=1)
    assert list(openings.to_review(security)) == [made]
    clock(hours=1)
    openings.review(wang, made, proper=False, words="不是紧急情况")
    with pytest.raises(OutOfReach):
        opened(chen, of(notes, cast.students[1][0]), "counselling", "word")
    with pytest.raises(openings.Refused, match="复核过"):
        openings.review(wang, made, proper=True, words="改一改")
    assert AuditRow.objects.get(action="access.glass_reviewed").data["proper"] is False


def test_a_grant_opens_only_once_another_person_approved_it_and_while_the_post_lasts(cast, notes, clock):
    Paper._meta.get_field("answers")
    left = cast.students[1][0]
    Subject.objects.filter(pk=left.pk).update(present_to=TODAY - timedelta(days=40))
    left.refresh_from_db()
    chen, wang = cast.chen.viewer(proved=True), cast.wang.viewer()
    # Its record is sealed: the counsellor's own reach has ended with it.
    assert sealed_because_left(chen, cast.students[1]) == {left.pk}
    with pytest.raises(OutOfReach):
        opened(chen, of(notes, left), "screening_review", "answers")
    made = openings.ask(chen, left, ["K4a"], REASON, hours=48)
    assert made.state == Opening.State.WAITING
    with pytest.raises(OutOfReach):
        opened(chen, of(notes, left), "screening_review", "answers")
    with pytest.raises(openings.Refused, match="另一个人"):
        openings.decide(chen, made, approve=True)
    with pytest.raises(openings.Refused, match="为什么"):
        openings.decide(wang, made, approve=False)
    openings.decide(wang, made, approve=True)
    assert opened(chen, of(notes, left), "screening_review", "answers")[0].answers == [1]
    assert not openings.open_now(cast.liu.viewer(), "K4a", {left.pk})
    # Two days later it has ended; a post that ended ends it too.
    post = cast.chen.subject.links_out.get(kind="counsellor")
    people.end_post(post, TODAY - timedelta(days=1), by=None)
    with pytest.raises(OutOfReach):
        opened(cast.chen.viewer(proved=True), of(notes, left), "screening_review", "answers")


@pytest.mark.parametrize(
    ("who", "classes", "kind", "said"),
    [
        ("guo", ["K4d"], policy.BREAK_GLASS, "不能这样申请"),
        ("liu", ["K4c"], policy.GRANT, "不能这样申请"),
        ("wang", ["K4d"], policy.GRANT, "不能这样申请"),
        ("wang", ["K4c"], policy.BREAK_GLASS, "不能这样申请"),
        ("chen", ["K5"], policy.BREAK_GLASS, "不能这样申请"),
        ("chen", [], policy.BREAK_GLASS, "请选"),
    ],
)
def test_who_may_ask_for_what_is_the_table_alone(cast, keys, who, classes, kind, said):
    with pytest.raises(openings.Refused, match=said):
        openings.ask(getattr(cast, who).viewer(), cast.students[1][0], classes, REASON, hours=2, kind=kind)
    assert not Opening.objects.exists()


def test_a_reason_and_an_end_are_needed_and_own_children_and_other_schools_are_out_of_the_question(
    cast, keys
):
    wang, child = cast.wang.viewer(), cast.students[1][0]
    with pytest.raises(openings.Refused, match="为什么要看"):
        openings.ask(wang, child, ["K4c"], "看看", hours=2)
    with pytest.raises(openings.Refused, match="最多开336小时"):
        openings.ask(wang, child, ["K4c"], REASON, hours=337)
    assert openings.askable(wang, cast.other_student) == {}
    assert openings.askable(wang, cast.liu.subject) == {}
    made = openings.ask(wang, child, ["K4c", "K5"], REASON, hours=2)
    assert openings.to_decide(wang).count() == 0
    assert list(openings.to_decide(cast.chen.viewer())) == [made]
    openings.end(wang, made)
    with pytest.raises(openings.Refused, match="已经有结果"):
        openings.decide(cast.chen.viewer(), made, approve=True)
