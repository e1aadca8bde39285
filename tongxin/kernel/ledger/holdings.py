"""What the ledger holds about one person: the activities they took part in, and notes and files about them alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.programmes.queries import kind_named

from . import evidence
from .models import Entry, Evidence, Participation


def _entries(subject: Subject) -> Iterator[tuple[Entry, bool]]:
    """Yield the entries, also former ones, a person takes part in, and whether no other student or guardian does."""
    ids = Participation.objects.filter(subject=subject).values("entry")
    entries = list(Entry.objects.filter(pk__in=ids).order_by("day", "pk"))
    others = set(
        Participation.objects.filter(entry__in=entries, subject__type__in=("student", "guardian", "family"))
        .exclude(subject=subject)
        .values_list("entry", flat=True)
    )
    for entry in entries:
        yield entry, entry.pk not in others


def _tell(reader: Reader, subject: Subject) -> list[Section]:
    school = School.objects.get(pk=subject.school_id)
    titles: dict[str, str] = {}
    rows = []
    for entry, alone in _entries(subject):
        if not entry.is_current or entry.withdrawn_reason:
            continue
        if entry.kind not in titles:
            kind = kind_named(school, entry.kind, reader.viewer.day)
            titles[entry.kind] = kind.title if kind else entry.kind
        rows.append((entry.day.isoformat(), titles[entry.kind], entry.title, entry.note if alone else ""))
    note = _("几个人一起的活动，文字里可能有别人的情况，不列出来。")
    return [Section(_("参加过的活动和记录"), (_("日期"), _("活动"), _("标题"), _("记录")), rows, note)]


def _count(ids: Sequence[int]) -> dict[int, int]:
    """Count the entries with words or files that an eraser would still empty."""
    found: dict[int, int] = {}
    for subject in Subject.objects.filter(pk__in=ids):
        held = sum(
            1 for entry, alone in _entries(subject)
            if alone and (entry.note or entry.extra or entry.evidence.exists())
        )  # fmt: skip
        if held:
            found[subject.pk] = held
    return found


def _erase(subject: Subject, by: Account | None) -> Erased:
    """Empty the notes and remove the files of entries about this person alone; that it took place stays, nameless."""
    gone = shared = 0
    school = School.objects.get(pk=subject.school_id)
    for entry, alone in _entries(subject):
        if not alone:
            shared += bool(entry.note) or entry.evidence.exists()
            continue
        if entry.note or entry.extra:
            entry.note, entry.extra = "", {}
            entry.save(update_fields=["note", "extra"])
            gone += 1
        for file in list(Evidence.objects.filter(entry=entry)):
            _remove(school, file)
            gone += 1
    if not shared:
        return Erased(gone)
    words = _("%(n)d次活动的文字或照片里也有别人，没有删除；请看过以后由登记的人更正。") % {"n": shared}
    return Erased(gone, (words,))


def _remove(school: School, file: Evidence) -> None:
    path = evidence.path_of(school.public_id, file.file)
    file.delete()
    # The row first: a file without its row is swept, a row without its file would be a lie.
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def register_all() -> None:
    register(
        Holding("ledger.entries", gettext_lazy("参加过的活动和关于本人的记录"), "K3", _tell, _count, _erase,
                types=("student", "guardian", "staff"), order=30)
    )  # fmt: skip
