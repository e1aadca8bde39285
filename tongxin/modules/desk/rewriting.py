"""Change a programme's text as data, and say in words what differs between two texts. No database, no pages."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kernel.programmes.packs import in_page_words
from tongxin.methods.cadence.declarations import PlanItem
from tongxin.methods.cadence.pack import Pack, pack_from_dict
from tongxin.methods.cadence.tree import Obligation
from tongxin.methods.cadence.words import sentence
from tongxin.ui.worded import as_written

from .numbers import language

BOUNDS = ("at_least", "at_most", "exactly")


class NothingChanged(ValueError):
    """The form came back as it was."""


@dataclass(frozen=True)
class DutyEdit:
    """What the editor may change of an obligation.

    number: the new bound, None where it is not a plain number. since: the day from which a changed number counts.
    until: the last day it is owed, None = no end. due: the new last day of a fixed window.
    """

    title: str
    number: float | None = None
    since: date | None = None
    until: date | None = None
    due: date | None = None


def raw_duty(pack: Pack, rule: Obligation) -> dict[str, Any]:
    """Return the written form of the version of an obligation that is in force."""
    same = [o for o in pack.raw["obligations"] if str(o.get("id")) == rule.id]
    return next((o for o in same if _day(o.get("since")) == rule.since), same[-1])


def plain_bound(written: dict[str, Any]) -> tuple[str, float] | None:
    """Return (at_least | at_most | exactly, number) where the bound is one plain number."""
    found = [(k, written[k]) for k in BOUNDS if k in written]
    if len(found) == 1 and isinstance(found[0][1], int | float) and not isinstance(found[0][1], bool):
        return found[0]
    return None


def fixed_due(written: dict[str, Any]) -> date | None:
    """Return the last day of a window given by dates."""
    window = written.get("window")
    return _day(window.get("to") or window.get("by")) if isinstance(window, dict) else None


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def edit_duty(pack: Pack, rule: Obligation, edit: DutyEdit) -> Pack:
    """Return the pack with one obligation changed. A new number is a new dated version; the old one stays."""
    raw = copy.deepcopy(pack.raw)
    place = pack.raw["obligations"].index(raw_duty(pack, rule))
    written = raw["obligations"][place]
    if edit.title:
        written["title"] = edit.title
    if edit.due and fixed_due(written) not in (None, edit.due):
        window = written["window"]
        window["to" if "to" in window else "by"] = edit.due
    if edit.until:
        written["until"] = edit.until
    else:
        written.pop("until", None)
    bound = plain_bound(written)
    if bound and edit.number is not None and edit.number != bound[1]:
        raw["obligations"][place : place + 1] = _with_number(written, bound[0], edit, rule)
    if [o for o in raw["obligations"] if o["id"] == rule.id] != _only_title(pack, rule, edit):
        # Cases show what the pack's own rule means; they say nothing of a rule the school has changed.
        for written in raw["obligations"]:
            if written["id"] == rule.id:
                written.pop("cases", None)
    return pack_from_dict(raw)


def _only_title(pack: Pack, rule: Obligation, edit: DutyEdit) -> list[dict]:
    """Return the written versions of a rule as they would be if only its title changed."""
    present = raw_duty(pack, rule)
    return [
        o | {"title": edit.title} if o is present and edit.title else o
        for o in pack.raw["obligations"]
        if o["id"] == rule.id
    ]


def _with_number(written: dict, key: str, edit: DutyEdit, rule: Obligation) -> list[dict]:
    number = edit.number if edit.number is None or edit.number % 1 else int(edit.number)
    new = {k: v for k, v in copy.deepcopy(written).items() if k != "cases"} | {key: number}
    if edit.since is None or edit.since <= rule.since:
        return [new]
    return [written, new | {"since": edit.since}]


def edit_plan(
    pack: Pack, phases: dict[int, tuple[date, date]], items: dict[str, dict[str, Any]], year: int
) -> Pack:
    """Return the pack with new days of phases, and titles, owners and days of items.

    items: {item: {"title", "owner", "from", "due"}}; year: the calendar year in which the programme begins.
    """
    raw = copy.deepcopy(pack.raw)
    plan = raw.get("plan") or {}
    for phase in plan.get("phases") or []:
        days = phases.get(phase.get("phase"))
        if days:
            phase["from"], phase["to"] = spelled(days[0], year), spelled(days[1], year)
    for item in _raw_items(plan):
        change = items.get(str(item.get("item")))
        if change:
            item["title"], item["owner"] = change["title"], change["owner"]
            item["from"], item["due"] = spelled(change["from"], year), spelled(change["due"], year)
    return pack_from_dict(raw)


def _raw_items(plan: dict) -> Iterator[dict]:
    for month in plan.get("months") or []:
        yield from month.get("items") or []


def spelled(day: date, year: int) -> str:
    """Return a day as packs write it: MM-DD, with "+1 " before it in the following year."""
    return f"{'+1 ' if day.year > year else ''}{day:%m-%d}"


@dataclass(frozen=True)
class Change:
    """One difference in words. before or after empty: added or taken out."""

    what: str
    before: str
    after: str


def changes(old: Pack, new: Pack) -> list[Change]:
    """Return what differs between two texts of a programme, in words, in the order of the plan."""
    old, new = in_page_words(old), in_page_words(new)
    found = list(_duty_changes(old, new))
    for number in sorted(set(old.phases) | set(new.phases)):
        a, b = old.phases.get(number), new.phases.get(number)
        if a != b:
            words = [f"{p.title} {p.first}—{p.last}" if p else "" for p in (a, b)]
            found.append(Change(_("阶段"), *words))
    found += _item_changes(old, new)
    if old.title != new.title:
        found.append(Change(_("方案名称"), old.title, new.title))
    if old.headings != new.headings:
        found.append(Change(_("提纲"), _heading_count(old), _heading_count(new)))
    if old.kinds != new.kinds:
        found += _kind_changes(old, new)
    return found


def _heading_count(pack: Pack) -> str:
    return _("%(n)d条") % {"n": sum(1 for _h in pack.all_headings())}


def _duty_changes(old: Pack, new: Pack) -> Iterator[Change]:
    before = {(o.id, o.since): o for o in old.obligations}
    after = {(o.id, o.since): o for o in new.obligations}
    for key in dict.fromkeys((*before, *after)):
        a, b = before.get(key), after.get(key)
        words_a, words_b = _duty_words(old, a), _duty_words(new, b)
        renamed = a and b and as_written(a.title) != as_written(b.title)
        if words_a != words_b or renamed:
            rule = b or a
            yield Change(rule.title if rule else key[0], words_a, words_b)


def _duty_words(pack: Pack, rule: Obligation | None) -> str:
    if rule is None:
        return ""
    said = sentence(pack, rule, language()) if rule.evaluable else rule.later
    said = f"{rule.title}：{said}"
    if rule.until:
        said += _("（到%(day)s为止）") % {"day": rule.until.isoformat()}
    return said + _("（%(day)s起）") % {"day": rule.since.isoformat()}


def _item_changes(old: Pack, new: Pack) -> list[Change]:
    before = {i.name: i for i in old.plan_items}
    after = {i.name: i for i in new.plan_items}
    found = []
    for name in dict.fromkeys((*before, *after)):
        a, b = _item_words(old, before.get(name)), _item_words(new, after.get(name))
        if a != b:
            found.append(Change(_("年度安排"), a, b))
    return found


def _item_words(pack: Pack, item: PlanItem | None) -> str:
    if item is None:
        return ""
    owner = pack.posts[item.owner].title if item.owner in pack.posts else item.owner
    return f"{item.title}，{item.first}—{item.due}，{owner}"


def _kind_changes(old: Pack, new: Pack) -> list[Change]:
    found = []
    for name in dict.fromkeys((*old.kinds, *new.kinds)):
        a, b = old.kinds.get(name), new.kinds.get(name)
        if a != b:
            found.append(Change(_("活动类别"), a.title if a else "", b.title if b else ""))
    return found
