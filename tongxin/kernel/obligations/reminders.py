"""Remind people of what is due: computed from verdicts every day, put in the outbox once, withdrawn when met."""

from __future__ import annotations

from datetime import date

from tongxin.kernel.base.models import School
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import active_programmes, with_text
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation

from . import outbox
from .models import Message
from .queries import ask

TOPIC = "obligation_due"


def remind(school: School, today: date) -> int:
    """Put today's reminders of a school in the outbox and cancel those that are met; return how many are new.

    One message per person, obligation, window and reminder day, however many subjects it is about. Encouraged
    rules remind nobody.
    """
    made = 0
    for programme in with_text(active_programmes(school, today)).select_related("school"):
        asked = ask(programme, today)
        rules = {
            r.id: r
            for r in asked.rules
            if r.remind_days and r.evaluable and r.source.modality != "encouraged"
        }
        verdicts = asked.verdicts(rules) if rules else []
        wanted = _wanted(programme, rules, verdicts, today)
        made += sum(
            outbox.put(key, school_id=school.pk, recipient_id=person, topic=TOPIC, data=data, due=due)[1]
            for key, (person, data, due) in wanted.items()
        )
        outbox.cancel(_met(programme, verdicts))
    return made


def _wanted(programme: Programme, rules: dict[str, Obligation], verdicts: list[Verdict], today: date) -> dict:
    wanted: dict[str, tuple[int, dict, date | None]] = {}
    for verdict in verdicts:
        rule = rules.get(verdict.obligation)
        if rule is None or verdict.verdict != "open" or verdict.due is None:
            continue
        left = (verdict.due - today).days
        step = min((d for d in rule.remind_days if left <= d), default=None)
        if step is None:
            continue
        for bearer in verdict.bearer:
            if bearer.isdigit():
                key = f"{_prefix(programme, verdict)}{bearer}:{step}"
                data = {
                    "programme": programme.public_id,
                    "obligation": rule.id,
                    "first": verdict.first.isoformat(),
                }
                wanted[key] = (int(bearer), data, verdict.due)
    return wanted


def _prefix(programme: Programme, verdict: Verdict) -> str:
    return f"due:{programme.pk}:{verdict.obligation}:{verdict.first.isoformat()}:"


def _met(programme: Programme, verdicts: list[Verdict]) -> list[str]:
    """Return the keys of open messages about windows in which nobody is behind any more."""
    behind = {_prefix(programme, v) for v in verdicts if v.verdict == "open"}
    about = {_prefix(programme, v) for v in verdicts} - behind
    waiting = Message.objects.filter(
        school_id=programme.school_id, topic=TOPIC, read_at=None, cancelled_at=None
    ).values_list("key", flat=True)
    return [key for key in waiting if any(key.startswith(prefix) for prefix in about)]
