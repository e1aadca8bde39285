"""Gap lists as a workbook: names where the viewer may see them, counts where not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from tongxin.exchange.documents.sheets import Cell, Column, Sheet, write_workbook
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.obligations.pairs import Pair
from tongxin.kernel.obligations.queries import Asked, Gap, Gaps, gaps
from tongxin.methods.cadence.reference import plain_number
from tongxin.ui.states import state_word

from .disclosure import Sight, hidden_words, row_words, share_words

# The group that says where somebody belongs, by type of subject.
GROUP_LINKS = ("enrolled_in", "branch_member", "in_department")


def gap_lists(viewer: Viewer, asked: Asked, obligations: Sequence[str] | None = None) -> list[Gaps]:
    """Return the gap lists of some obligations (all by default) of which this viewer may see something."""
    if obligations is None:
        asked.verdicts()  # all at once; each list below then takes its part
    wanted = obligations if obligations is not None else [rule.id for rule in asked.rules if rule.evaluable]
    found = [gaps(viewer, asked, name) for name in wanted]
    return [lists for lists in found if lists is not None and not lists.sight.nothing]


def gap_workbook(asked: Asked, lists: Sequence[Gaps], export_id: str) -> bytes:
    """Return the workbook: a summary by obligation, then everybody behind whom the viewer may see."""
    groups = _groups(lists, asked.as_of)
    rows: list[list[Cell]] = []
    for one in lists:
        for gap in one.rows:
            verdict = gap.verdict
            rows.append(
                [
                    one.rule.title,
                    gap.subject.name,
                    groups.get(_person(gap) or 0, ""),
                    plain_number(verdict.owed),
                    plain_number(verdict.done),
                    plain_number(max(verdict.owed - verdict.done, 0)),
                    verdict.due,
                    state_word(verdict.verdict),
                    "、".join(gap.bearers),
                    one.rule.source.at,
                ]
            )
    return write_workbook(
        [
            Sheet(_("汇总"), _summary_columns(), [_summary(one) for one in lists], title=_title(asked)),
            Sheet(_("名单"), _list_columns(), rows),
        ],
        export_id=export_id,
        author=asked.programme.school.name,
        explanation=[
            _("名单只列出您有权查看的对象；涉及个人隐私又不在查看范围的，只给人数，不足5人的不显示。"),
            _("完成率等于已完成除以应完成，已免除和不要求的不计。"),
        ],
    )


def _title(asked: Asked) -> str:
    return _("%(programme)s缺口清单（截至%(day)s）") % {
        "programme": asked.programme.title,
        "day": asked.as_of.isoformat(),
    }


def _summary_columns() -> list[Column]:
    titles = [
        _("应做事项"),
        _("依据"),
        _("应完成"),
        _("已完成"),
        _("未完成"),
        _("待完成"),
        _("完成率"),
        _("没有列名"),
    ]
    return [Column(title) for title in titles]


def _list_columns() -> list[Column]:
    titles = [
        _("应做事项"),
        _("对象"),
        _("班级或支部"),
        _("应做"),
        _("已做"),
        _("还差"),
        _("截止"),
        _("状态"),
        _("负责人"),
        _("依据"),
    ]
    return [Column(title) for title in titles]


def _summary(one: Gaps) -> list[Cell]:
    source = one.rule.source.at
    if one.counts is None:
        return [one.rule.title, source, *[hidden_words()] * 5, _beyond(one)]
    counts = one.counts
    level = Sight.FULL if one.sight.whole or one.sight.part else Sight.COUNTS
    words = row_words([counts.met, counts.missed, counts.open], level)
    numbers: list[Cell] = [counts.expected, *(_number(word) for word in words)]
    return [one.rule.title, source, *numbers, share_words(counts.met, counts.expected, level), _beyond(one)]


def _number(word: str) -> Cell:
    plain = word.replace(",", "")
    return int(plain) if plain.isdecimal() else word


def _beyond(one: Gaps) -> Cell:
    return hidden_words() if one.beyond is None else one.beyond


def _person(gap: Gap) -> int | None:
    """Of a pair, whom it is for; of an activity nobody."""
    if isinstance(gap.subject, Pair):
        return gap.subject.link.b_id
    return gap.subject.pk if isinstance(gap.subject, Subject) else None


def _groups(lists: Sequence[Gaps], day: date) -> dict[int, str]:
    """Return the homeroom, branch or department of everybody named; one query."""
    people = {pk for one in lists for gap in one.rows if (pk := _person(gap))}
    links = Link.objects.filter(
        a_id__in=people,
        kind__in=GROUP_LINKS,
        superseded_at=FOREVER,
        valid_from__lte=day,
        valid_to__gte=day,
    ).order_by("kind")
    found: dict[int, str] = {}
    for person, group in links.values_list("a_id", "b__name"):
        found.setdefault(person, group)
    return found
