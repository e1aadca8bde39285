"""Papers are kept page by page, handed in once, and every signal stands in the transaction of its answer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tongxin.kernel.access.reading import opened
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.sealing.fields import NotOpened
from tongxin.kernel.consent import services as consent
from tongxin.kernel.consent.models import Consent, Purpose
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.screening import papers, sittings
from tongxin.modules.screening.models import Page, Paper, Result
from tongxin.modules.screening.papers import Refused


def answers_of(hall, paper):
    pages = opened(
        hall.cast.chen.viewer(proved=True), Page.objects.current().filter(paper=paper), "screening_review"
    )
    return {name: said for page in pages for name, said in page.answers["items"].items()}


def results_of(hall, paper):
    rows = Result.objects.current().filter(paper=paper)
    return opened(hall.cast.chen.viewer(proved=True), rows, "screening_review")


def test_each_answer_is_kept_as_it_is_given_and_a_page_is_one_row(hall):
    paper = hall.begun()
    for item in ("1", "2", "3"):
        papers.keep(paper, 1, {item: "1"}, seconds=4)
    papers.keep(paper, 2, {"4": "2"})
    assert answers_of(hall, paper) == {"1": 1, "2": 1, "3": 1, "4": 2}
    assert Page.objects.filter(paper=paper).count() == 2


def test_a_blank_takes_an_answer_back_and_is_never_counted_as_nothing(hall):
    paper = hall.begun()
    papers.keep(paper, 1, {"1": "3", "2": "3"})
    papers.keep(paper, 1, {"1": ""})
    assert answers_of(hall, paper) == {"2": 3}
    papers.finish(paper)
    (result,) = results_of(hall, paper)
    assert result.scores["scores"] == {}
    assert result.scores["missing"]["total"]["reason"] == "blank"


@pytest.mark.parametrize(
    ("number", "written", "code"),
    [(1, {"1": "7"}, "not_an_answer"), (1, {"9": "1"}, "foreign"), (1, {"x": "1"}, "foreign"), (99, {"1": "1"}, "foreign")],
)  # fmt: skip
def test_an_impossible_answer_is_refused_in_words_and_nothing_is_saved(hall, number, written, code):
    paper = hall.begun()
    with pytest.raises(Refused) as refused:
        papers.keep(paper, number, {**written})
    assert refused.value.code == code
    assert str(refused.value).endswith(("。", "？"))
    assert not Page.objects.exists()


def test_two_tabs_and_a_double_send_make_one_paper(hall):
    first, second = hall.begun(), hall.begun()
    assert first.pk == second.pk
    papers.keep(first, 1, {"1": "1"})
    papers.finish(first)
    papers.finish(second)
    assert Paper.objects.count() == 1
    assert Result.objects.count() == 1
    with pytest.raises(Refused, match="已经交了"):
        papers.keep(second, 1, {"1": "3"})
    assert answers_of(hall, first) == {"1": 1}


def test_nothing_lies_open_in_the_database(hall):
    hall.enter({"9": "2"})
    with connection.cursor() as cursor:
        for table, columns in (
            ("answer_page", ["answers"]),
            ("result", ["scores", "standing"]),
            ("signal", ["what"]),
        ):
            cursor.execute(f"SELECT {', '.join(columns)} FROM {table}")
            for row in cursor.fetchall():
                assert all(b"items" not in bytes(one) and b"self-harm" not in bytes(one) for one in row)
    with pytest.raises(NotOpened):
        Result.objects.get().scores  # noqa: B018


def test_a_critical_answer_calls_somebody_before_the_paper_is_handed_in(hall):
    paper = hall.begun()
    kept = papers.keep(paper, 3, {"9": "1"})
    assert kept.called
    signal = Signal.objects.get()
    assert signal.urgent
    assert signal.origin_id == paper.pk
    call = Call.objects.get()
    assert call.person_id == hall.cast.chen.subject.pk
    assert Message.objects.get().recipient_id == hall.cast.chen.subject.pk
    assert AuditRow.objects.filter(action="signal.raised").count() == 1


def test_taking_a_critical_answer_back_leaves_the_signal_and_saving_it_again_adds_none(hall):
    paper = hall.begun()
    papers.keep(paper, 3, {"9": "1"})
    papers.keep(paper, 3, {"9": "0"})
    papers.keep(paper, 3, {"9": "3"})
    papers.finish(paper)
    assert [one.urgent for one in Signal.objects.all()] == [True]


def test_a_positive_item_counts_though_the_total_is_below_the_cut_off(hall):
    paper = hall.enter({"9": "1"})
    (result,) = results_of(hall, paper)
    assert result.scores["bands"] == {"total": "minimal"}
    assert result.standing == {"rank": 4, "critical": ["self-harm"], "patterns": [], "texts": []}
    assert Signal.objects.get().urgent


def test_a_band_that_signals_is_told_calmly_once_a_person_and_day(hall):
    hall.enter({"1": "3", "2": "3", "3": "3", "4": "1"}, 0)
    hall.enter({"1": "3", "2": "3", "3": "3", "5": "1"}, 1)
    assert sorted(Signal.objects.values_list("urgent", flat=True)) == [False, False]
    assert Message.objects.count() == 1


def test_an_error_after_the_answer_leaves_neither_answer_nor_signal(hall, monkeypatch):
    paper = hall.begun()

    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(signals, "call", broken)
    with pytest.raises(RuntimeError):
        papers.keep(paper, 3, {"9": "3"})
    assert not Page.objects.exists()
    assert not Signal.objects.exists()


def test_a_correction_keeps_the_former_answers_and_raises_what_it_shows(hall):
    paper = hall.enter({})
    assert not Signal.objects.exists()
    filled = {str(n): "3" for n in range(1, 10)}
    papers.correct(paper, {hall.form.pk: filled}, by=hall.cast.chen.viewer())
    assert Page.objects.filter(paper=paper).count() == 2
    assert answers_of(hall, paper)["9"] == 3
    assert Result.objects.filter(paper=paper).count() == 2
    assert Signal.objects.count() == 3  # critical item, band, pattern


def test_scoring_again_adds_no_second_signal(hall):
    paper = hall.enter({"9": "1"})
    papers.rescore(paper, by=hall.cast.chen.viewer())
    assert Signal.objects.count() == 1
    assert Result.objects.filter(paper=paper).count() == 2


def test_entering_twice_is_refused_and_says_how_to_correct(hall):
    hall.enter({})
    with pytest.raises(Refused, match="更正"):
        hall.enter({"1": "3"})


def test_without_consent_nobody_begins(hall):
    with pytest.raises(Refused) as refused:
        hall.begun(5)
    assert refused.value.code == "refused"
    with pytest.raises(Refused) as unanswered:
        hall.begun(0, 2)
    assert unanswered.value.code == "no_answer"


def test_consent_withdrawn_in_the_middle_stops_the_paper(hall):
    paper = hall.begun()
    papers.keep(paper, 1, {"1": "1"})
    child = hall.child()
    consent.record(
        hall.cast.school, Purpose.SCREENING, [consent.Said(child, hall.guardians[child.pk], "withdrawn")],
        channel=Consent.Channel.ONLINE, at=timezone.now(), by=None,
    )  # fmt: skip
    with pytest.raises(Refused, match="撤回"):
        papers.keep(paper, 1, {"2": "1"})
    with pytest.raises(Refused, match="撤回"):
        papers.finish(paper)


def test_a_sitting_that_has_closed_takes_no_more_answers(hall):
    paper = hall.begun()
    sittings.close_sitting(hall.sitting, by=hall.cast.chen.viewer(), day=timezone.localdate())
    with pytest.raises(Refused, match="已经结束"):
        papers.keep(paper, 1, {"1": "1"})


def test_a_second_sitting_is_another_paper(hall):
    first = hall.enter({})
    again = papers.ask_again(first, by=hall.cast.chen.viewer())
    assert papers.ask_again(first, by=hall.cast.chen.viewer()).pk == again.pk
    assert hall.begun().pk == again.pk
    papers.keep(again, 1, {"1": "2"})
    papers.finish(again)
    assert answers_of(hall, first)["1"] == 0


def test_a_child_of_another_school_or_class_is_not_asked(hall):
    outside = papers.Seat(hall.sitting, hall.cast.other_student)
    with pytest.raises(Refused):
        papers.begin(outside)


def test_the_next_of_the_chain_is_called_until_somebody_takes_it(hall):
    hall.enter({"9": "1"})
    signal = Signal.objects.get()
    now = timezone.now()
    order = [hall.cast.chen, hall.deputy, hall.cast.wang]
    for number, one in enumerate(order):
        call = Call.objects.get(signal=signal, answer="")
        assert (call.step, call.person_id, call.firm) == (number + 1, one.subject.pk, number == 2)
        now += timedelta(minutes=16)
        assert signals.escalate(now) == 1
        assert signals.escalate(now) == 0
    assert Call.objects.filter(signal=signal, answer="", round=1).count() == 3
    signals.take(signal, hall.deputy.viewer())
    assert signals.escalate(now + timedelta(hours=2)) == 0
    with pytest.raises(signals.Refused, match="何敏"):
        signals.take(signal, hall.cast.chen.viewer())
    assert not Message.objects.filter(cancelled_at=None, read_at=None).exists()


def test_the_last_cannot_decline_and_others_hand_on_at_once(hall):
    hall.enter({"9": "1"})
    signal = Signal.objects.get()
    signals.pass_on(signal, hall.cast.chen.viewer())
    signals.pass_on(signal, hall.deputy.viewer())
    with pytest.raises(signals.Refused, match="最后一位"):
        signals.pass_on(signal, hall.cast.wang.viewer())
    with pytest.raises(signals.Refused):
        signals.pass_on(signal, hall.cast.chen.viewer())
    assert list(Call.objects.order_by("step").values_list("answer", flat=True)) == ["passed", "passed", ""]
