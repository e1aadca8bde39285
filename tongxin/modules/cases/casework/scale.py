"""The goal-attainment scale: how far a goal was reached, from −2 to +2."""

from django.utils.translation import gettext as _


def scale_words() -> dict[int, str]:
    """Return what each step of the scale means, the best first."""
    return {
        2: _("+2 比目标好得多"), 1: _("+1 比目标好一些"), 0: _("0 达到目标"), -1: _("−1 差一些"), -2: _("−2 差得多"),
    }  # fmt: skip


def watch_days() -> dict[str, str]:
    """Return on which days somebody watches over a child, in words."""
    return {"school": _("上学的日子"), "off": _("周末和假期"), "every": _("每天")}
