"""What the exchange floor holds about one person: how they want to be told, and what would undo an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.exchange.models import ImportRun
from tongxin.exchange.notices.models import CalendarFeed, Preference
from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, Subject

PEOPLE = ("student", "guardian", "staff")


def _tell(reader: Reader, person: Subject) -> list[Section]:
    rows = [(_("邮箱"), one.email) for one in Preference.objects.filter(person=person).exclude(email="")]
    return [Section(_("提醒的方式"), (_("项目"), _("内容")), rows)]


def _count(ids: Sequence[int]) -> dict[int, int]:
    found = Counter(Preference.objects.filter(person__in=ids).values_list("person", flat=True))
    found.update(CalendarFeed.objects.filter(person__in=ids).values_list("person", flat=True))
    return dict(found)


def _erase(person: Subject, by: Account | None) -> Erased:
    gone = Preference.objects.filter(person=person).delete()[0]
    return Erased(gone + CalendarFeed.objects.filter(person=person).delete()[0])


def _undos(reader: Reader, person: Subject) -> list[Section]:
    return []


def _count_undos(ids: Sequence[int]) -> dict[int, int]:
    """Nothing is listed: it is the register as it stood before an import, kept only to take the import back."""
    return {}


def _erase_undos(person: Subject, by: Account | None) -> Erased:
    """Forget what former imports of the school replaced: names and numbers of this person may be among it."""
    runs = ImportRun.objects.filter(school=person.school_id).exclude(undo=None)
    gone = runs.update(undo=None)
    return Erased(gone, (_("以前的%(n)d次导入不能再撤销。") % {"n": gone},) if gone else ())


def register_all() -> None:
    register(
        Holding(
            "notices.preferences",
            gettext_lazy("提醒的方式"),
            "K1",
            _tell,
            _count,
            _erase,
            types=PEOPLE,
            order=70,
        )
    )
    register(
        Holding(
            "rosters.undo",
            gettext_lazy("导入以前的名册"),
            "K2",
            _undos,
            _count_undos,
            _erase_undos,
            types=PEOPLE,
        )
    )
