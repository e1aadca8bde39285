import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from tongxin.kernel.access import duties
from tongxin.kernel.access.reading import OutOfReach, StepUpNeeded, opened, opened_by_program
from tongxin.kernel.audit import services as audit
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.sealing.fields import NotOpened
from tongxin.testing.cast import TODAY
from tongxin.testing.sealed import Paper

ANSWERS = [0, 3, 1, 2]


@pytest.fixture
def written(cast, papers):
    """A paper of each child of 七年级1班 and one of the school next door."""
    subjects = [*cast.students[1], cast.other_student]
    Paper.objects.bulk_create(
        Paper(school_id=s.school_id, subject_id=s.pk, day=TODAY, answers=ANSWERS) for s in subjects
    )
    return Paper.objects.filter(school_id=cast.school.pk)


def locked(paper) -> bool:
    with pytest.raises(NotOpened):
        _ = paper.answers
    return True


def test_every_read_is_on_record_under_the_child_with_the_reader_and_the_purpose(cast, written):
    papers = opened(cast.chen.viewer(proved=True), written, "screening_review")
    assert [paper.answers for paper in papers] == [ANSWERS] * 6
    rows = AuditRow.objects.filter(action="sealed.read").order_by("seq")
    assert {row.object_id for row in rows} == {str(s.pk) for s in cast.students[1]}
    assert {row.account for row in rows} == {cast.chen.account.pk}
    assert rows[0].data["purpose"] == "screening_review"
    assert audit.verify()[1] == []


def test_a_student_reads_their_own_paper_and_nobody_elses(cast, written):
    child, other = cast.students[1][:2]
    from tongxin.kernel.base.models import Account
    from tongxin.kernel.people.models import Person

    account = Account.objects.create_user("an")
    Person.objects.filter(pk=child.pk).update(account=account)
    from tongxin.kernel.access.viewer import viewer_for

    viewer = viewer_for(account, cast.school, TODAY)
    assert opened(viewer, written.filter(subject_id=child.pk), "own")[0].answers == ANSWERS
    with pytest.raises(OutOfReach):
        opened(viewer, written.filter(subject_id=other.pk), "own")


@pytest.mark.parametrize("who", ["liu", "xu", "wang", "sun", "guo", "zhou", "zhao"])
def test_nobody_else_opens_a_paper_and_no_read_is_noted(cast, written, who):
    papers = list(written)
    with pytest.raises(OutOfReach):
        opened(getattr(cast, who).viewer(), papers, "screening_review")
    assert all(locked(paper) for paper in papers)
    assert not AuditRow.objects.filter(action="sealed.read").exists()


def test_one_row_of_another_school_keeps_the_whole_list_shut(cast, written):
    papers = list(Paper.objects.all())
    with pytest.raises(OutOfReach):
        opened(cast.chen.viewer(proved=True), papers, "screening_review")
    assert all(locked(paper) for paper in papers)


def test_without_the_audit_table_not_one_byte_is_opened(cast, written):
    papers = list(written)
    with pytest.raises(DatabaseError), transaction.atomic():
        _read_without_the_audit_table(cast.chen.viewer(proved=True), papers)
    assert all(locked(paper) for paper in papers)


def _read_without_the_audit_table(viewer, papers):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_row RENAME TO audit_row_gone")
    opened(viewer, papers, "screening_review")


def test_an_audit_table_that_takes_no_rows_opens_nothing(cast, written, monkeypatch):
    papers = list(written)
    monkeypatch.setattr(audit, "write_each", lambda *a, **k: (_ for _ in ()).throw(DatabaseError("full")))
    with pytest.raises(DatabaseError):
        opened(cast.chen.viewer(proved=True), papers, "screening_review")
    assert all(locked(paper) for paper in papers)


def test_only_the_columns_asked_for_open(cast, written):
    paper = written.first()
    paper.word = "谈话"
    paper.save()
    again = opened(cast.chen.viewer(proved=True), written.filter(pk=paper.pk), "screening_review", "answers")[
        0
    ]
    assert again.answers == ANSWERS
    with pytest.raises(NotOpened):
        _ = again.word
    # The counsellor's notes are another class, which the screening review does not reach.
    with pytest.raises(OutOfReach):
        opened(cast.chen.viewer(proved=True), written.filter(pk=paper.pk), "screening_review")
    with pytest.raises(ValueError, match="no guarded columns"):
        opened(cast.chen.viewer(proved=True), written, "screening_review", "family")


def test_a_purpose_nobody_declared_opens_nothing(cast, written):
    with pytest.raises(ValueError, match="purpose"):
        opened(cast.chen.viewer(proved=True), written, "curiosity")
    with pytest.raises(ValueError, match="purpose"):
        opened_by_program(written, "counselling")


def test_what_the_program_opens_for_itself_is_on_record_once_a_school(cast, written):
    assert len(opened_by_program(Paper.objects.all(), "scoring")) == 7
    rows = AuditRow.objects.filter(action="sealed.read_by_program")
    assert sorted((row.school, row.data["rows"]) for row in rows) == sorted(
        [(cast.school.pk, 6), (cast.other_school.pk, 1)]
    )


def test_a_list_of_any_length_is_opened_with_the_same_queries(cast, written, django_assert_num_queries):
    viewer = cast.chen.viewer(proved=True)
    with django_assert_num_queries(7):
        opened(viewer, written[:2], "screening_review", "answers")
    with django_assert_num_queries(7):
        opened(viewer, written, "screening_review", "answers")


@pytest.fixture
def noted(cast, papers, monkeypatch):
    """A word (K4d) about two children; the counsellor's duty is the first child."""
    first, second = cast.students[1][:2]
    for child in (first, second):
        Paper.objects.create(school_id=child.school_id, subject_id=child.pk, day=TODAY, word="说了一些话")
    monkeypatch.setitem(duties._duties, (Paper, "K4d"), (lambda viewer: Q(subject_id=first.pk), True))
    return Paper.objects.order_by("pk")


def test_a_duty_opens_its_rows_and_nothing_beside_them(cast, noted):
    first, second = noted
    viewer = cast.chen.viewer(proved=True)
    assert opened(viewer, [first], "counselling", "word")[0].word == "说了一些话"
    assert AuditRow.objects.get(action="sealed.read").object_id == str(first.subject_id)
    for rows in ([second], [noted[0], second]):
        with pytest.raises(OutOfReach):
            opened(viewer, rows, "counselling", "word")


def test_a_duty_needs_the_role_that_the_policy_names_and_the_second_factor(cast, noted):
    first = noted.first()
    with pytest.raises(OutOfReach):
        opened(cast.liu.viewer(proved=True), [first], "counselling", "word")
    with pytest.raises(StepUpNeeded):
        opened(cast.chen.viewer(), [first], "counselling", "word")
    assert not AuditRow.objects.filter(action="sealed.read").exists()
