"""What a programme takes and changes, each in a sentence."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tongxin.ui.states import state_word

from .changes import Changes
from .load import SchoolLoad
from .queries import SMALLEST_COUNT


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
    """Say how many verdicts would go from what to what; small numbers stay hidden."""
    return [
        _("%(n)s个从“%(a)s”变为“%(b)s”")
        % {
            "n": n if n >= SMALLEST_COUNT else _("不到%(n)d") % {"n": SMALLEST_COUNT},
            "a": state_word(a),
            "b": state_word(b),
        }
        for a, b, n in (said.moves if said else ())
    ]
