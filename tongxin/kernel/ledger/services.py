"""Write in the ledger: record, correct, withdraw an activity; add and take back evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.facts import ActivityRecorded, ActivityWithdrawn, publish
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Account, Event, Link, School, Subject
from tongxin.methods.cadence.declarations import Kind
from tongxin.methods.cadence.tree import GROUP_LINKS
from tongxin.ui.worded import as_written

from . import evidence as files
from .models import Entry, Evidence, Participation

# What a group stands for: its members by this link.
GROUP_LINK = GROUP_LINKS
COLUMNS = ("mode", "theme", "place")
ABOUT = "about"
NOTES_UP_TO = "K3"


class Refused(ValueError):
    """The activity cannot be saved as it is; `field` names the form field, the sentence says what to do."""

    def __init__(self, sentence: str, field: str | None = None):
        super().__init__(sentence)
        self.field = field


class AlreadyWithdrawn(ValueError):
    """Somebody else withdrew or corrected this entry meanwhile."""


@dataclass(frozen=True)
class Upload:
    """A file to be kept as evidence of a type."""

    type: str
    content: bytes
    name: str = ""


@dataclass(frozen=True)
class Draft:
    """An activity as somebody writes it down.

    parts: {part: subject ids}; absent: subject ids of group members who were not there.
    amounts: {amount: hundredths}, each person's own amount or the entry's, as the kind declares.
    qualifiers: {qualifier: code or text}. about, about_event: ids of the entry or the event it answers.
    """

    day: date
    parts: Mapping[str, Sequence[int]]
    start_day: date | None = None
    at: datetime | None = None
    title: str = ""
    note: str = ""
    amounts: Mapping[str, int] = field(default_factory=dict)
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[int] = frozenset()
    uploads: Sequence[Upload] = ()
    heading: str = ""
    token: str | None = None
    source: str = ""
    about: int | None = None
    about_event: int | None = None


def record_activity(school: School, kind: Kind, draft: Draft, *, by: Account | None, today: date) -> Entry:
    """Enter an activity in the ledger with its participations and evidence, in one transaction.

    A draft whose token is on file already returns that entry: a double click or a resend makes no second one.
    Raises Refused (nothing is saved then) or files.BadFile.
    """
    if draft.token:
        known = Entry.objects.filter(token=draft.token, school=school).first()
        if known:
            return known
    subjects = check(school, kind, draft, today=today)
    kept = [(upload, files.clean(upload.content)) for upload in draft.uploads]
    try:
        with transaction.atomic():
            entry = _enter(school, kind, draft, subjects, by)
            for upload, clean in kept:
                _attach(entry, upload, clean, by)
            audit.write(by, "ledger.recorded", entry, kind=kind.name)
            publish(ActivityRecorded(school.pk, entry.pk, kind.name))
    except IntegrityError:
        known = Entry.objects.filter(token=draft.token, school=school).first() if draft.token else None
        if known is None:
            raise
        return known
    return entry


def check(school: School, kind: Kind, draft: Draft, *, today: date) -> dict[int, Subject]:
    """Return the subjects a draft names, by id. Raises Refused with the field and what to do."""
    if draft.day > today:
        raise Refused(_("日期不能晚于今天。请填写活动实际发生的日期。"), "day")
    if draft.start_day and draft.start_day > draft.day:
        raise Refused(_("开始日期晚于结束日期，请改正其中一个。"), "start_day")
    wanted = {pk for ids in draft.parts.values() for pk in ids}
    subjects = {s.pk: s for s in Subject.objects.filter(school=school, pk__in=wanted)}
    if len(subjects) != len(wanted):
        raise Refused(_("有的人员不在本校名册中，请重新选择。"))
    for part in kind.parts:
        ids = draft.parts.get(part.name, ())
        least = part.at_least or 0
        if len(ids) < least:
            raise Refused(
                _("请选择%(part)s。") % {"part": part.title}
                if least == 1
                else _("%(part)s至少要选%(n)d个。") % {"part": part.title, "n": least},
                f"part_{part.name}",
            )
        for pk in ids:
            if part.of and subjects[pk].type not in _types(part.of):
                raise Refused(
                    _("%(part)s中有不合适的人或对象，请重新选择。") % {"part": part.title},
                    f"part_{part.name}",
                )
    for qualifier in kind.qualifiers:
        value = draft.qualifiers.get(qualifier.name, "")
        if qualifier.required and not value:
            raise Refused(_("请选择%(name)s。") % {"name": qualifier.title}, f"qualifier_{qualifier.name}")
        if value and qualifier.values and value not in qualifier.values:
            raise Refused(
                _("%(name)s只能从列表中选择。") % {"name": qualifier.title}, f"qualifier_{qualifier.name}"
            )
    for name, amount in draft.amounts.items():
        if amount < 0:
            raise Refused(_("数量不能小于零。"), f"amount_{name}")
    _check_answered(school, draft)
    if draft.note and not notes_allowed(kind.data_class):
        raise Refused(
            _("这类活动涉及孩子的心理，这里只登记事实，不写文字记录。要写的内容请交给心理教师。"), "note"
        )
    return subjects


def _check_answered(school: School, draft: Draft) -> None:
    """What an activity answers must still be on file at this school."""
    entry = Entry.objects.filter(pk=draft.about, school=school, superseded_at=FOREVER)
    event = Event.objects.current().filter(pk=draft.about_event, school=school, retracted=False)
    if (draft.about and not entry.exists()) or (draft.about_event and not event.exists()):
        raise Refused(_("要答复的那一件刚刚被更正或撤回了，请重新选择。"), ABOUT)


def notes_allowed(data_class: str) -> bool:
    """Free text lies sealed; of a child's mind the ledger keeps only coded facts, for every read of K4 is on record."""
    return CLASSES.index(data_class) <= CLASSES.index(NOTES_UP_TO)


def _types(of: Iterable[str]) -> set[str]:
    wider = {"member": {"staff"}, "person": {"student", "staff", "guardian", "outsider"}}
    return set().union(*(wider.get(name, {name}) for name in of))


def _enter(
    school: School, kind: Kind, draft: Draft, subjects: dict[int, Subject], by, supersedes=None
) -> Entry:
    columns = {name: draft.qualifiers.get(name, "") for name in COLUMNS}
    extra: dict[str, str | int] = {k: v for k, v in draft.qualifiers.items() if k not in COLUMNS and v != ""}
    extra |= {k: v for k, v in draft.amounts.items() if k != "hours"}
    now = timezone.now()
    entry = Entry.objects.create(
        school=school,
        kind=kind.name,
        title=(draft.title or as_written(kind.title))[:120],
        start_day=draft.start_day or draft.day,
        day=draft.day,
        at=draft.at,
        extra=extra | ({"hours": draft.amounts["hours"]} if draft.amounts.get("hours") else {}),
        note=draft.note,
        data_class=kind.data_class,
        heading=draft.heading or kind.heading or "",
        supersedes=supersedes,
        recorded_at=now,
        recorded_by=by,
        source=draft.source,
        token=draft.token,
        about_id=draft.about,
        about_event_id=draft.about_event,
        **columns,
    )
    rows = _participations(entry, draft, subjects, extra)
    Participation.objects.bulk_create(rows, batch_size=500)
    return entry


def _participations(entry: Entry, draft: Draft, subjects: dict[int, Subject], extra: dict) -> list:
    """One row per subject in a part; a group also stands for each member it had that day."""
    rows: dict[tuple[str, int], Participation] = {}
    for part, ids in draft.parts.items():
        for pk in dict.fromkeys(ids):
            rows[part, pk] = _row(entry, part, pk, draft, extra)
            group = subjects[pk].type
            if group in GROUP_LINK:
                for member in members(group, pk, entry.day):
                    if (part, member) not in rows:
                        rows[part, member] = _row(entry, part, member, draft, extra, via=pk)
    return list(rows.values())


def members(group: str, pk: int, day: date) -> list[int]:
    """Return the people a homeroom, branch or department had on a day."""
    links = Link.objects.filter(
        kind=GROUP_LINK[group], b_id=pk, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    return list(links.order_by("a_id").values_list("a_id", flat=True))


def _row(
    entry: Entry, part: str, pk: int, draft: Draft, extra: dict, via: int | None = None
) -> Participation:
    return Participation(
        school_id=entry.school_id,
        entry=entry,
        kind=entry.kind,
        part=part,
        subject_id=pk,
        via_id=via,
        start_day=entry.start_day,
        day=entry.day,
        at=entry.at,
        mode=entry.mode,
        theme=entry.theme,
        place=entry.place,
        hours=draft.amounts.get("hours", 0),
        extra=extra,
        absent=pk in draft.absent,
        recorded_at=entry.recorded_at,
    )


def _scope(entry: Entry):
    return files.scope_of(entry.school_id, entry.data_class or "K1", entry.day)


def _attach(entry: Entry, upload: Upload, kept: files.Clean, by) -> Evidence:
    file = files.store(entry.school.public_id, kept, _scope(entry))
    return Evidence.objects.create(
        school_id=entry.school_id,
        entry=entry,
        type=upload.type,
        file=file,
        original_name=upload.name[-120:],
        content_type=kept.content_type,
        size=len(kept.content),
        sha256=kept.sha256,
        recorded_by=by,
    )


def add_evidence(entry: Entry, uploads: Sequence[Upload], *, by: Account | None) -> list[Evidence]:
    """Attach further files to an entry; all of them or none. Raises files.BadFile, AlreadyWithdrawn."""
    kept = [(upload, files.clean(upload.content)) for upload in uploads]
    with transaction.atomic():
        _still_current(entry)
        made = [_attach(entry, upload, clean, by) for upload, clean in kept]
        audit.write(by, "ledger.evidence_added", entry, files=len(made))
        publish(ActivityRecorded(entry.school_id, entry.pk, entry.kind))
    return made


@transaction.atomic
def take_back_evidence(evidence: Evidence, *, by: Account | None) -> None:
    """Supersede an evidence row; its file stays for as long as the ledger is kept."""
    changed = Evidence.objects.filter(pk=evidence.pk, superseded_at=FOREVER).update(
        superseded_at=timezone.now()
    )
    if not changed:
        raise AlreadyWithdrawn
    audit.write(by, "ledger.evidence_taken_back", evidence)


@transaction.atomic
def withdraw(entry: Entry, reason: str, *, by: Account | None) -> None:
    """Take an entry out of what counts, with a reason; nothing is deleted. Raises Refused, AlreadyWithdrawn."""
    if not reason.strip():
        raise Refused(_("请写明撤回的原因。"), "reason")
    _still_current(entry)
    _supersede(entry, timezone.now(), reason.strip()[:200])
    audit.write(by, "ledger.withdrawn", entry)
    publish(ActivityWithdrawn(entry.school_id, entry.pk, reason))


@transaction.atomic
def undo_withdrawal(entry: Entry, *, by: Account | None) -> Entry:
    """Put a withdrawn entry back as a new one with the same content and evidence."""
    if entry.is_current or entry.corrections.exists():
        raise AlreadyWithdrawn
    copy = _copy(entry, by)
    _carry_answers(entry, copy)
    audit.write(by, "ledger.withdrawal_undone", copy)
    publish(ActivityRecorded(copy.school_id, copy.pk, copy.kind))
    return copy


def correct_activity(entry: Entry, kind: Kind, draft: Draft, *, by: Account | None, today: date) -> Entry:
    """Put a corrected entry in the place of one; evidence moves along. Raises Refused, AlreadyWithdrawn."""
    subjects = check(entry.school, kind, draft, today=today)
    kept = [(upload, files.clean(upload.content)) for upload in draft.uploads]
    with transaction.atomic():
        _still_current(entry)
        now = timezone.now()
        evidence = list(Evidence.objects.filter(entry=entry, superseded_at=FOREVER))
        _supersede(entry, now, "")
        new = _enter(entry.school, kind, draft, subjects, by, supersedes=entry)
        _carry_evidence(evidence, new, now)
        for upload, clean in kept:
            _attach(new, upload, clean, by)
        _carry_answers(entry, new)
        audit.write(by, "ledger.corrected", new, replaces=entry.pk)
        publish(ActivityRecorded(new.school_id, new.pk, new.kind, replaces=entry.pk))
    return new


def _still_current(entry: Entry) -> None:
    locked = Entry.objects.select_for_update().filter(pk=entry.pk, superseded_at=FOREVER).exists()
    if not locked:
        raise AlreadyWithdrawn


def _supersede(entry: Entry, now: datetime, reason: str) -> None:
    Entry.objects.filter(pk=entry.pk).update(superseded_at=now, withdrawn_reason=reason)
    for model in (Participation, Evidence):
        model.objects.filter(entry=entry, superseded_at=FOREVER).update(superseded_at=now)  # type: ignore[attr-defined]


def _copy(entry: Entry, by) -> Entry:
    now = timezone.now()
    withdrawn_at = entry.superseded_at
    new = Entry.objects.get(pk=entry.pk)
    new.note = entry.note  # opened here, to be sealed anew for the copy
    new.pk, new.public_id, new.token = None, Entry._meta.get_field("public_id").get_default(), None
    new.supersedes, new.recorded_at, new.superseded_at, new.withdrawn_reason, new.recorded_by = (
        entry,
        now,
        FOREVER,
        "",
        by,
    )
    new._state.adding = True
    new.save(force_insert=True)
    rows = list(Participation.objects.filter(entry=entry, superseded_at=withdrawn_at))
    for row in rows:
        row.pk, row.entry, row.recorded_at, row.superseded_at = None, new, now, FOREVER
    Participation.objects.bulk_create(rows, batch_size=500)
    _carry_evidence(list(Evidence.objects.filter(entry=entry, superseded_at=withdrawn_at)), new, now)
    return new


def _carry_answers(old: Entry, new: Entry) -> None:
    """Let whatever answers an entry answer the one in its place: copies under their authors' names, so that what was
    known before stays as it was."""
    for answer in Entry.objects.filter(about=old, superseded_at=FOREVER).exclude(pk=new.pk).order_by("pk"):
        now = timezone.now()
        _supersede(answer, now, "")
        answer.superseded_at = now
        copy = _copy(answer, answer.recorded_by)
        Entry.objects.filter(pk=copy.pk).update(about=new)
        _carry_answers(answer, copy)


def _carry_evidence(evidence: list[Evidence], new: Entry, now: datetime) -> None:
    """Give a new entry the old one's files: new rows on copies of the bytes, each row with its own file."""
    for row in evidence:
        content = files.read(new.school.public_id, row.file)
        file = files.store(new.school.public_id, files.Clean(content, row.content_type), _scope(new))
        Evidence.objects.create(
            school_id=row.school_id,
            entry=new,
            type=row.type,
            file=file,
            original_name=row.original_name,
            content_type=row.content_type,
            size=row.size,
            sha256=row.sha256,
            recorded_at=now,
            recorded_by=row.recorded_by,
        )
