"""What the network holds about one child: told through the door, counted, erased. Mandatory reports are none of it.

A mandatory report is read only by its writer and whom the writer told, is kept by law, and is not even counted here: nobody who looks
a child up, or has it erased, learns that there is one.
"""

from __future__ import annotations

from collections import Counter

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, Subject
from tongxin.kernel.signals.models import Call

from . import harm, signs
from .models import Concern, FamilyWord, HarmReport, Talk, TalkAnswer

GUARDED = ("words", "sheet")


def _counted(rows: QuerySet) -> dict[int, int]:
    return dict(Counter(rows.values_list("student", flat=True)))


def _at(moment) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


# ------------------------------------------------------------------ the student's own button


def _tell_talks(reader: Reader, child: Subject) -> list[Section]:
    talks = reader.open(Talk.objects.filter(student=child).order_by("asked_at", "pk"), "words")
    answers = reader.open(
        TalkAnswer.objects.filter(student=child).select_related("by").order_by("answered_at", "pk"), "words"
    )
    asked = [(_at(row.asked_at), _("自己说想找人聊聊"), row.words) for row in talks]
    said = [(_at(row.answered_at), _("%(who)s答复") % {"who": row.by.name}, row.words) for row in answers]
    return [Section(_("想找人聊聊"), (_("时间"), _("是什么"), _("文字")), sorted(asked + said))]


def _erase_talks(child: Subject, by: Account | None) -> Erased:
    gone = TalkAnswer.objects.filter(student=child).delete()[0]
    return Erased(gone + Talk.objects.filter(student=child).delete()[0])


# ------------------------------------------------------------------ what others wrote


def _tell_concerns(column: str):
    def tell(reader: Reader, child: Subject) -> list[Section]:
        columns = GUARDED if column == "words" else (column,)
        rows = reader.open(Concern.objects.filter(student=child).order_by("recorded_at", "pk"), *columns)
        said = [(_at(row.recorded_at), str(row.get_origin_display()), _text(row, column)) for row in rows]
        note = _("写的人是谁，不列出来。")
        return [
            Section(
                _("别人报来的情况"), (_("时间"), _("从哪里来"), _("文字")), [s for s in said if s[2]], note
            )
        ]

    return tell


def _text(row: Concern, column: str) -> str:
    seen = [title for title, _much in signs.words(row.sheet or {})] if column == "words" else []
    return "；".join([*seen, *([getattr(row, column)] if getattr(row, column) else [])])


def _erase_concerns(column: str):
    def erase(child: Subject, by: Account | None) -> Erased:
        """Empty the words; what nobody is on yet stays, for a child is never lost by tidying up."""
        rows = Concern.objects.filter(student=child)
        taken = Call.objects.filter(
            answer=Call.Answer.TAKEN, signal__student=child, signal__origin__in=Concern.Origin.values
        ).values("signal__origin_id")
        columns = GUARDED if column == "words" else (column,)
        gone = _held(rows.filter(pk__in=taken), column).update(**dict.fromkeys(columns))
        waiting = _held(rows, column).count()
        if not waiting:
            return Erased(gone)
        return Erased(gone, (_("还有%(n)d件报来的没有人接手，没有删除。") % {"n": waiting},))

    return erase


def _held(rows: QuerySet[Concern], column: str) -> QuerySet[Concern]:
    """Return the rows that still hold something of a column."""
    if column == "words":
        return rows.exclude(words=None, sheet=None)
    return rows.exclude(**{column: None})


# ------------------------------------------------------------------ family and school


def _threads(reader: Reader, child: Subject, to: str) -> QuerySet[FamilyWord]:
    """Return what a reader may be told of: a guardian the own thread, a student none, the school all."""
    rows = FamilyWord.objects.filter(student=child, to=to).select_related("by").order_by("written_at", "pk")
    if reader.viewer.roles & {"student", "guardian"}:
        return rows.filter(guardian_id=reader.viewer.person_id)
    return rows


def _tell_words(to: str, column: str):
    def tell(reader: Reader, child: Subject) -> list[Section]:
        rows = list(_threads(reader, child, to))
        if column == "guarded":
            reader.open(rows, column)
        said = [(_at(row.written_at), row.by.name, getattr(row, column)) for row in rows]
        return [Section(_("家校沟通"), (_("时间"), _("谁写的"), _("文字")), said)]

    return tell


def _erase_words(column: str):
    def erase(child: Subject, by: Account | None) -> Erased:
        rows = FamilyWord.objects.filter(student=child).exclude(**{column: None})
        return Erased(rows.update(**{column: None}))

    return erase


# ------------------------------------------------------------------ what the law keeps


def _kept_by_law(child: Subject, overdue: bool) -> bool:
    """Say whether a mandatory report needs the child's key: until its time is over and nothing is owed on it.

    Whoever erases is told nothing of it: there is no sentence, no count, no section.
    """
    reports = HarmReport.objects.filter(student=child)
    return any(not overdue or harm.missing(report) for report in reports)


def register_all() -> None:
    register(
        Holding("network.key", gettext_lazy("别人报来的情况"), "K5", lambda reader, child: [], lambda ids: {},
                lambda child, by: Erased(), keeps_key=_kept_by_law)
    )  # fmt: skip
    register(
        Holding("network.talks", gettext_lazy("想找人聊聊"), "K4d", _tell_talks,
                lambda ids: _counted(Talk.objects.filter(student__in=ids)), _erase_talks)
    )  # fmt: skip
    for column, data_class in (("words", "K4d"), ("harm", "K5"), ("where", "K4e")):
        register(
            Holding(
                f"network.concern_{column}", gettext_lazy("别人报来的情况"), data_class, _tell_concerns(column),
                lambda ids, column=column: _counted(_held(Concern.objects.filter(student__in=ids), column)),
                _erase_concerns(column),
            )
        )  # fmt: skip
    for to, column, data_class in (("homeroom_teacher", "words", "K3"), ("counsellor", "guarded", "K4d")):
        register(
            Holding(
                f"network.family_{column}", gettext_lazy("家校沟通"), data_class, _tell_words(to, column),
                lambda ids, column=column: _counted(
                    FamilyWord.objects.filter(student__in=ids).exclude(**{column: None})
                ),
                _erase_words(column),
            )
        )  # fmt: skip
