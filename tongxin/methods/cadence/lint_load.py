"""What a pack would ask of people in a school of ordinary size, against the hours it says they have."""

from __future__ import annotations

from .calendar import CalendarUnreadable, calendar_from_dict
from .facts import Facts, LinkRow, Subject
from .findings import Findings
from .load import Load, loads_of_facts
from .located import Place
from .pack import Pack

STUDENTS, MEMBERS = 45, 12
MOST_RULES = 300


def check_load(pack: Pack, found: Findings) -> None:
    """Warn of each post that could not keep the pack's budget with one class, one branch and one person for each post.

    What depends on attributes that nobody has here is left out, so that a warning is never false alarm.
    """
    rules = sum(rule.evaluable for rule in pack.obligations)
    if not pack.budget or not pack.test_calendar or not 0 < rules <= MOST_RULES:
        return
    try:
        calendar = calendar_from_dict(pack.test_calendar)
    except CalendarUnreadable:
        return  # said already
    year = max(calendar.school_years, key=lambda one: one.last, default=None)
    if year is None:
        return
    where = pack.places.get("budget", Place("", 1))
    told: set[str] = set()
    for load in loads_of_facts(pack, ordinary_school(pack), calendar, year.first, year.last):
        who = load.person.partition("#")[0]
        if load.over and who not in told:
            told.add(who)
            found.warn(where, "load", _sentence(pack, load, who))


def _sentence(pack: Pack, load: Load, who: str) -> str:
    title = pack.posts[who].title if who in pack.posts else {"member": "一名党员"}.get(who, "一名教职工")
    rule = pack.versions(load.bottleneck)[-1]
    hours, budget = float(load.hours_per_week), float(load.budget or 0)
    return (
        f"{title}每周要用{hours:.1f}小时，多于“budget”的{budget:g}小时；用时最多的是“{rule.title}”（{rule.id}）。"
        "请减少次数、分给更多的人，或改“budget”。"
    )


def ordinary_school(pack: Pack) -> Facts:
    """A school with one class, one branch, one department and one person for each post."""
    places = {"school": "x", "homeroom": "h", "branch": "b", "department": "d"}
    subjects = [Subject(place, kind, place, "x") for kind, place in places.items()]
    links: list[LinkRow] = []

    def add(name: str, type_: str, *ties: tuple[str, str]) -> None:
        subjects.append(Subject(name, type_, name, "x"))
        links.extend(LinkRow(f"{kind}/{name}", kind, name, at) for kind, at in ties)

    for number in range(STUDENTS):
        add(f"student#{number}", "student", ("enrolled_in", "h"))
    for number in range(MEMBERS):
        add(f"member#{number}", "staff", ("branch_member", "b"), ("in_department", "d"))
    for post in pack.posts.values():
        add(post.name, "staff", (post.name, places.get(post.of, "x")), ("in_department", "d"))
    return Facts(subjects=subjects, links=links)
