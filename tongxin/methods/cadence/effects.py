"""What surrounds a rule: whom it spares, which step it bars, what follows from it, and how it stands to other rules.

Nothing here is counted. `Exemption` is judged by the evaluators; the rest is data that services, pages and appraisal read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .bounds import Number
from .conditions import Condition

if TYPE_CHECKING:
    from .tree import Obligation
    from .words import Speaker

EXEMPT, OVERRIDDEN = "exempt", "overridden"
ACTIONS = ("appoint",)
PER = ("missing_unit", "window", "year")


@dataclass(frozen=True)
class Exemption:
    """Whom a rule spares. because: id of the rule that stands in for this one there; "" = the rule says so itself."""

    where: Condition
    because: str = ""

    @property
    def reason(self) -> str:
        return f"{OVERRIDDEN}: {self.because}" if self.because else EXEMPT

    def words(self, say: Speaker) -> str:
        condition = self.where.words(say)
        if self.because:
            title = say.rule(self.because)
            return say(f"{condition}的改按“{title}”", f"where {condition}, {title} holds instead")
        return say(f"{condition}的不要求", f"not asked of those for whom {condition}")


@dataclass(frozen=True)
class Gate:
    """The step that is refused until the rule is met: action is "appoint", post the one appointed to."""

    action: str
    post: str

    def words(self, say: Speaker) -> str:
        post = say.post(self.post)
        return say(
            f"没做到或没有免除以前，不能任命{post}", f"nobody is appointed {post} until it is met or waived"
        )


@dataclass(frozen=True)
class Points:
    """Points that go with each unit missing, each window or each year; floor: the lowest sum, None = no end."""

    points: Number
    per: str = "missing_unit"
    floor: Number | None = None

    def words(self, say: Speaker) -> str:
        per = {
            "missing_unit": say("每少一个", "for each one missing"),
            "window": say("每次没做到", "each time it is not done"),
            "year": say("全年没做到", "for a year in which it is not done"),
        }[self.per]
        number = say.number(self.points if self.points > 0 else -self.points)
        text = say(
            f"{per}{'扣' if self.points < 0 else '加'}{number}分",
            f"{number} points are {'taken off' if self.points < 0 else 'added'} {per}",
        )
        if self.floor is None:
            return text
        floor = say.number(self.floor if self.floor > 0 else -self.floor)
        return text + say(f"，最多{floor}分", f", {floor} at most")


# What consequences usually bear on, as people call it; another name is said as it is written.
CALLED = {
    "appraisal": ("考核", "the appraisal"), "rating": ("评定等次", "a rating"), "rating.excellent": ("优秀", "rated excellent"),
    "selection": ("评选", "the selection"), "nomination": ("推荐", "nominated"), "promotion": ("晋升", "promoted"),
}  # fmt: skip


def called(what: str, say: Speaker) -> str:
    """What a consequence bears on, in words."""
    return say(*CALLED[what]) if what in CALLED else what


@dataclass(frozen=True)
class Bars:
    """A standing that is out of reach while the rule is missed, as `rating.excellent`."""

    what: str

    def words(self, say: Speaker) -> str:
        what = called(self.what, say)
        return say(f"没做到的不能得“{what}”", f"whoever misses it cannot be {what}")


@dataclass(frozen=True)
class Veto:
    """An appraisal or selection that is lost as a whole."""

    what: str

    def words(self, say: Speaker) -> str:
        what = called(self.what, say)
        return say(f"没做到的，{what}一票否决", f"missing it decides {what} against them")


Consequence = Points | Bars | Veto


@dataclass(frozen=True)
class Override:
    """This rule stands in for another of the same pack where the condition holds."""

    id: str
    when: Condition


@dataclass(frozen=True)
class RuleName:
    """Another rule: pack "" = the same pack."""

    pack: str
    id: str

    def spelled(self) -> str:
        return f"{self.pack}:{self.id}" if self.pack else self.id


def effects_words(say: Speaker, rule: Obligation) -> str:
    """The rest of a rule's sentence: whom it spares, what it bars, what follows and what it makes stricter."""
    parts = [one.words(say) for one in (*rule.exempt, *rule.blocks, *rule.consequences)]
    parts += [_instead(say, one.id) for one in rule.overrides]
    parts += dict.fromkeys(_stricter(say, name) for name in rule.tightens)
    return "".join(say("；", "; ") + part for part in parts)


def _instead(say: Speaker, name: str) -> str:
    return say(f"代替“{say.rule(name)}”", f"it stands in for {say.rule(name)}")


def _stricter(say: Speaker, name: RuleName) -> str:
    """A rule of this pack is called by its title; what another pack asks is shown in full beside the sentence."""
    if name.pack in ("", say.pack.slug):
        return say(f"比“{say.rule(name.id)}”更严", f"it is stricter than {say.rule(name.id)}")
    return say("比上级的要求更严", "it is stricter than what is asked above")
