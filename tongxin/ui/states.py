"""The five verdicts as people read them: a word and a shape each, never colour alone."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STATES: dict[str, Promise] = {
    "met": _("已完成"),
    "open": _("待完成"),
    "missed": _("未完成"),
    "not_expected": _("不要求"),
    "waived": _("已免除"),
}
# Drawn shapes as characters: for charts, print and screen readers that skip CSS.
SHAPES = {"met": "●", "open": "◐", "missed": "◇", "not_expected": "–", "waived": "⊘"}


def state_word(state: str) -> str:
    """Return the word for a verdict. Raises KeyError for a state that does not exist."""
    return str(STATES[state])
