"""Legal holds, what is past its time of keeping, and erasing one person for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import keys as audited_keys
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Account, School, Subject

from . import holdings, terms
from .holdings import Erased, Holding
from .models import LegalHold
from .rules import Held, Term, may_erase, past_its_time


class OnHold(ValueError):
    """Nothing may be erased: the sentence says why."""


class StillOpen(ValueError):
    """Something about the person is not finished, or the law keeps it; the sentence says what to do."""


class StillHere(ValueError):
    """Somebody who is at the school cannot be erased altogether; the sentence says what can be."""


class CannotHold(ValueError):
    """The hold cannot be set or ended; the sentence says why."""


# ------------------------------------------------------------------ holds


def held(subject_id: int) -> list[Held]:
    rows = LegalHold.objects.filter(subject_id=subject_id).order_by("set_at")
    return [Held(since, until) for since, until in rows.values_list("set_at", "ended_at")]


@transaction.atomic
def hold(subject: Subject, reason: str, *, by, day: date) -> LegalHold:
    if not reason.strip():
        raise CannotHold(_("请写依据：哪个机关、哪份文书。"))
    if LegalHold.objects.filter(subject=subject, ended_at=None).exists():
        raise CannotHold(_("已经在依法保留了。"))
    made = LegalHold.objects.create(
        school_id=subject.school_id,
        subject=subject,
        reason=reason.strip(),
        day=day,
        set_at=timezone.now(),
        set_by=account_of(by),
    )
    audit.write_each(
        by, "privacy.held", [("subject", str(subject.pk), {"hold": made.pk})], school_id=made.school_id
    )
    return made


@transaction.atomic
def end_hold(made: LegalHold, *, by) -> None:
    done = LegalHold.objects.filter(pk=made.pk, ended_at=None).update(
        ended_at=timezone.now(), ended_by=account_of(by)
    )
    if not done:
        raise CannotHold(_("这一项保留已经结束了。"))
    about = ("subject", str(made.subject_id), {"hold": made.pk})
    audit.write_each(by, "privacy.hold_ended", [about], school_id=made.school_id)


def account_of(by) -> Account | None:
    return by if isinstance(by, Account) else getattr(by, "account", None)


# ------------------------------------------------------------------ erasing


@dataclass(frozen=True)
class Report:
    """What an erasure did: (title of the holding, what went) and sentences about what had to stay."""

    done: tuple[tuple[str, int], ...]
    kept: tuple[str, ...]
    keys: int = 0

    @property
    def gone(self) -> int:
        return sum(count for _title, count in self.done)


def erase(subject: Subject, *, by, classes: Sequence[str] | None = None, overdue: bool = False) -> Report:
    """Erase what is kept about a person, or only some classes of it, and destroy the keys that are the person's alone.

    overdue: its time of keeping is over. Raises OnHold, StillHere or StillOpen, and nothing is erased. Rows go in one transaction with the audit row; then the keys are destroyed,
    which reaches every backup. Cut off in between, the keys are destroyed at the next start (kernel.audit.keys.finish).
    """
    if not may_erase(held(subject.pk), timezone.now()):
        raise OnHold(_("%(name)s的内容正在依法保留，不能删除。要先由书记结束保留。") % {"name": subject.name})
    if classes is None and subject.present_to >= timezone.localdate():
        raise StillHere(
            _("%(name)s还在校，登记的资料学校要用。可以先只删除其中一级内容。") % {"name": subject.name}
        )
    found = holdings.of_type(subject.type, classes)
    for one in found:
        if one.blocks is not None and (sentence := one.blocks(subject, overdue)):
            raise StillOpen(sentence)
    with transaction.atomic():
        words = {"classes": sorted({one.data_class for one in found}), "all": classes is None}
        audit.write_each(
            by, "privacy.erased", [("subject", str(subject.pk), words)], school_id=subject.school_id
        )
        done = [(one, _erased(one, subject, account_of(by))) for one in found]
    destroyed = 0
    if subject.type == "student":
        for data_class in ("K4d", "K5"):
            kept = any(what.kept for one, what in done if one.data_class == data_class)
            needed = any(
                one.keeps_key is not None and one.keeps_key(subject, overdue)
                for one in holdings.of_type(subject.type, [data_class])
            )
            # A key that still opens something that had to stay is not destroyed: it would take that away too.
            if (classes is None or data_class in classes) and not kept and not needed:
                destroyed += audited_keys.erase(
                    school_id=subject.school_id, subject_id=subject.pk, data_class=data_class, by=by
                )
    _forget_log()
    return Report(
        tuple((str(one.title), what.gone) for one, what in done if what.gone),
        tuple(sentence for _one, what in done for sentence in what.kept),
        destroyed,
    )


def _forget_log() -> None:
    """Bring SQLite's log into the database and empty it: until then it keeps pages as they were before.

    While somebody reads an older state it cannot be emptied; the next erasure or the next start does it.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _erased(one: Holding, subject: Subject, by: Account | None) -> Erased:
    if one.erase is None:
        has_any = one.count([subject.pk]).get(subject.pk, 0)
        return Erased(kept=(str(one.kept_because),) if has_any and one.kept_because else ())
    return one.erase(subject, by)


# ------------------------------------------------------------------ retention


@dataclass(frozen=True)
class Due:
    """What of one class is past its time: for whom, and how many rows."""

    term: Term
    people: tuple[int, ...]
    rows: int
    held: int = 0


def due(school: School, day: date) -> list[Due]:
    """Return class by class what is past its time; those on hold are counted and not named."""
    now = timezone.now()
    left = dict(
        Subject.objects.filter(school=school, type="student", present_to__lt=day).values_list(
            "pk", "present_to"
        )
    )
    holds: dict[int, list[Held]] = {}
    rows = LegalHold.objects.filter(school=school, subject__in=left)
    for subject, since, until in rows.values_list("subject", "set_at", "ended_at"):
        holds.setdefault(subject, []).append(Held(since, until))
    found = []
    for name, term in terms.schedule(school.pk).items():
        over = [pk for pk, end in left.items() if past_its_time(term, end, (), now, day)]
        free = [pk for pk in over if past_its_time(term, left[pk], holds.get(pk, ()), now, day)]
        counts = [one.count(free) for one in holdings.of_type("student", [name]) if one.erase is not None]
        people = sorted({pk for count in counts for pk in count})
        rows_ = sum(sum(count.values()) for count in counts)
        if people or len(over) > len(free):
            found.append(Due(term, tuple(people), rows_, len(over) - len(free)))
    return found


def let_go(school: School, data_class: str, *, by, day: date) -> tuple[int, int]:
    """Erase one class of everybody for whom it is past its time; return (people, rows). Each person is on record."""
    wanted = next((one for one in due(school, day) if one.term.data_class == data_class), None)
    people = rows = 0
    for subject in Subject.objects.filter(pk__in=wanted.people if wanted else ()).order_by("pk"):
        try:
            report = erase(subject, by=by, classes=[data_class], overdue=True)
        except StillOpen:
            continue
        people, rows = people + 1, rows + report.gone
    return people, rows
