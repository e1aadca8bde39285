"""Reasons and ways out as Chinese sentences, for the command line and whoever shows a plan to people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from .model import Unserved, WayOut

Moment = Callable[[int], str]

REASONS = {
    "no-window": "截止之前没有能接待的时间",
    "no-team": "没有符合要求的人可去",
    "no-session": "能接待的时间里，可以去的人都没有场次",
    "too-long": "路程加上访问的时间，任何一个场次都不够",
    "no-partners": "需要两组同时到，却没有两组能在同一个场次去",
    "full": "能接待的场次都已经排满",
    "stopped": "计算时间到了，还没有排到",
}


def reason_said(one: Unserved) -> str:
    """Why a family is left out, a sentence."""
    sentence = REASONS[one.code]
    skills = one.facts.get("skills")
    if one.code == "no-team" and isinstance(skills, list) and skills:
        sentence += f"（要会：{'、'.join(skills)}）"
    return sentence + "。"


def way_out_said(way: WayOut | None, moment: Moment, name: Callable[[str], str] = str) -> str:
    """The cheapest way out, a sentence; empty when none is known. moment: ticks as people say them; name: of an id."""
    if way is None:
        return ""
    facts = way.facts
    serves = int(str(facts.get("serves", 1)))
    also = f"，一共能多走访 {serves} 家" if serves > 1 else ""
    if way.code == "one-more-shift":
        return f"让“{name(str(facts['team']))}”在场次“{facts['session']}”多去一次就可以{also}。"
    if way.code == "one-more-team":
        skills = facts.get("skills")
        who = f"会“{'、'.join(skills)}”的一组人" if isinstance(skills, list) and skills else "一组人"
        return f"场次“{facts['session']}”多派{who}就可以{also}。"
    if way.code == "longer-session":
        return f"场次“{facts['session']}”延长 {-(-int(str(facts['more'])) // 60)} 分钟就可以。"
    if way.code == "other-time":
        return f"请问这家能不能改在场次“{facts['session']}”接待。"
    window = facts["window"]
    low, high = window if isinstance(window, tuple) else (0, 0)
    return f"在 {moment(low)} 到 {moment(high)} 之间加开一个场次就可以。"


def calendar_moment(origin: dt.date) -> Moment:
    """Ticks (seconds from midnight of `origin`) as a date and time: 2023-04-08T18:05, seconds only when there are any."""
    midnight = dt.datetime.combine(origin, dt.time())

    def said(ticks: int) -> str:
        moment = midnight + dt.timedelta(seconds=int(ticks))
        return moment.isoformat(timespec="seconds" if moment.second else "minutes")

    return said
