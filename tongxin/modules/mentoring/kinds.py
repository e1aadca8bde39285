"""Which kinds of pairs a school has, and what is known of each: both sides' titles, logs, agreement, questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from tongxin.kernel.access.policy import CLASSES, POSTS
from tongxin.kernel.base.models import School
from tongxin.kernel.programmes.classes import known_class
from tongxin.kernel.programmes.queries import school_packs

# Pairs every school may have, whether a programme names them or not.
ALWAYS = {
    "mentor_of": (gettext_noop("成长导师"), "student", "K3"),
    "master_of": (gettext_noop("师徒结对"), "staff", "K1"),
    "homeroom_liaison": (gettext_noop("第二班主任"), "homeroom", "K1"),
}
B_TYPES = ("student", "staff", "homeroom")
STUDENT, STAFF, HOMEROOM = B_TYPES
# How the answer of a child's family is kept beside those of the sides "a" and "b".
FAMILY = "g"


@dataclass(frozen=True)
class Log:
    """A kind of activity in which the pair's work is logged, and the parts both play."""

    kind: str
    a: str
    b: str


@dataclass(frozen=True)
class PairKind:
    """A kind of pair. link: kind of link a → b; b_type: what the second side is; data: the words of kinds.yaml."""

    link: str
    title: str
    b_type: str
    data_class: str
    data: Mapping[str, Any]

    @property
    def with_child(self) -> bool:
        return self.b_type == STUDENT

    @property
    def led_class(self) -> str:
        """The class by which somebody is known to reach such pairs: of the child, or the school's ordinary work."""
        return self.data_class if self.with_child else "K1"

    @property
    def private(self) -> bool:
        """Whether even its being there tells something about a child."""
        return self.with_child and CLASSES.index(self.data_class) >= CLASSES.index("K3")

    @property
    def a_title(self) -> str:
        return _(self.data["a"])

    @property
    def b_title(self) -> str:
        return _(self.data["b"])

    @property
    def to_b(self) -> str:
        """What the second side reads above its page."""
        return _(self.data.get("to_b") or self.data["a"])

    @property
    def guardian(self) -> bool:
        return bool(self.data.get("guardian")) and self.with_child

    @property
    def wishes(self) -> bool:
        return bool(self.data.get("wishes"))

    @property
    def marks(self) -> bool:
        return bool(self.data.get("marks")) and self.with_child

    @property
    def both_first(self) -> bool:
        return bool(self.data.get("both_first"))

    @property
    def logs(self) -> list[Log]:
        return [Log(**one) for one in self.data.get("logs", ())]

    @property
    def gift(self) -> dict[str, Any]:
        return self.data.get("gift") or {}

    @property
    def feedback_log(self) -> dict[str, str]:
        return self.data.get("feedback_log") or {}

    @property
    def agreement(self) -> dict[str, Any]:
        """The words of the agreement in the language of the page."""
        return {name: _spoken(text) for name, text in self.data["agreement"].items()}

    def questions(self, side: str) -> list[str]:
        """What one side ("a", "b") is asked about the other, or the family (FAMILY) about the pair; [] for not asked."""
        return [_(text) for text in self.data["questions"].get("family" if side == FAMILY else side, ())]

    @property
    def asks_family(self) -> bool:
        """Whether guardians are asked; only where they know of the pair at all."""
        return self.guardian and bool(self.questions(FAMILY))

    def everyone(self, side: str) -> Any:
        """Whom coverage of a side is reckoned over: "member", "homeroom", {"attributes": […]} or None."""
        return (self.data.get("everyone") or {}).get(side)


def _spoken(text: Any) -> Any:
    """Return lines of words, or a list of them, in the language of the page."""
    if isinstance(text, list):
        return [_spoken(one) for one in text]
    return "\n".join(_(line.strip()) if line.strip() else "" for line in text.splitlines())


@cache
def _known() -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("kinds.yaml").read_text(encoding="utf-8"))


def _data(link: str) -> dict[str, Any]:
    known = _known()
    return known["DEFAULT"] | known["KINDS"].get(link, {})


def pair_kinds(school: School, day: date) -> dict[str, PairKind]:
    """Return the kinds of pairs of a school by their link: those every school has, and those its programmes declare.

    A programme's own title and class go before ours; of a child nobody declared, a pair counts as K3.
    """
    found: dict[str, PairKind] = {}
    for _programme, pack in school_packs(school, day):
        for link, declared in pack.links.items():
            pairs = declared.a == STAFF and declared.b in B_TYPES and link not in POSTS
            if pairs and link not in found and link not in _known()["NOT_PAIRS"]:
                data_class = known_class(declared.data_class or ("K3" if declared.b == STUDENT else "K1"))
                found[link] = PairKind(link, _(declared.title), declared.b, data_class, _data(link))
    for link, (title, b_type, data_class) in ALWAYS.items():
        found.setdefault(link, PairKind(link, _(title), b_type, data_class, _data(link)))
    order = [*_known()["KINDS"]]
    return dict(
        sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))
    )


REASONS = {
    "left": gettext_lazy("一方离校、离职"),
    "post": gettext_lazy("一方岗位变动"),
    "class": gettext_lazy("学生转班、升级"),
    "load": gettext_lazy("负担太重"),
    "fit": gettext_lazy("双方合不来"),
    "done": gettext_lazy("目标达到了"),
    "term": gettext_lazy("期满"),
    "wish": gettext_lazy("一方提出"),
    "other": gettext_lazy("别的原因"),
}
