from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from tongxin.kernel.audit import services as audit
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Link
from tongxin.kernel.consent import services
from tongxin.kernel.consent.models import Consent, ConsentText, OnlyAdded
from tongxin.kernel.consent.queries import may_process, may_process_each
from tongxin.kernel.consent.rules import birthday
from tongxin.kernel.consent.services import Refused, Said
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.testing.cast import NOW, TODAY

SIGNED = date(2026, 11, 2)


@pytest.fixture
def child(cast):
    """安小禾, eleven, with her mother; the explanation was published on 1 November."""
    subject = cast.students[1][0]
    Person.objects.filter(pk=subject.pk).update(birth_date=date(2015, 3, 1))
    subject.mother = people.make_guardian(cast.school, "安妈妈", children=[subject]).subject
    _published(cast.school, datetime(2026, 11, 1, 1, 0, tzinfo=UTC))
    return subject


def _published(school, at, purpose="screening", version=1, renews=True):
    return ConsentText.objects.create(
        school=school, purpose=purpose, version=version, body="说明", renews=renews, published_at=at
    )


def say(cast, child, what, who=None, on=SIGNED, purpose="screening"):
    said = Said(child, who or child.mother, what)
    return services.record_papers(cast.school, purpose, [said], signed_on=on, by=cast.sun.account)


def why(child, purpose="screening", at=None):
    answer = may_process(child, purpose, at)
    assert answer.allowed == (answer.why == "given")
    assert bool(answer) == answer.allowed
    return answer.why


def test_nobody_answered_means_no(cast, child):
    assert why(child) == "no_answer"


def test_a_guardians_yes_opens_this_purpose_and_no_other(cast, child):
    _published(cast.school, datetime(2026, 11, 1, 1, 0, tzinfo=UTC), "counselling")
    say(cast, child, "given")
    assert why(child) == "given"
    assert why(child, "counselling") == "no_answer"
    assert why(cast.students[1][1]) == "no_answer"


def test_refusing_closes_this_purpose_and_leaves_the_others(cast, child):
    _published(cast.school, datetime(2026, 11, 1, 1, 0, tzinfo=UTC), "counselling")
    say(cast, child, "given", purpose="counselling")
    say(cast, child, "refused")
    assert why(child) == "refused"
    assert why(child, "counselling") == "given"


def test_a_yes_is_withdrawn_from_then_on_and_history_stays(cast, child):
    say(cast, child, "given")
    say(cast, child, "withdrawn", on=date(2026, 11, 10))
    assert why(child) == "withdrawn"
    assert why(child, at=datetime(2026, 11, 5, 4, 0, tzinfo=UTC)) == "given"


def test_one_guardians_no_stands_above_the_others_yes(cast, child):
    father = people.make_guardian(cast.school, "安爸爸", children=[child]).subject
    say(cast, child, "given")
    assert why(child) == "given"
    say(cast, child, "refused", who=father)
    assert why(child) == "refused"


def test_a_guardian_who_is_none_any_more_has_no_word_left(cast, child):
    say(cast, child, "given")
    link = Link.objects.current().get(kind="guardian_of", a=child.mother)
    people.end_link(link, TODAY - timedelta(days=1))
    assert why(child) == "no_answer"
    uncle = people.make_guardian(cast.school, "安舅舅", children=[child]).subject
    assert why(child) == "no_answer"
    say(cast, child, "given", who=uncle)
    assert why(child) == "given"


def test_from_fourteen_the_child_answers_and_the_day_after_the_birthday_counts(cast, child):
    say(cast, child, "given")
    Person.objects.filter(pk=child.pk).update(birth_date=TODAY.replace(year=2012))
    assert why(child) == "given"
    tomorrow = NOW + timedelta(days=1)
    assert why(child, at=tomorrow) == "own_needed"


def test_a_child_of_fourteen_says_yes_or_no_for_itself(cast, child):
    Person.objects.filter(pk=child.pk).update(birth_date=date(2012, 5, 5))
    say(cast, child, "refused")
    say(cast, child, "given", who=child, on=date(2026, 11, 5))
    assert why(child) == "given"
    say(cast, child, "withdrawn", who=child, on=date(2026, 11, 6))
    assert why(child) == "withdrawn"


def test_a_younger_childs_no_counts_and_its_yes_cannot_be_recorded(cast, child):
    say(cast, child, "given")
    with pytest.raises(Refused, match="未满十四周岁"):
        say(cast, child, "given", who=child)
    say(cast, child, "refused", who=child, on=date(2026, 11, 6))
    assert why(child) == "refused"


def test_without_a_birth_date_a_child_counts_as_under_fourteen(cast, child):
    Person.objects.filter(pk=child.pk).update(birth_date=None)
    with pytest.raises(Refused, match="出生日期"):
        say(cast, child, "given", who=child)
    say(cast, child, "given")
    assert why(child) == "given"


def test_a_new_text_that_renews_asks_everybody_again_and_another_does_not(cast, child):
    say(cast, child, "given")
    services.publish_text(cast.school, "screening", "改了一个错字", renews=False, by=cast.chen.account)
    assert why(child) == "given"
    services.publish_text(cast.school, "screening", "多问一项", renews=True, by=cast.chen.account)
    assert why(child, at=timezone.now()) == "outdated"
    say(cast, child, "given", on=TODAY)
    assert why(child) == "given"
    assert Consent.objects.order_by("-pk").first().text.version == 3


def test_a_child_that_left_or_comes_back_later_is_asked_again(cast, child):
    say(cast, child, "given")
    child.present_to = date(2026, 11, 12)
    child.save()
    assert why(child) == "not_here"
    child.present_from, child.present_to = date(2026, 11, 16), date.max
    child.save()
    assert why(child) == "no_answer"


def test_a_school_without_a_text_processes_nothing(cast):
    assert why(cast.students[1][1]) == "no_text"


@pytest.mark.parametrize(
    ("on", "word"), [(date(2026, 11, 19), "不能晚于今天"), (date(2026, 10, 30), "还没有公布说明")]
)
def test_an_impossible_day_is_refused_in_words(cast, child, on, word):
    with pytest.raises(Refused, match=word):
        say(cast, child, "given", on=on)
    assert not Consent.objects.exists()


def test_a_slip_signed_on_the_day_its_text_came_out_counts(cast, child):
    say(cast, child, "given", on=date(2026, 11, 1))
    assert why(child) == "given"


def test_strangers_and_other_schools_sign_for_nobody_and_nothing_is_half_saved(cast, child):
    stranger = people.make_guardian(cast.school, "别家家长", children=[cast.students[1][1]]).subject
    rows = [Said(child, child.mother, "given"), Said(child, stranger, "given")]
    with pytest.raises(Refused, match="不是安小禾的监护人"):
        services.record_papers(cast.school, "screening", rows, signed_on=SIGNED, by=None)
    with pytest.raises(Refused, match="不在本校"):
        say(cast, cast.other_student, "given", who=stranger)
    with pytest.raises(Refused, match="填了两次"):
        services.record_papers(cast.school, "screening", [rows[0], rows[0]], signed_on=SIGNED, by=None)
    assert not Consent.objects.exists()


def test_rows_of_the_ledger_are_never_changed_or_removed(cast, child):
    (row,) = say(cast, child, "given")
    row.what = "refused"
    for attempt in (
        row.save,
        row.delete,
        Consent.objects.all().delete,
        lambda: Consent.objects.filter(pk=row.pk).update(what="refused"),
    ):
        with pytest.raises(OnlyAdded):
            attempt()
    assert Consent.objects.get().what == "given"


def test_every_word_is_on_record_with_who_recorded_it(cast, child):
    say(cast, child, "given")
    row = AuditRow.objects.get(action="consent.recorded")
    assert row.account == cast.sun.account.pk
    assert (row.data["what"], row.data["student"], row.data["who"]) == ("given", child.pk, child.mother.pk)
    assert audit.verify()[1] == []


def test_many_are_asked_with_the_queries_of_one(cast, child, django_assert_num_queries):
    for size in (1, 6):
        with django_assert_num_queries(4):
            may_process_each(cast.school.pk, cast.students[1][:size], "screening")


def test_a_child_of_another_school_is_not_here(cast, child):
    answer = may_process_each(cast.school.pk, [cast.other_student], "screening")[cast.other_student.pk]
    assert answer.why == "not_here"


def test_somebody_born_on_29_february_has_a_birthday_every_year():
    assert birthday(date(2012, 2, 29), 14) == date(2026, 2, 28)
    assert birthday(date(2012, 2, 29), 16) == date(2028, 2, 29)
