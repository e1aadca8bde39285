"""How far somebody has come under a rule, in which unit, and what would close it, as sentences."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from tongxin.methods.cadence.counting import Average, Distinct, Max, People, PersonTimes, Sum, Times
from tongxin.methods.cadence.measures_days import Gap, Run
from tongxin.methods.cadence.measures_standing import DaysIn, Links
from tongxin.methods.cadence.occasions import Before
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.periods import Break, Every, OwnDays, PartOf, Rolling, Standing
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Checklist, Obligation
from tongxin.methods.cadence.words import Speaker
from tongxin.ui.formats import until_words

from .numbers import language, number_words

# A window of these comes again by itself: what is done later counts for a later one.
RECURRING = (Every, PartOf, Break)


def unit_of(pack: Pack, rule: Obligation) -> str:
    """Return the word after a number of this rule: 次, 学时, 平方米, 项."""
    items = rule.requirements()
    if isinstance(rule.demand, Checklist) or len(items) != 1:
        return _("项")
    measure, say = items[0].measure, Speaker(pack, language()).about(items[0].count.kinds)
    match measure:
        case Times():
            return _("次")
        case Sum() | Max() | Average() | People() | PersonTimes() | Distinct() | DaysIn() | Run() | Gap():
            return measure.words(say)
        case Links():
            return say("个", "")
    return ""


def forbids(verdict: Verdict) -> bool:
    """Say whether a rule only sets a most: what it counts is what should not be."""
    return verdict.owed == 0 and verdict.most is not None


def facts_of(verdict: Verdict, unit: str) -> str:
    """Say what was done and what is asked for."""
    told = {"done": number_words(verdict.done), "owed": number_words(verdict.owed), "unit": unit}
    if verdict.most is not None and verdict.owed == 0:
        return _("已有 %(done)s，至多 %(most)s %(unit)s") % (told | {"most": number_words(verdict.most)})
    if verdict.most is None or verdict.most == verdict.owed:
        return _("已做 %(done)s，应做 %(owed)s %(unit)s") % told
    told["most"] = number_words(verdict.most)
    return _("已有 %(done)s，应在 %(owed)s 到 %(most)s %(unit)s之间") % told


def closes(verdict: Verdict, rule: Obligation, unit: str, today: date) -> str:
    """Say what is still missing, in one sentence; nothing when it is settled."""
    if verdict.verdict == "waived":
        return _("已批准免除，这一期不用做。")
    if verdict.verdict not in ("open", "missed"):
        return ""
    left = verdict.owed - verdict.done
    if left > 0:
        said = _("还差%(n)s%(unit)s") % {"n": number_words(left), "unit": unit}
        if verdict.verdict == "missed":
            return said + _too_late(rule)
        until = until_words(verdict.due, today) if verdict.due else ""
        return said + (f"，{until}。" if until else "。")
    if verdict.verdict == "missed":
        return ""
    if verdict.most == 0:
        return _("到期末一次也没有就算完成。")
    if verdict.most is not None:
        return _("到期末不超过%(n)s%(unit)s就算完成。") % {"n": number_words(verdict.most), "unit": unit}
    return _("到期末仍符合要求就算完成。")


def _too_late(rule: Obligation) -> str:
    """Say what doing it now would still change."""
    if any(isinstance(period, Rolling | Standing) for period in rule.periods):
        return _("，现在补上就算完成。")
    if any(isinstance(period, OwnDays) for period in rule.periods):
        return _("；活动已经过去。记漏了就更正那次记录，缺材料就补上。")
    if any(isinstance(period, Before) for period in rule.periods):
        return _("，那件事以前没有做到，以后补不上。")
    if any(isinstance(period, RECURRING) for period in rule.periods):
        if rule.makes_up:
            return _("，这一期已经过去；补做时注明补这一期就算。")
        return _("，这一期已经过去；当时做了没有登记的可以补登，以后做的算在以后。")
    return _("，期限已过；补做以后会记为晚完成。")
