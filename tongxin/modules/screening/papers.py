"""Papers: begun, kept page by page as they are filled in, handed in, entered from paper, corrected, scored again.

Every write is one transaction: the answers, the audit row, and the signals they raise. A page that is saved twice is one
page, a paper that is handed in twice is one paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.reading import opened_by_program
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base import group_commit, rows
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Subject
from tongxin.kernel.consent.models import Purpose
from tongxin.kernel.consent.queries import may_process, may_process_each
from tongxin.kernel.consent.rules import Answer
from tongxin.kernel.people.models import Person as PersonRow
from tongxin.methods.psychometrics.instrument import Instrument, Item, Person
from tongxin.methods.psychometrics.scoring import BLANK, Scored
from tongxin.ui import prepared

from . import population, signals
from .instruments import Ready, ready
from .layout import Sheet, forms, path_of, sheets, shown, values_of
from .models import Page, Paper, Result, Sitting, SittingForm

Answers = Mapping[str, str]
MOST_WORDS = 2_000
MOST_SECONDS = 3_600


class Refused(ValueError):
    """Nothing was saved; the sentence says what to do. code: a short word for pages. item: the question it is about."""

    def __init__(self, code: str, sentence: str, item: str = ""):
        super().__init__(sentence)
        self.code, self.item = code, item


@dataclass(frozen=True)
class Seat:
    """Who sits down: a child, and whoever fills in about it (the child itself, a guardian, a teacher)."""

    sitting: Sitting
    student: Subject
    form: str = SittingForm.Form.STUDENT
    respondent: Subject | None = None

    @property
    def who(self) -> Subject:
        return self.respondent or self.student


@dataclass(frozen=True)
class Kept:
    """What a save came to. called: an answer on this page asks for somebody at once; the next page then shows help."""

    number: int
    called: bool


def may_sit(seat: Seat, now: datetime | None = None) -> list[SittingForm]:
    """Return what is asked. Raises Refused unless the sitting runs, the child belongs to it, and consent is there."""
    (found,) = may_sit_each([seat], now or timezone.now())
    if isinstance(found, Refused):
        raise found
    return found


def may_sit_each(seats: Sequence[Seat], now: datetime) -> list[list[SittingForm] | Refused]:
    """Return what is asked at each seat, or why nothing is, by the same few queries for all of a sitting."""
    day = timezone.localtime(now).date()
    of_sitting: dict[int, list[Seat]] = {}
    for seat in seats:
        of_sitting.setdefault(seat.sitting.pk, []).append(seat)
    asked: dict[int, set[int]] = {}
    said: dict[int, dict[int, Answer]] = {}
    asking: dict[tuple[int, str], list[SittingForm]] = {}
    for pk, some in of_sitting.items():
        sitting, students = some[0].sitting, [seat.student for seat in some]
        asked[pk] = population.asked_of(sitting, students, day)
        said[pk] = may_process_each(sitting.school_id, students, Purpose.SCREENING, now)
        asking |= {(pk, form): forms(sitting, form) for form in {str(seat.form) for seat in some}}

    def judged(seat: Seat) -> list[SittingForm] | Refused:
        pk, student = seat.sitting.pk, seat.student.pk
        if (stopped := _stopped(seat.sitting, day)) is not None:
            return stopped
        if student not in asked[pk]:
            return Refused("not_asked", _("这次测评没有安排你。请告诉老师。"))
        if not asking[pk, str(seat.form)]:
            return Refused("no_form", _("这次测评没有要填的内容。"))
        return _objected(said[pk][student]) or asking[pk, str(seat.form)]

    return [judged(seat) for seat in seats]


def _runs(sitting: Sitting, day: date) -> None:
    if (stopped := _stopped(sitting, day)) is not None:
        raise stopped


def _stopped(sitting: Sitting, day: date) -> Refused | None:
    if sitting.state == Sitting.State.DRAFT or day < sitting.first_day:
        return Refused("not_open", _("测评还没有开始。请等老师通知。"))
    if sitting.state == Sitting.State.CLOSED or day > sitting.last_day:
        return Refused("closed", _("这次测评已经结束，不能再填了。有话想说，可以找心理老师。"))
    return None


def _consented(student: Subject, now: datetime) -> None:
    if (objected := _objected(may_process(student, Purpose.SCREENING, now))) is not None:
        raise objected


def _objected(answer: Answer) -> Refused | None:
    if answer:
        return None
    sentences = {
        "refused": _("有人不同意参加，这次不用填。没有任何影响。"),
        "withdrawn": _("同意已经撤回，这次不用填。没有任何影响。"),
        "own_needed": _("满十四岁要你自己同意。请先看说明，再决定。"),
    }
    return Refused(answer.why, sentences.get(answer.why, _("还没有收到同意书，先不用填。请告诉老师。")))


@group_commit.grouped
def begin(seat: Seat, *, now: datetime | None = None) -> Paper:
    """Return the paper of a seat, begun if it is not yet; a finished one only until a second sitting was offered."""
    now = now or timezone.now()
    may_sit(seat, now)
    found = paper_of(seat)
    if found is not None:
        return found
    paper, new = Paper.objects.get_or_create(
        sitting=seat.sitting, student=seat.student, form=seat.form, respondent=seat.who, attempt=1,
        defaults={"school": seat.sitting.school, "started_at": now},
    )  # fmt: skip
    if new:
        audit.write(None, "screening.paper_begun", paper, form=seat.form)
    return paper


def paper_of(seat: Seat) -> Paper | None:
    """Return the newest paper of a seat, None where none was begun."""
    given: dict[str, prepared.Value] = {
        "sitting": seat.sitting.pk,
        "student": seat.student.pk,
        "form": str(seat.form),
        "who": seat.who.pk,
    }
    found = prepared.instances(Paper, "of a seat", _of_seat, given)
    return found[0] if found else None


def _of_seat(at):
    own = Paper.objects.filter(sitting_id=at["sitting"], student_id=at["student"], form=at["form"])
    return own.filter(respondent_id=at["who"]).order_by("-attempt")[:1]


@transaction.atomic
def ask_again(paper: Paper, *, by, now: datetime | None = None) -> Paper:
    """Offer a kind second sitting: another paper for the same seat. The first one stays as it is."""
    last = Paper.objects.filter(
        sitting=paper.sitting, student=paper.student, form=paper.form, respondent=paper.respondent
    ).order_by("-attempt").first()  # fmt: skip
    assert last is not None
    if last.finished_at is None:
        return last
    again = Paper.objects.create(
        school=paper.school, sitting=paper.sitting, student=paper.student, form=paper.form,
        respondent=paper.respondent, attempt=last.attempt + 1, started_at=now or timezone.now(),
    )  # fmt: skip
    audit.write(by, "screening.asked_again", again, after=last.pk)
    return again


@transaction.atomic
def ask_each_again(chosen: Sequence[Paper], *, by) -> list[Paper]:
    """Offer a second sitting to several at one moment; return the new papers. Raises Refused once it has ended."""
    now = timezone.now()
    if any(paper.sitting.state != Sitting.State.OPEN for paper in chosen):
        raise Refused("closed", _("这次测评已经结束，不能再请人做。可以约谈，或新建一次测评。"))
    made = [ask_again(paper, by=by, now=now) for paper in chosen if paper.finished_at is not None]
    return [paper for paper in made if paper.started_at == now]


@transaction.atomic
def take_back_asking(sitting: Sitting, at: datetime, *, by) -> int:
    """Take back the second sittings offered at a moment that nobody has begun; return how many those were."""
    offered = Paper.objects.select_for_update(of=("self",)).filter(
        sitting=sitting, started_at=at, attempt__gt=1, finished_at=None, pages=None
    )
    count = 0
    for paper in offered:
        audit.write(by, "screening.asking_taken_back", paper)
        paper.delete()
        count += 1
    return count


# ------------------------------------------------------------------ reading what somebody wrote


def read_answer(made: Ready, item: Item, written: str) -> int | str | None:
    """Return the place of an answer, the words of an open item, None for a blank. Raises Refused for anything else."""
    if made.instrument.is_scored(item):
        place = made.codes.cells(item).get(written.strip())
        if place is None:
            raise Refused("not_an_answer", made.codes.refusal(item, written), item.id)
        return None if place == BLANK else place
    words = written.strip()
    if len(words) > MOST_WORDS:
        raise Refused("too_long", _("写得太长了，请写在 %(n)d 个字以内。") % {"n": MOST_WORDS}, item.id)
    return words or None


def read_answers(made: Ready, items: Sequence[Item], written: Answers) -> dict[str, int | str | None]:
    known = {item.id: item for item in items}
    strange = written.keys() - known.keys()
    if strange:
        raise Refused("foreign", _("这一页不是这份问卷的。请刷新页面。"), min(strange))
    places = made.places
    return {
        name: place if (place := places[name].get(said)) is not None else read_answer(made, known[name], said)
        for name, said in written.items()
    }


def merged(old: Mapping[str, Any], new: Mapping[str, int | str | None]) -> dict[str, int | str]:
    """Return what stands on a page after a save: new answers replace old ones, a blank takes one away."""
    return {name: said for name, said in {**old, **new}.items() if said is not None}


# ------------------------------------------------------------------ saving


@group_commit.grouped
def keep(
    paper: Paper, number: int, written: Answers, *, seconds: int = 0, now: datetime | None = None
) -> Kept:
    """Save what was answered on a page so far: {item: code as the form shows it, or words}. Raises Refused.

    What is not named stays; a blank takes an answer back. seconds: how much longer the page was looked at.
    """
    now = now or timezone.now()
    paper = _locked(paper)
    _still_open(paper, now)
    laid = sheets(paper.sitting, paper.form)
    if not 1 <= number <= len(laid):
        raise Refused("foreign", _("没有这一页。请刷新页面。"))
    sheet = laid[number - 1]
    given = read_answers(sheet.ready, sheet.items, written)
    pages = pages_of(paper, sheet.form)
    page = next((one for one in pages if one.number == number), None) or new_page(paper, number, now)
    before = page.answers or {"form": sheet.form.pk, "items": {}, "seconds": 0}
    after = {
        "form": sheet.form.pk,
        "items": merged(before["items"], given),
        "seconds": min(before["seconds"] + max(seconds, 0), MOST_SECONDS),
    }
    answered = {name: said for one in pages if one is not page for name, said in one.answers["items"].items()}
    if sheet.step is not None:
        after["asked"] = _asked_of_bank(sheet, pages, page, answered | after["items"], given)
    page.answers = after
    rows.update(page, "answers") if page.pk else rows.insert(page)
    audit.write(None, "screening.page_kept", page, paper=paper.pk, number=number)
    found = _so_far(sheet.ready, sheet.form, answered | after["items"])
    signals.raise_from(paper, found, now)
    # Only the page that says it leads to the help, and each time it is sent: once before and after every other would nag.
    elsewhere = _so_far(sheet.ready, sheet.form, answered) if found else []
    return Kept(number, any(one.urgent for one in found if one not in elsewhere))


def _asked_of_bank(
    sheet: Sheet,
    pages: Sequence[Page],
    page: Page,
    answered: Mapping[str, int | str],
    given: Mapping[str, Any],
) -> list[str]:
    """Return which items of a bank a page has asked: an item left blank is passed over, not asked again further on."""
    own = set((page.answers or {}).get("asked", ())) | set(given)
    if not own:
        before = {name for one in pages if one.answers for name in one.answers.get("asked", ())}
        own = {item.id for item in shown(sheet, answered, path_of(sheet, answered, before))}
    return sorted(own)


def _locked(paper: Paper) -> Paper:
    """Return the paper as it is now; nobody else writes to it until this transaction ends."""
    if connection.features.has_select_for_update:
        return (
            Paper.objects.select_for_update(of=("self",))
            .select_related("sitting", "student")
            .get(pk=paper.pk)
        )
    # On SQLite whoever is inside a transaction is the only one who writes.
    found = prepared.joined(OF_PAPER, "paper", _by_key, {"paper": paper.pk})
    if not found:
        raise Paper.DoesNotExist
    paper, paper.sitting, paper.student = found[0]
    return paper


OF_PAPER = ((Paper, ""), (Sitting, "sitting__"), (Subject, "student__"))


def _by_key(at):
    return Paper.objects.filter(pk=at["paper"])


def _still_open(paper: Paper, now: datetime) -> None:
    if paper.finished_at is not None:
        raise Refused("finished", _("这份问卷已经交了，不用再填。"))
    _runs(paper.sitting, timezone.localtime(now).date())
    _consented(paper.student, now)


def may_go_on(paper: Paper, now: datetime | None = None) -> None:
    """Raise Refused unless this paper may be filled in further now."""
    _still_open(paper, now or timezone.now())


def pages_of(paper: Paper, form: SittingForm | None = None) -> list[Page]:
    """Return the current pages of a paper (of one instrument), opened for scoring."""
    found = prepared.instances(Page, "of a paper, to score", _current_pages, {"paper": paper.pk})
    pages = opened_by_program(found, "scoring") if found else []
    return [one for one in pages if form is None or one.answers["form"] == form.pk]


def _current_pages(at):
    return Page.objects.current().filter(paper_id=at["paper"]).order_by("number")


def supersede_pages(paper: Paper, now: datetime) -> None:
    """Let other pages take the place of those that a paper has; the caller writes the audit row."""
    Page.objects.current().filter(paper=paper).update(superseded_at=now)


def new_page(
    paper: Paper, number: int, now: datetime, answers: dict[str, Any] | None = None, day: date | None = None
) -> Page:
    """Return a page of a paper, not written yet. day: that of `now`, where it is known."""
    return rows.new(
        Page, school_id=paper.school_id, paper_id=paper.pk, student_id=paper.student_id,
        day=day or timezone.localtime(now).date(), number=number, answers=answers, recorded_at=now,
    )  # fmt: skip


def _so_far(made: Ready, form: SittingForm, answered: Mapping[str, int | str]) -> list[signals.Found]:
    """Return what already holds on an unfinished paper: critical items and flagged words."""
    instrument = made.instrument
    if not instrument.critical and not any(item.flag for item in instrument.items):
        return []
    ranks = {rule.id: rule.rank for rule in instrument.critical}
    written = {name: said for name, said in answered.items() if isinstance(said, str)}
    found = [
        signals.Found(signals.CRITICAL, rule, ranks[rule], form.pk)
        for rule in made.scorer.critical_so_far(values_of(instrument, answered), written)
    ]
    return found + [
        signals.Found(signals.TEXT, item.id, signals.URGENT_RANK, form.pk)
        for item in instrument.items
        if item.flag and written.get(item.id)
    ]


@group_commit.grouped
def finish(paper: Paper, *, now: datetime | None = None) -> Paper:
    """Hand a paper in: score it, write its results and signals. Handing it in again changes nothing. Raises Refused."""
    now = now or timezone.now()
    paper = _locked(paper)
    if paper.finished_at is not None:
        return paper
    _still_open(paper, now)
    pages = pages_of(paper)
    if not any(page.answers["items"] for page in pages):
        raise Refused("empty", _("一题都还没有填。想停下来，可以直接离开。"))
    paper.finished_at = now
    rows.update(paper, "finished_at")
    _score(paper, pages, now)
    audit.write(None, "screening.paper_finished", paper, form=paper.form)
    return paper


@transaction.atomic
def enter(
    seat: Seat, answers: Mapping[int, Answers], *, source: str, by, now: datetime | None = None,
) -> Paper:  # fmt: skip
    """Enter a whole paper from paper or a file: {SittingForm id: {item: code or words}}. Raises Refused, nothing saved.

    A sitting that has ended still takes what was filled in while it ran.
    """
    now = now or timezone.now()
    if seat.sitting.state == Sitting.State.DRAFT:
        raise Refused("not_open", _("测评还没有开始，不能补录。"))
    if not population.is_asked(
        seat.sitting, seat.student, min(timezone.localtime(now).date(), seat.sitting.last_day)
    ):
        raise Refused("not_asked", _("这次测评没有安排%(name)s。") % {"name": seat.student.name})
    _consented(seat.student, now)
    own = {"sitting": seat.sitting, "student": seat.student, "form": seat.form, "respondent": seat.who}
    last = Paper.objects.select_for_update(of=("self",)).filter(**own).order_by("-attempt").first()
    paper = last or Paper(**own, school=seat.sitting.school, started_at=now)
    if paper.finished_at is not None:
        raise Refused(
            "finished", _("%(name)s的这份已经有了。要改，请用“更正”。") % {"name": seat.student.name}
        )
    paper.source, paper.entered_by_id, paper.finished_at = source, getattr(by, "account_id", None), now
    paper.save()
    _write_all(paper, answers, now)
    _score(paper, pages_of(paper), now, by)
    audit.write(by, "screening.paper_entered", paper, source=source)
    return paper


@transaction.atomic
def correct(paper: Paper, answers: Mapping[int, Answers], *, by, now: datetime | None = None) -> Paper:
    """Replace the answers of a finished paper; the former ones stay as superseded rows. Raises Refused."""
    now = now or timezone.now()
    paper = _locked(paper)
    if paper.finished_at is None:
        raise Refused("unfinished", _("这份还没有交，不能更正。"))
    _write_all(paper, answers, now)
    _score(paper, pages_of(paper), now, by)
    audit.write(by, "screening.paper_corrected", paper)
    return paper


@transaction.atomic
def rescore(paper: Paper, *, by, now: datetime | None = None) -> Paper:
    """Score a finished paper again; what it shows now raises signals as the first time."""
    now = now or timezone.now()
    paper = _locked(paper)
    _score(paper, pages_of(paper), now, by)
    audit.write(by, "screening.paper_rescored", paper)
    return paper


@transaction.atomic
def rescore_all(sitting: Sitting, *, by) -> int:
    """Score every finished paper of a sitting again; return how many those were."""
    finished = list(Paper.objects.filter(sitting=sitting, finished_at__isnull=False))
    for paper in finished:
        rescore(paper, by=by)
    return len(finished)


@transaction.atomic
def withdraw(paper: Paper, *, by, now: datetime | None = None) -> Paper:
    """Take back a paper that was entered for somebody: its answers stay as superseded rows, its signals stay on file."""
    now = now or timezone.now()
    paper = _locked(paper)
    supersede_pages(paper, now)
    Result.objects.current().filter(paper=paper).update(superseded_at=now)
    paper.finished_at = None
    paper.save(update_fields=["finished_at"])
    audit.write(by, "screening.paper_withdrawn", paper)
    return paper


def _write_all(paper: Paper, answers: Mapping[int, Answers], now: datetime) -> None:
    """Write a paper's answers as one page for each instrument, in place of the pages there are."""
    known = {form.pk: form for form in forms(paper.sitting, paper.form)}
    if set(answers) - set(known):
        raise Refused("foreign", _("这不是这次测评的量表。"))
    read = {
        pk: merged({}, read_answers(ready(known[pk].text), ready(known[pk].text).instrument.items, said))
        for pk, said in answers.items()
    }
    if not any(read.values()):
        raise Refused("empty", _("一题都没有填。"))
    supersede_pages(paper, now)
    for number, (pk, items) in enumerate(read.items(), 1):
        rows.insert(new_page(paper, number, now, {"form": pk, "items": items, "seconds": 0}))


# ------------------------------------------------------------------ scoring


def person_of(student: Subject, form: str, day: date) -> Person:
    """Return what bands and norms may ask about a child on a day."""
    given = {"school": student.school_id, "child": student.pk}
    found = prepared.rows("sex and birth", _sex_and_birth, given)
    sex, birth = found[0] if found else ("", None)
    age = None if birth is None else day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    given["day"] = day.toordinal()
    grades = prepared.rows("own grade", _own_grade, given) or prepared.rows("grade", _grade_of_room, given)
    grade = grades[0][0] if grades else ""
    return Person(sex, age, int(grade) if grade.isdecimal() else None, form)


def _sex_and_birth(at):
    return PersonRow.objects.filter(pk=at["child"], school_id=at["school"]).values_list("sex", "birth_date")


def _grades(at):
    found = Attribute.objects.filter(school_id=at["school"], name="grade", superseded_at=FOREVER)
    return found.filter(valid_from__lte=at["day"], valid_to__gte=at["day"]).values_list("value")


def _own_grade(at):
    return _grades(at).filter(subject_id=at["child"])


def _grade_of_room(at):
    return _grades(at).filter(subject__in=population.rooms_on(at))


def paper_bytes(instrument: Instrument, answered: Mapping[str, int | str]) -> bytes:
    """Return answers as the scorer wants them: a byte for each scored item."""
    return bytes(
        place if isinstance(place := answered.get(item.id), int) else BLANK
        for item in instrument.scored_items
    )


def score_answers(made: Ready, answered: Mapping[str, int | str], person: Person) -> Scored:
    written = {name: said for name, said in answered.items() if isinstance(said, str)}
    return made.scorer.score(paper_bytes(made.instrument, answered), person, written)


def scored(
    paper: Paper, pages: Sequence[Page], asked: Sequence[SittingForm], now: datetime, day: date | None = None
) -> tuple[list[Result], list[signals.Found]]:
    """Return the results of a paper's instruments, not written yet, and what of it has to be looked at.

    day: that of `now`, where it is known.
    """
    day = day or timezone.localtime(now).date()
    asks_who = any(ready(form.text).scorer.asks_who for form in asked)
    person = person_of(paper.student, paper.form, day) if asks_who else Person(form=paper.form)
    results, found = [], []
    for form in asked:
        answered = {
            name: said for page in pages if page.answers["form"] == form.pk
            for name, said in page.answers["items"].items()
        }  # fmt: skip
        made = ready(form.text)
        scored = score_answers(made, answered, person)
        seen = signals.found_in(made.instrument, form.pk, scored)
        results.append(
            rows.new(
                Result, school_id=paper.school_id, paper_id=paper.pk, form_id=form.pk, student_id=paper.student_id,
                day=day, recorded_at=now, scores=told(scored),
                standing={
                    "rank": max([band.rank for band in scored.bands.values()] + [one.rank for one in seen], default=0),
                    "critical": scored.critical, "patterns": scored.patterns, "texts": scored.texts,
                },
            )
        )  # fmt: skip
        found += seen
    return results, found


def _score(paper: Paper, pages: Sequence[Page], now: datetime, by=None) -> None:
    """Write the results of a paper in place of those there are, and the signals of all its instruments."""
    results, found = scored(paper, pages, forms(paper.sitting, paper.form), now)
    Result.objects.current().filter(paper=paper).update(superseded_at=now)
    rows.insert_each(results)
    signals.raise_from(paper, found, now, by)


def told(scored: Scored) -> dict[str, Any]:
    """Return the scores as they are kept."""
    return {
        "scores": scored.scores,
        "missing": {scale: asdict(why) for scale, why in scored.missing.items()},
        "blanks": scored.blanks,
        "validity": scored.validity,
        "broken": scored.broken,
        "unsure": scored.unsure,
        "bands": {scale: band.id for scale, band in scored.bands.items()},
        "undetermined": scored.undetermined,
    }
