"""Gates: nobody is given a post before what the programmes ask for it is met or waived (`blocks: appoint(post)`).

A post is judged on the day it begins, also when that is past: what was done later does not count. A gate that was not in
force on that day yet is asked today, as if the post began today, or an early enough date would open every gate.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tongxin.kernel.base.models import Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.people.guards import Obstacle, Step
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence import facts as cadence
from tongxin.methods.cadence import reference
from tongxin.methods.cadence.declarations import STRUCTURE_LINKS
from tongxin.methods.cadence.explaining import reason_words
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reads import entry_kinds_read
from tongxin.methods.cadence.reference import MISSED, OPEN, Verdict
from tongxin.methods.cadence.tree import Obligation
from tongxin.methods.cadence.words import Speaker
from tongxin.ui.formats import plain_day

from .facts import school_facts
from .queries import in_force

AS_IF = "as-if-appointed"


def gates_of(pack: Pack, post: str, day: date) -> list[Obligation]:
    """Return the rules in force on a day that bar the way to a post."""
    return [
        rule
        for rule in in_force(pack, day)
        if rule.evaluable
        and rule.since <= day
        and (rule.until is None or day <= rule.until)
        and any(gate.action == "appoint" and gate.post == post for gate in rule.blocks)
    ]


def obstacles(step: Step) -> list[Obstacle]:
    """Return why a person cannot be given a post; a guard of `people.guards`.

    A rule is judged on a day as if the person had the post from then on, so that what it asks "before the appointment"
    and "of whoever holds the post" both speak of them.
    """
    if step.kind in STRUCTURE_LINKS:
        return []
    found = []
    asked: set[tuple[int, str]] = set()
    for day in _days(step):
        for programme, pack in school_packs(step.person.school, day):
            for rule in gates_of(pack, step.kind, day):
                if (programme.pk, rule.id) in asked:
                    continue
                asked.add((programme.pk, rule.id))
                verdict = _in_the_way(programme, pack, rule, step.person, step.of, step.kind, day)
                if verdict is not None:
                    sentence = _dated(_sentence(pack, rule, verdict, step.person, step.kind), step, day)
                    found.append(Obstacle(sentence, programme.public_id, rule.id))
    return found


def _days(step: Step) -> list[date]:
    """The days on which a post is judged: when it begins, and today where it is written down late and still held."""
    late = step.since < step.today <= step.until
    if step.since == date.min:
        return [step.today]
    return [step.since, step.today] if late else [step.since]


def _dated(sentence: str, step: Step, day: date) -> str:
    """Say on which day it was judged where that is not plain."""
    words = {"said": sentence, "day": plain_day(day, step.today), "since": plain_day(step.since, step.today)}
    if day < step.today:
        return _("按开始任职的%(day)s判断，那天以后做的不算：%(said)s") % words
    if step.since < day and step.since != date.min:
        return _("任职从%(since)s算起，那时还没有这条要求，所以按今天判断：%(said)s") % words
    return sentence


def _in_the_way(
    programme: Programme, pack: Pack, rule: Obligation, person: Subject, of: Subject, post: str, day: date
) -> Verdict | None:
    facts = school_facts(programme.school_id, programme, entry_kinds_read(rule))
    as_if = cadence.LinkRow(AS_IF, post, str(person.pk), str(of.pk), day, cadence.NEVER)
    facts = replace(facts, links=[*facts.links, as_if])
    whom = {str(person.pk), str(of.pk)}
    calendar = school_calendar(programme.school)
    verdicts = reference.evaluate(pack, facts, calendar, day, None, [rule.id], whom)
    return next((v for v in _that_speak(verdicts, day) if _bars(v)), None)


def _that_speak(verdicts: list[Verdict], day: date) -> list[Verdict]:
    """Return the verdicts of the windows that hold the day; where there is none, of the last that ended before."""
    now = [v for v in verdicts if v.first <= day <= v.last]
    return now or verdicts[-1:]


def _bars(verdict: Verdict) -> bool:
    return verdict.verdict in (OPEN, MISSED) and verdict.late_by is None and verdict.modality != "encouraged"


def _sentence(pack: Pack, rule: Obligation, verdict: Verdict, person: Subject, post: str) -> str:
    lang = "en" if (get_language() or "zh").startswith("en") else "zh"
    say = Speaker(pack, lang)
    said = _("%(person)s还不能担任%(post)s：“%(rule)s”应做%(owed)s，已做%(done)s") % {
        "person": person.name,
        "post": say.post(post),
        "rule": rule.title,
        "owed": say.number(verdict.owed),
        "done": say.number(verdict.done),
    }
    reasons = list(dict.fromkeys(reason_words(pack, reason, lang) for _entry, reason in verdict.rejected))
    if reasons:
        said += _("（有记录没有计入：%(reasons)s）") % {"reasons": "；".join(reasons)}
    if rule.waiver is None:
        return said + _("。做到以后再任命。")
    return said + _("。做到以后再任命，或请%(post)s批准豁免。") % {"post": say.post(rule.waiver.by)}
