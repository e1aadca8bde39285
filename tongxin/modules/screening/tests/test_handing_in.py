"""A whole paper at once comes to what the same paper comes to page by page, and to nothing where it may not be taken."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tongxin.kernel.access.reading import opened
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.consent import services as consent
from tongxin.kernel.consent.models import Consent, Purpose
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.screening import handing_in, layout, papers, seats, sittings
from tongxin.modules.screening.models import Page, Paper, Result, SittingForm
from tongxin.modules.screening.papers import Refused
from tongxin.testing.cast import TODAY

CALM = {str(number): "0" for number in range(1, 10)} | {"1": "1"}
GRAVE = CALM | {"9": "2"}


def hand_in(hall, answers, number=0, **more):
    whole = {hall.form.pk: answers}
    return handing_in.hand_in(seats.ticket(hall.seat(number)), lambda _laid: whole, **more)


def contents(hall, paper):
    """Return what stands in a paper: answers, scores and standing, its signals."""
    viewer = hall.cast.chen.viewer(proved=True)
    pages = opened(viewer, Page.objects.current().filter(paper=paper), "screening_review")
    results = opened(viewer, Result.objects.current().filter(paper=paper), "screening_review")
    signals = opened(viewer, Signal.objects.filter(origin="paper", origin_id=paper.pk), "screening_review")
    return (
        {name: said for page in pages for name, said in page.answers["items"].items()},
        [(result.scores, result.standing, result.form_id) for result in results],
        sorted(signal.what["rule"] for signal in signals),
    )


@pytest.mark.parametrize("answers", [CALM, GRAVE, {"1": "3"}, dict.fromkeys(CALM, "3") | {"10": "2"}])
def test_a_whole_paper_comes_to_what_it_comes_to_page_by_page(hall, answers):
    whole = hand_in(hall, answers, number=0)
    paged = hall.begun(1)
    for number in range(1, 5):
        part = {name: said for name, said in answers.items() if (int(name) - 1) // 3 + 1 == number}
        papers.keep(paged, number, part)
    papers.finish(paged)
    assert contents(hall, whole.paper) == contents(hall, paged)
    assert whole.paper.finished_at is not None
    assert (
        whole.called == Signal.objects.filter(origin="paper", origin_id=whole.paper.pk, urgent=True).exists()
    )


def test_a_whole_paper_is_one_row_of_each_table_and_one_of_the_audit(hall):
    before = AuditRow.objects.count()
    hand_in(hall, CALM)
    assert [Paper.objects.count(), Page.objects.count(), Result.objects.count()] == [1, 1, 1]
    assert AuditRow.objects.count() == before + 1


def test_a_grave_answer_has_its_signal_call_and_notice_with_the_paper(hall):
    done = hand_in(hall, GRAVE)
    signal = Signal.objects.get(origin="paper", origin_id=done.paper.pk)
    assert (done.called, signal.urgent) == (True, True)
    assert Call.objects.filter(signal=signal).count() == 1
    assert Message.objects.filter(topic="called").count() == 1


def test_a_whole_paper_handed_in_twice_is_one_paper(hall):
    first = hand_in(hall, GRAVE)
    again = hand_in(hall, CALM)
    assert again.paper.pk == first.paper.pk
    assert again.called
    assert contents(hall, first.paper)[0]["9"] == 2
    assert [Paper.objects.count(), Page.objects.count(), Signal.objects.count()] == [1, 1, 1]


def test_what_was_kept_before_stays_where_it_is_not_named(hall):
    paper = hall.begun()
    papers.keep(paper, 1, {"1": "3", "2": "3"})
    done = hand_in(hall, {"2": "1", "3": "1"})
    assert done.paper.pk == paper.pk
    assert contents(hall, paper)[0] == {"1": 3, "2": 1, "3": 1}


def withdraw(hall):
    child = hall.child()
    said = [consent.Said(child, hall.guardians[child.pk], "withdrawn")]
    consent.record(
        hall.cast.school, Purpose.SCREENING, said,
        channel=Consent.Channel.PAPER, at=timezone.now(), by=hall.cast.sun.account,
    )  # fmt: skip


def close(hall):
    sittings.close_sitting(hall.sitting, by=hall.cast.chen.viewer(), day=TODAY)
    hall.sitting.refresh_from_db()


@pytest.mark.parametrize(("change", "code"), [(withdraw, "withdrawn"), (close, "closed")])
def test_what_changed_a_moment_ago_holds_for_the_next_paper(hall, change, code):
    hand_in(hall, CALM, number=1)
    change(hall)
    with pytest.raises(Refused) as refused:
        hand_in(hall, CALM)
    assert refused.value.code == code
    assert Paper.objects.count() == 1


@pytest.mark.parametrize(
    ("answers", "code"),
    [({"1": "7"}, "not_an_answer"), ({"x": "1"}, "foreign"), ({"1": ""}, "empty"), ({}, "empty")],
)
def test_an_impossible_paper_is_refused_and_nothing_is_saved(hall, answers, code):
    with pytest.raises(Refused) as refused:
        hand_in(hall, answers)
    assert refused.value.code == code
    assert not Paper.objects.exists()
    assert not Page.objects.exists()


def test_answers_to_another_instrument_are_refused(hall):
    with pytest.raises(Refused) as refused:
        handing_in.hand_in(seats.ticket(hall.seat()), lambda _laid: {hall.form.pk + 1: CALM})
    assert refused.value.code == "foreign"
    assert not Paper.objects.exists()


def test_a_paper_is_begun_as_long_before_its_end_as_it_was_looked_at(hall):
    paper = hand_in(hall, CALM, seconds=90).paper
    assert paper.finished_at - paper.started_at == timedelta(seconds=90)


def test_what_comes_in_together_is_told_apart(hall):
    """Begun and not begun, sent twice, kept before, without consent, with an answer that is none, not whole."""
    kept = hall.begun(1)
    papers.keep(kept, 1, {"2": "3"})
    grave = seats.ticket(hall.seat(0))
    asked = [
        (grave, GRAVE), (grave, CALM), (seats.ticket(hall.seat(1)), {"1": "1"}), (seats.ticket(hall.seat(2)), {"1": "7"}),
        (seats.ticket(hall.seat(3)), None), (seats.ticket(hall.seat(-1)), CALM),
        (seats.Ticket(grave.sitting, "nobody", "student", "nobody"), CALM),
    ]  # fmt: skip
    before = AuditRow.objects.filter(action="screening.paper_finished").count()
    given = [
        handing_in.Given(ticket, lambda _laid, said=said: said and {hall.form.pk: said}, 0)
        for ticket, said in asked
    ]
    first, again, merged, wrong, part, no, nobody = handing_in._hand_in_each(given)
    assert (first.called, again.called, again.paper.pk) == (True, True, first.paper.pk)
    assert contents(hall, first.paper)[0]["9"] == 2
    assert (merged.paper.pk, contents(hall, kept)[0]) == (kept.pk, {"1": 1, "2": 3})
    assert part is None
    assert [one.code for one in (wrong, no, nobody)] == ["not_an_answer", "refused", "code"]
    assert [Paper.objects.count(), Page.objects.current().count(), Result.objects.count()] == [2, 2, 2]
    assert AuditRow.objects.filter(action="screening.paper_finished").count() == before + 2


@pytest.mark.django_db(transaction=True)
def test_a_class_that_hands_in_at_once_loses_and_doubles_nothing(hall):
    found = []

    def child(number, answers):
        try:
            for _twice in range(2):
                found.append(hand_in(hall, answers, number=number).paper.pk)
        except Refused as refused:
            found.append(refused.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=child, args=(number, GRAVE if number % 2 else CALM)) for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found.count("refused") == 1, "one guardian said no"
    pks = [pk for pk in found if pk != "refused"]
    assert sorted(pks) == sorted(2 * list(Paper.objects.values_list("pk", flat=True)))
    assert [Paper.objects.count(), Page.objects.count(), Result.objects.count()] == [5, 5, 5]
    assert Signal.objects.count() == Call.objects.count() == 2


def test_the_remembered_instruments_of_a_sitting_are_its_rows(hall):
    text = hall.form.text
    for number, form in ((5, "parent"), (6, "teacher")):
        SittingForm.objects.create(sitting=hall.sitting, number=number, text=text, form=form)
    for form in ("student", "parent", "teacher"):
        (found,) = layout.forms(hall.sitting, form)
        (stored,) = SittingForm.objects.filter(sitting=hall.sitting, form=form).values()
        assert {name: getattr(found, name) for name in stored} == stored
        assert found.text == text
