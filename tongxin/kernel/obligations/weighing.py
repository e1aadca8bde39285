"""What a programme takes and changes, each in a sentence."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tongxin.ui.states import state_word

from .changes import Changes
from .load import SchoolLoad
from .telling import MOST_QUESTIONS


def hours(value) -> str:
    return f"{float(value):.1f}"


def load_sentence(found: SchoolLoad) -> str:
    """Answer in one sentence: can it be kept, and where is it tightest."""
    if not found.rows:
        return _("没有算出用时：方案没有写每类活动通常要多久，或现在没有人要做。")
    top = found.rows[0]
    values: dict[str, Any] = {
        "name": top.person.name,
        "hours": hours(top.load.hours_per_week),
        "rule": top.rule,
        "n": len(found.over),
    }
    if found.over:
        return (
            _("%(n)d个人的时间不够。最紧的是%(name)s，每周要%(hours)s小时，用时最多的是“%(rule)s”。") % values
        )
    return _("最紧的是%(name)s，每周要%(hours)s小时，用时最多的是“%(rule)s”。") % values


def moves_words(said: Changes | None) -> list[str]:
    """Say how many verdicts would go from what to what: exactly of those listed by name, about and of people beyond."""
    if said is None:
        return []
    words = [
        _("%(n)s个从“%(a)s”变为“%(b)s”") % {"n": n, "a": state_word(a), "b": state_word(b)}
        for a, b, n in said.moves
    ]
    words += [
        _("不列姓名的大约有%(n)d个从“%(a)s”变为“%(b)s”") % {"n": n, "a": state_word(a), "b": state_word(b)}
        for a, b, n in said.beyond
    ]
    if said.refused:
        words.append(asked_out_words())
    elif said.untold and said.beyond:
        words.append(_("不列姓名的人里，人数少的变化不显示"))
    elif said.untold:
        words.append(_("不列姓名的人里，没有变化，或变的人太少，不显示"))
    return words


def asked_out_words() -> str:
    """Say why a reader gets no figure any more today, and what they can do."""
    return _(
        "今天已经试过%(n)d种写法，不再显示不列姓名的人数，免得从数字的差别里看出个别学生；明天可以再看"
    ) % {"n": MOST_QUESTIONS}
