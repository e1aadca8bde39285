"""Why a family is left out of a plan, and the cheapest way out, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.ui.formats import listed

from . import sessions
from .models import VisitRound
from .problems import session_of

REASONS = {
    "no-place": gettext_lazy("还不知道住在哪里"),
    "no-window": gettext_lazy("截止之前没有家长方便的时间"),
    "no-team": gettext_lazy("没有合适的人可去"),
    "no-session": gettext_lazy("家长方便的时间里，可以去的人都没有场次"),
    "too-long": gettext_lazy("路程加上坐的时间，哪个场次都不够"),
    "nobody-joins": gettext_lazy("要一起去的老师在这些场次都没有空"),
    "no-partners": gettext_lazy("要一起去的两边，凑不到家长方便的同一个时间"),
    "full": gettext_lazy("能去的场次都排满了"),
    "stopped": gettext_lazy("计算时间到了，还没有排到"),
}


def reason(why: Mapping[str, Any] | None) -> str:
    """Say why a family is left out; "" when nothing is known."""
    if not why:
        return ""
    said = str(REASONS.get(why["code"], ""))
    skills = why["facts"].get("skills")
    if why["code"] == "no-team" and skills:
        said = _("没有合适的人可去（要会：%(skills)s）") % {"skills": listed(skills)}
    if why["code"] == "nobody-joins" and skills:
        said = _("可以去的老师里，没有会%(skills)s的能一起去") % {"skills": listed(skills)}
    return said


def way_out(why: Mapping[str, Any] | None, round: VisitRound, names: Mapping[int, str], today: date) -> str:
    """Say the cheapest way out; "" when none is known. names: of the people of the round."""
    if not why:
        return ""
    if why["code"] == "no-place":
        return _("填上村或街道，或在地图上点一下，再排。")
    if why["code"] in ("no-team", "nobody-joins") and why["facts"].get("skills"):
        skills = listed(why["facts"]["skills"])
        return _("请选一位会%(skills)s的老师；会的老师要在“我什么时候能去”里写上。") % {"skills": skills}
    if why["code"] == "nobody-joins" or (why["code"] == "no-partners" and not why.get("way")):
        return _("请换一位一起去的老师，或请他改“我什么时候能去”。")
    way = why.get("way")
    if not way:
        return (
            _("把场次放宽、多选几位老师，或改为线上。")
            if why["code"] in ("full", "no-team", "stopped")
            else ""
        )
    facts = way["facts"]
    titles = {one["id"]: sessions.title(one, today) for one in round.sessions}
    session = titles.get(session_of(str(facts.get("session", ""))), "")
    said = _sentence(way["code"], facts, session, names, round, today)
    serves = int(facts.get("serves", 1))
    if serves > 1:
        said += _("这样一共能多走访%(n)d家。") % {"n": serves}
    return said


def _sentence(
    code: str,
    facts: Mapping[str, Any],
    session: str,
    names: Mapping[int, str],
    round: VisitRound,
    today: date,
) -> str:
    if code == "one-more-shift":
        people = [int(one) for one in str(facts["team"]).split("-") if one.isdecimal()]
        team = listed(names.get(one, "") for one in people)
        return _("请%(team)s在“%(session)s”也去一次就可以。") % {"team": team, "session": session}
    if code == "one-more-team":
        return _("“%(session)s”再多一组人就可以。") % {"session": session}
    if code == "longer-session":
        more = -(-int(facts["more"]) // 60)
        return _("“%(session)s”延长%(n)d分钟就可以。") % {"session": session, "n": more}
    if code == "other-time":
        return _("请问问这家能不能改在“%(session)s”。") % {"session": session}
    low, high = facts["window"]
    origin = round.first_day
    start, end = sessions.moment(int(low), origin), sessions.moment(int(high), origin)
    when = {"from": f"{start:%Y-%m-%d %H:%M}", "to": f"{end:%H:%M}"}
    return _("在 %(from)s 到 %(to)s 之间加一个场次就可以。") % when
