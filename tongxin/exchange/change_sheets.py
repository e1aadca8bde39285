"""Whom a change of a programme, or a new one, would touch, as a sheet: the rows a page shows, and no others."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from tongxin.kernel.obligations.changes import Changes
from tongxin.kernel.obligations.owing import WouldOwe
from tongxin.ui.formats import period_words
from tongxin.ui.states import state_word

from .documents.sheets import Column, Sheet


def changes_sheet(said: Changes, today: date) -> Sheet:
    """Whose verdicts would change, and how."""
    rows = [
        (row.subject.name, row.rule.title, period_words(row.first, row.last, today),
         state_word(row.before), state_word(row.after))
        for row in said.rows
    ]  # fmt: skip
    heads = (_("对象"), _("要求"), _("时段"), _("原来"), _("以后"))
    return Sheet(_("结论会变的人"), [Column(head) for head in heads], rows, title=_("结论会变的人"))


def owing_sheet(found: WouldOwe) -> Sheet:
    """Who would owe what under a programme that is not adopted yet."""
    rows = [(row.person.name, row.rule.title, row.about, row.windows) for row in found.rows]
    heads = (_("姓名"), _("要求"), _("针对几个"), _("一学期几次期限"))
    return Sheet(_("谁要做什么"), [Column(head) for head in heads], rows, title=_("采用以后谁要做什么"))


def owing_notes(found: WouldOwe, title: str, today: date) -> list[str]:
    """What stands above such a sheet: which programme, which term, and that some may be missing."""
    notes = [title, period_words(found.first, found.last, today), _("按上一学期的人和岗位算。")]
    return [*notes, _("您看不到姓名的不列。")] if found.untold else notes
