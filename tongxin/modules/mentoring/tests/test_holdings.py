"""What is held about a person is told in a copy, counted, and gone once it is erased."""

from datetime import date

import pytest
from django.utils import timezone

from tongxin.kernel.access import holdings
from tongxin.kernel.access.holdings import Reader
from tongxin.modules.mentoring import models
from tongxin.testing.cast import TODAY


@pytest.fixture
def held(two):
    """One of everything, written by the mentor and by the child, each with a word of its own."""
    about = {"school": two.cast.school, "kind": "mentor_of", "a": two.cast.xu.subject, "b": two.child}
    a, b = two.cast.xu.subject, two.child
    days = {"since": date(2026, 9, 1), "until": date(2027, 1, 15)}
    models.Agreement.objects.create(
        **about, number=1, first_day=TODAY, last_day=TODAY, goals="目标MARKER", measures="措施MARKER",
        written_by=a, token="t",
    )  # fmt: skip
    models.Wish.objects.create(**about, words="心愿MARKER", told="实现MARKER", stated_by=b, token="t")
    models.Mark.objects.create(
        **about,
        day=TODAY,
        exam="期中",
        course="数学",
        result={"score": 100, "full": 100},
        entered_by=a,
        token="t",
    )
    for side, by, words in (("a", a, "老师说MARKER"), ("b", b, "学生说MARKER")):
        models.Feedback.objects.create(
            **about, **days, side=side, said_by=by, answers={"scores": [5], "again": "again"}, words=words
        )
    models.PairAsked.objects.create(
        **about, side="b", want="end", reason="fit", words="不想MARKER", asked_by=b, token="t"
    )
    models.PairStep.objects.create(
        **about, what="declined", day=TODAY, words="再看看MARKER", by=two.cast.chen.subject, token="t"
    )
    models.GrowthRequest.objects.create(
        school=two.cast.school,
        theme="life",
        asker=a,
        asked_on=TODAY,
        asked_at=timezone.now(),
        words="难MARKER",
        token="t",
    )
    return two


def ours(type_):
    return [one for one in holdings.of_type(type_) if one.name.startswith("mentoring.")]


def told(viewer, subject):
    reader = Reader(viewer, "copy")
    return "\n".join(str(section.rows) for one in ours(subject.type) for section in one.tell(reader, subject))


def test_a_copy_tells_the_child_everything_and_the_teacher_not_what_the_child_said(held):
    child = told(held.cast.chen.viewer(proved=True), held.child)
    teacher = told(held.cast.chen.viewer(proved=True), held.cast.xu.subject)

    for words in ("目标MARKER", "心愿MARKER", "学生说MARKER", "老师说MARKER", "不想MARKER"):
        assert words in child
    assert "难MARKER" in teacher
    assert "学生说MARKER" not in teacher
    assert "不想MARKER" not in teacher


@pytest.mark.parametrize("who", ["child", "teacher"])
def test_what_is_counted_is_gone_once_it_is_erased(held, who):
    subject = held.child if who == "child" else held.cast.xu.subject
    for one in ours(subject.type):
        assert one.count([subject.pk])[subject.pk] > 0
        assert one.erase(subject, None).gone > 0

    rows = [
        (row, field.name)
        for model in (models.Agreement, models.Wish, models.Feedback, models.PairAsked, models.PairStep)
        for row in model.objects.all()
        for field in model._meta.concrete_fields
    ]
    assert all("MARKER" not in str(getattr(row, name)) for row, name in rows)
    assert models.Agreement.objects.count() == 1
    if who == "teacher":
        assert models.GrowthRequest.objects.get().words == ""
