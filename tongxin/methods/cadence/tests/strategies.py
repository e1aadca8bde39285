"""Random packs within the language and random facts to judge, for the properties and for comparing evaluators."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from tongxin.methods.cadence.calendar import SchoolCalendar, calendar_from_dict
from tongxin.methods.cadence.facts import (
    ALWAYS,
    NEVER,
    AttributeRow,
    Entry,
    EventRow,
    EvidenceRow,
    Facts,
    LinkRow,
    Participation,
    Subject,
    WaiverRow,
)
from tongxin.methods.cadence.pack import Pack

from .vocabulary import CALENDAR, KINDS, pack_of, rule

CHINA = dt.timezone(dt.timedelta(hours=8))
FIRST, LAST = dt.date(2022, 12, 1), dt.date(2023, 9, 30)
days = st.dates(FIRST, LAST)
PARTS = {kind["kind"]: [part["part"] for part in kind["parts"]] for kind in KINDS}
STUDENTS, STAFF = ["s1", "s2", "s3", "s4"], ["t1", "t2", "t3", "t4"]
HOMEROOMS, BRANCHES, DEPARTMENTS, SCHOOLS = ["h1", "h2"], ["b1", "b2"], ["d1"], ["x1", "x2"]
TEAMS, FAMILIES = ["g1"], ["f1"]
VALUES = {
    "care": ["true", "false"],
    "grade": ["1", "2", "3"],
    "size": ["30", "45", "46"],
    "need": ["a", "b"],
    "young": ["true", "false"],
    "rank": ["one", "two"],
    "boarding": ["true", "false"],
    "membership": ["activist", "probationary", "full"],
}
CARRIERS = {
    "care": STUDENTS,
    "grade": [*STUDENTS, *HOMEROOMS],
    "size": HOMEROOMS,
    "need": STUDENTS,
    "young": STAFF,
    "rank": BRANCHES,
    "boarding": SCHOOLS,
    "membership": STAFF,
}


def school_calendar() -> SchoolCalendar:
    return calendar_from_dict(CALENDAR)


# rules


FITTING = {
    "student": ["boarding", "care", "grade", "need", "size"],
    "staff": ["boarding", "membership", "young"],
    "member": ["boarding", "rank", "young"],
    "homeroom": ["boarding", "grade", "size"],
    "branch": ["boarding", "rank"],
    "pair:mentor_of": ["boarding", "care", "grade", "young"],
    "pair:liaison": ["boarding", "grade", "size", "young"],
}


@st.composite
def attribute_tests(draw: st.DrawFn, subject: str) -> dict[str, Any]:
    """Mostly of an attribute that the subject has, now and then of one that stays unknown."""
    names = sorted(VALUES) if draw(st.integers(0, 7)) == 0 else FITTING.get(subject, ["boarding"])
    name = draw(st.sampled_from(names))
    if name in ("grade", "size"):
        low = draw(st.sampled_from([1, 2, 45]))
        return draw(
            st.sampled_from(
                [
                    {"attribute": name, "is": low},
                    {"attribute": name, "at_least": low},
                    {"attribute": name, "at_most": low},
                    {"attribute": name, "between": [low, low + 1]},
                ]
            )
        )
    return {
        "attribute": name,
        "in": draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=2, unique=True)),
    }


def conditions(subject: str) -> st.SearchStrategy[dict[str, Any]]:
    """A random condition that fits the subject."""
    links = [
        {"link": "liaison"},
        {"link": "mentor_of", "end": "b"},
        {"link": "mentor_of"},
        {"post": "homeroom_teacher"},
        {"state": "probationary"},
        {"machine": "membership", "is": "full"},
        {"has": "liaison"},
        {"event": "signal", "within": "30d"},
        {"event": "visit", "within": "60d"},
        {"event": "appointed.homeroom_teacher", "within": "90d"},
        {"event": "arrived", "within": "100d"},
        {"event": {"kind": "lesson", "part": "teacher"}, "within": 20},
    ]
    compare = {"attribute": "size", "compare": "more_than", "to": "grade"}
    leaves = [attribute_tests(subject), attribute_tests(subject), st.sampled_from([*links, compare])]
    if subject.startswith("pair"):
        links.append({"event": f"linked.{subject.removeprefix('pair:')}", "within": "150d"})
        leaves[-1] = st.sampled_from([*links, compare])
        sides = [
            {"a": {"young": True}},
            {"b": {"event": "signal", "within": "45d"}},
            {"b": {"grade": [1, 2]}},
            {"b": {"care": True}, "a": {"link": "liaison"}},
        ]
        leaves.append(st.sampled_from(sides))
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            st.builds(lambda part: {"not": part}, inner),
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=2)),
            st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=2)),
        ),
        max_leaves=3,
    )


@st.composite
def companions(draw: st.DrawFn, parts: list[str]) -> dict[str, Any]:
    who = draw(
        st.sampled_from(
            [
                {"post": "homeroom_teacher"},
                {"post": "secretary"},
                {"subject": "member"},
                {"subject": "staff"},
                {"link": "mentor_of"},
                {"link": "mentor_of", "end": draw(st.sampled_from(["a", "b"]))},
                {"same": draw(st.sampled_from(["homeroom", "branch", "team"]))},
                {"where": {"young": True}},
                {"self": True},
            ]
        )
    )
    part = draw(st.sampled_from([*parts, ""]))
    return {**who, "part": part} if part else dict(who)


pair_measures = st.sampled_from(
    ["times", {"sum": "hours"}, {"max": "hours"}, {"average": "hours"}]
    + [{"distinct": of} for of in ("counterpart", "kind", "theme", "place", "day")]
)


@st.composite
def pair_counts(draw: st.DrawFn) -> dict[str, Any]:
    """What two people do together: in parts of their own, with the counterpart, or wherever both are."""
    kind = draw(st.sampled_from(sorted(PARTS)))
    found: dict[str, Any] = {"kind": kind}
    if draw(st.booleans()):
        found["part"] = draw(st.sampled_from(PARTS[kind]))
    if draw(st.booleans()):
        found["with"] = {"part": draw(st.sampled_from([*PARTS[kind], "counterpart"]))}
        if draw(st.integers(0, 2)) == 0:
            found["with"] |= draw(companions([]))
    if draw(st.integers(0, 4)) == 0:
        found["by"] = draw(companions(PARTS[kind]))
    return found


@st.composite
def counts(draw: st.DrawFn, kinds: list[str] | None = None) -> dict[str, Any]:
    kinds = kinds or draw(st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=2, unique=True))
    shared = sorted(set.intersection(*(set(PARTS[kind]) for kind in kinds)))
    count: dict[str, Any] = {"kind": kinds if len(kinds) > 1 else kinds[0]}
    if shared and draw(st.integers(0, 3)):
        count["part"] = draw(st.sampled_from(shared))
    if kinds == ["visit"] and draw(st.integers(0, 2)) == 0:
        count["only"] = draw(
            st.sampled_from(
                [{"mode": "online"}, {"mode": ["online", "in_person"]}, {"hours": {"at_least": 1}}]
            )
        )
    if draw(st.integers(0, 7)) == 0:
        count["by"] = draw(companions(shared))
    if draw(st.integers(0, 9)) == 0:
        count["with"] = {"part": "counterpart", "where": {"care": True}}
    return count


measures = st.sampled_from(
    ["times", "people", "person_times", {"sum": "hours"}, {"max": "hours"}, {"average": "hours"}]
    + [{"distinct": of} for of in ("counterpart", "kind", "theme", "place", "day")]
)
windows = st.sampled_from(
    [
        "year", {"year": "calendar"}, "half_year", "term", "quarter", "month", "teaching_week", "once",
        {"every": 2, "unit": "teaching_week"},
        {"every": 2, "unit": "teaching_week", "stub": "prorate"},
        {"every": 3, "unit": "teaching_week", "stub": "full"},
        {"every": 2, "unit": "month"},
        {"unit": "month", "teaching": True, "stub": "prorate"},
        {"phase": 1}, {"plan_month": 3}, {"plan_month": 7}, {"by": "2023-06-30"},
        {"from": "2023-04-03", "to": "2023-04-28"},
        {"nth": 1, "unit": "term", "of": "year"},
        {"last": 2, "unit": "teaching_week", "of": "term"},
        {"first": 2, "unit": "month", "of": "half_year"},
        {"break": "any"}, {"break": "summer"}, {"rolling": 2, "unit": "month"}, "standing",
        {"standing": True, "grace": "60d"},
    ]
)  # fmt: skip
# Windows that each subject has for itself; those of an activity run from the activity.
own_windows = st.sampled_from(
    [
        {"within": 24, "unit": "hour", "of": "signal"}, {"within": 100, "unit": "hour", "of": "visit"},
        {"within": "30d", "of": "leave"}, {"within": 5, "unit": "school_day", "of": "signal"},
        {"within": 2, "unit": "month", "of": {"kind": "lesson", "part": "teacher"}}, {"within": "60d", "of": "meeting"},
        {"within": "90d", "of": "arrived"}, {"within": "90d", "of": "appointed.homeroom_teacher"},
        {"before": "signal"}, {"before": "linked.mentor_of", "lookback": [3, "month"]},
        {"before": "leave", "lookback": "60d"}, {"between_events": {"from": "leave", "until": "back"}},
        {"by": {"announced": "report-day"}},
    ]
)  # fmt: skip
after_itself = st.sampled_from(
    [{"within": 3, "unit": "school_day", "of": "self"}, {"within": 48, "unit": "hour", "of": "self"}]
)
numbers = st.integers(0, 4)


@st.composite
def bounds(draw: st.DrawFn, subject: str) -> dict[str, Any]:
    low = draw(numbers)
    table = {"by": "grade", "1": low, "2..3": low + 1}
    size = {"by": "size", "<=45": low, ">=46": low + 1}
    post = {"by": "post", "homeroom_teacher": low + 1, "branch_secretary": low + 2, "else": low}
    by_grade = subject in ("student", "homeroom")
    return draw(
        st.sampled_from(
            [
                {"at_least": max(low, 1)},
                {"at_least": low},
                {"at_most": low},
                {"exactly": low},
                {"between": [low, low + 2]},
                {"one_of": [low, low + 2, low + 3]},
                {"at_least": {"ask": "secretary"}},
                {"at_least": {"part": "1/20", "of": "size"}},
                {"at_most": {"part": "1/2", "of": "grade"}},
                {"at_least": post},
                *(
                    [{"at_least": {**table, "else": 1}}, {"at_least": table}, {"at_least": size}]
                    if by_grade
                    else []
                ),
            ]
        )
    )


shares_of = st.sampled_from(
    [
        {"at_least": "3/4"}, {"at_least": "60 %"}, {"at_most": "1/3"}, {"exactly": "100 %"}, {"at_least": "0 %"},
        {"between": ["1/4", "50 %"]},
    ]
)  # fmt: skip
SETS = {
    "homeroom": ["students", {"set": "students", "where": {"care": True}}, {"link": "liaison"}],
    "branch": ["members", "staff", "students"],
    "department": ["staff", {"set": "staff", "where": {"young": True}}],
    "school": ["students", "staff", "members", "homerooms", "branches", {"link": "secretary"}],
    "activity:lesson": ["observer", {"part": "teacher", "where": {"young": True}}],
}
HELD = {
    "homeroom": {"care": True},
    "branch": {"young": True},
    "department": {"link": "mentor_of"},
    "school": {"grade": 1},
}


@st.composite
def demands(draw: st.DrawFn, own: list[str] | None, subject: str) -> dict[str, Any]:
    """What is counted, how, and how much of it."""
    if subject.startswith("pair"):
        return {"count": draw(pair_counts()), "measure": draw(pair_measures), **draw(bounds(subject))}
    kind = draw(st.sampled_from(["entries"] * 4 + ["days", "standing", "share"]))
    plain = {"count": draw(counts(own)), "measure": draw(measures), **draw(bounds(subject))}
    if kind == "days" and not own:
        unit = draw(st.sampled_from(["day", "school_day"]))
        return {**plain, "measure": {draw(st.sampled_from(["run", "gap"])): unit}}
    if kind == "standing" and not own:
        return {"measure": draw(standing), **draw(bounds(subject))}
    if kind == "share" and subject in SETS:
        return draw(shares(own, subject))
    return plain


standing = st.sampled_from(
    [
        {"links": "mentor_of"}, {"links": ["mentor_of", "liaison"]}, {"links": "mentor_of", "end": "b"}, {"links": "homeroom_teacher"},
        {"links": "liaison", "with": {"where": {"young": True}}}, {"links": "mentor_of", "with": {"subject": "member"}},
        {"links": "enrolled_in"}, {"state": "probationary"}, {"state": {"machine": "membership", "is": "full"}},
        {"days_in": "activist"}, {"days_in": {"machine": "rank", "is": "one"}},
    ]
)  # fmt: skip


@st.composite
def shares(draw: st.DrawFn, own: list[str] | None, subject: str) -> dict[str, Any]:
    share: dict[str, Any] = {"of": draw(st.sampled_from(SETS[subject]))}
    if not own and draw(st.integers(0, 3)) == 0:
        verdict = draw(st.sampled_from(["met", "missed"]))
        of = {"obligation": "asked-for", "verdict": verdict}
        return {"measure": {"share": {"of": of}}, **draw(shares_of)}
    if not own:
        share["set_on"] = draw(st.sampled_from(["first_day", "last_day", "2023-04-10"]))
        if draw(st.integers(0, 3)) == 0:
            return {"measure": {"share": {**share, "where": HELD[subject]}}, **draw(shares_of)}
    return {"count": draw(counts(own)), "measure": {"share": share}, **draw(shares_of)}


def of_days_of_its_own(measure: Any) -> bool:
    """May it not stand in a window that a subject has for itself."""
    said = measure if isinstance(measure, dict) else {}
    inside = said.get("share", {})
    by_entries = "share" in said and "where" not in inside and "obligation" not in str(inside)
    return by_entries or "school_day" in said.values()


@st.composite
def obligations(draw: st.DrawFn, name: str = "rule", of: str = "") -> dict[str, Any]:
    """One random obligation as a pack spells it. of: for subjects of this kind only."""
    subject = of or draw(
        st.sampled_from(
            [
                "student",
                "staff",
                "member",
                "homeroom",
                "branch",
                "department",
                "school",
                "activity:lesson",
                "pair:mentor_of",
                "pair:liaison",
                "team",
                "family",
            ]
        )
    )
    pair = subject.startswith("pair")
    own = [subject.partition(":")[2]] if ":" in subject and not pair else None
    spelled = rule(id=name, subject=subject, count=None, at_least=None, window=None)
    if draw(st.integers(0, 4)) == 0:
        items = [draw(_items(own, subject)) for _ in range(draw(st.integers(1, 3)))]
        spelled[draw(st.sampled_from(["all_of", "any_of"]))] = items
    else:
        spelled |= draw(demands(own, subject))
        if (spelled.get("count") or {}).get("kind") == "visit" and draw(st.integers(0, 3)) == 0:
            spelled["measure"] = {"sum": "distance"}
        links = spelled.get("measure")
        one_sided = len({"at_least", "at_most"} & {*spelled}) == 1 and not {
            "between",
            "exactly",
            "one_of",
        } & {*spelled}
        if (
            isinstance(links, dict)
            and "links" in links
            and "with" not in links
            and one_sided
            and draw(st.booleans())
        ):
            spelled["on"] = draw(st.sampled_from(["every_day", "any_day"]))
    if draw(st.integers(0, 3)) == 0:
        spelled["evidence"] = draw(
            st.sampled_from([["photo"], ["photo", "sheet"], {"any": ["photo", "sheet"]}])
        )
    if draw(st.integers(0, 2)) == 0:
        spelled["where"] = draw(conditions(subject))
    if draw(st.integers(0, 3)) == 0:
        spelled["exempt"] = draw(conditions(subject))
    if draw(st.integers(0, 4)) == 0:
        spelled["windows"] = [draw(windows), draw(windows)]
    elif draw(st.integers(0, 3)) == 0 and not any(
        of_days_of_its_own(item.get("measure"))
        for item in (spelled, *spelled.get("all_of", ()), *spelled.get("any_of", ()))
    ):
        spelled["window"] = draw(after_itself if own else own_windows)
        if "count" in spelled and draw(st.booleans()):
            spelled["count"]["about"] = "self" if own else "event"
            if own and draw(st.booleans()):
                spelled["count"] |= {"kind": "meeting", "part": "teacher"}
    elif own is None or draw(st.booleans()):
        spelled["window"] = draw(windows)
    if "branch_secretary" in str(spelled.get("at_least")) and draw(st.booleans()):
        spelled["two_posts"] = draw(st.sampled_from(["union", "larger", "both"]))
    spelled["bearer"] = draw(
        st.sampled_from(
            ["self", "homeroom_teacher", "branch_secretary", ["secretary", "homeroom_teacher"], "liaison"]
            + (["a", "b", ["a", "b"]] if pair else [])
        )
    )
    of_its_own = isinstance(spelled.get("window"), dict) and {"within", "before", "between_events"} & {
        *spelled["window"]
    }
    of_its_own = of_its_own or spelled.get("window") == {"by": {"announced": "report-day"}}
    spelled["arrivals"] = (
        draw(st.sampled_from(["full", {"from": "5d"}]))
        if of_its_own and not own
        else "full"
        if own
        else draw(st.sampled_from(["full", "full", "full", "prorate", {"from": "5d"}]))
    )
    if "one_of" in str(spelled) and "prorate" in str(spelled):
        spelled |= {"arrivals": "full", **({"window": "month"} if "window" in spelled else {})}
        spelled |= {"windows": ["term", "month"]} if "windows" in spelled else {}
    spelled["source"]["modality"] = draw(st.sampled_from(["must", "must", "in_principle", "encouraged"]))
    return spelled


@st.composite
def _items(draw: st.DrawFn, own: list[str] | None, subject: str) -> dict[str, Any]:
    item = draw(demands(own, subject))
    if draw(st.integers(0, 3)) == 0:
        item["where"] = draw(conditions(subject))
    return item


@st.composite
def packs(draw: st.DrawFn) -> Pack:
    """A random pack of one to three obligations, one of them perhaps in two versions."""
    spelled = [draw(obligations(f"rule-{number}")) for number in range(draw(st.integers(1, 3)))]
    if draw(st.integers(0, 2)) == 0:
        newer = {**draw(obligations("rule-0")), "since": draw(days).isoformat()}
        if draw(st.booleans()):
            newer["applies"] = "next_window"
        spelled.append(newer)
    if len(spelled) > 1 and draw(st.integers(0, 2)) == 0:
        subject = spelled[1]["subject"]
        spelled[1]["overrides"] = {"id": "rule-0", "when": draw(conditions(subject))}
    if "asked-for" in str(spelled):
        itself = "'obligation': 'asked-for'"
        fits = obligations("asked-for").filter(
            lambda one: itself not in str(one) and not one["subject"].startswith("pair")
        )
        spelled.append(draw(fits))
    return pack_of(*spelled, programme_year=draw(st.sampled_from(["calendar", "school"])))


@st.composite
def programmes_that_share(draw: st.DrawFn) -> Pack:
    """A random pack whose obligations take entries from one another (Meaning 17), or have work made up (Meaning 12)."""
    rules = []
    for number in range(draw(st.integers(2, 4))):
        found = rule(
            id=f"rule-{number}",
            window=draw(
                st.sampled_from(["term", "month", {"by": "2023-04-30"}, {"within": "60d", "of": "visit"}])
            ),
            measure=draw(st.sampled_from(["times", {"sum": "hours"}, {"sum": "cost"}])),
            at_least=draw(st.sampled_from([1, 2, 3])),
            counts_for=draw(st.sampled_from(["one", "many"])),
        )
        if number and draw(st.booleans()):
            found["not_with"] = [f"rule-{draw(st.integers(0, number - 1))}"]
        if draw(st.booleans()) and "within" not in found["window"]:
            found["makes_up"] = "allowed"
        if draw(st.integers(0, 3)) == 0:
            found["count"]["only"] = {"mode": "online"}
        rules.append(found)
    return pack_of(*rules)


# facts


@st.composite
def validity(draw: st.DrawFn) -> tuple[dt.date, dt.date]:
    if draw(st.integers(0, 2)):
        return ALWAYS, NEVER
    first = draw(days)
    return first, draw(st.sampled_from([NEVER, first + dt.timedelta(days=draw(st.integers(0, 200)))]))


@st.composite
def knowledge(draw: st.DrawFn, day: dt.date = FIRST) -> tuple[dt.datetime | None, dt.datetime | None]:
    """(recorded_at, superseded_at) of a row about `day`; mostly recorded at once and never superseded."""
    if draw(st.integers(0, 3)):
        return None, None
    recorded = dt.datetime.combine(day, dt.time(8), CHINA) + dt.timedelta(days=draw(st.integers(0, 60)))
    return recorded, draw(st.sampled_from([None, None, recorded + dt.timedelta(days=20)]))


@st.composite
def asked_numbers(draw: st.DrawFn) -> AttributeRow:
    """A number that somebody was asked for; now and then no number at all."""
    owner = draw(st.sampled_from([*SCHOOLS, *HOMEROOMS, "s1", "t1"]))
    value = draw(st.sampled_from(["0", "1", "2", "2.5", "three", "-1"]))
    name = f"ask:{draw(st.sampled_from(['rule-0', 'rule-1', 'rule-2']))}"
    return AttributeRow(owner, name, value, *draw(validity()), *draw(knowledge()))


@st.composite
def attribute_rows(draw: st.DrawFn) -> AttributeRow:
    name = draw(st.sampled_from(sorted(VALUES)))
    owner, value = draw(st.sampled_from(CARRIERS[name])), draw(st.sampled_from(VALUES[name]))
    return AttributeRow(owner, name, value, *draw(validity()), *draw(knowledge()))


_LINK_ENDS = {
    "enrolled_in": (STUDENTS, HOMEROOMS),
    "branch_member": ([*STAFF, "s4"], BRANCHES),
    "in_department": (STAFF, DEPARTMENTS),
    "liaison": (STAFF, HOMEROOMS),
    "mentor_of": (STAFF, STUDENTS),
    "homeroom_teacher": (STAFF, HOMEROOMS),
    "branch_secretary": (STAFF, BRANCHES),
    "secretary": (STAFF, SCHOOLS),
    "in_team": ([*STUDENTS, *STAFF], TEAMS),
    "of_family": (STUDENTS, FAMILIES),
}


@st.composite
def link_rows(draw: st.DrawFn, number: int) -> LinkRow:
    kind = draw(st.sampled_from(sorted(_LINK_ENDS)))
    a, b = (draw(st.sampled_from(ends)) for ends in _LINK_ENDS[kind])
    return LinkRow(f"l{number}", kind, a, b, *draw(validity()), *draw(knowledge()))


@st.composite
def participations(draw: st.DrawFn, kind: str, day: dt.date) -> Participation:
    part = draw(st.sampled_from(PARTS[kind]))
    fitting = {
        "visited": STUDENTS,
        "homeroom": HOMEROOMS,
        "attendee": [*STUDENTS, *STAFF, *HOMEROOMS, *BRANCHES, *TEAMS],
    }
    anybody = [*STUDENTS, *STAFF, *HOMEROOMS, *BRANCHES, *TEAMS, *FAMILIES, "d1"]
    subject = draw(st.sampled_from(anybody if draw(st.integers(0, 5)) == 0 else fitting.get(part, STAFF)))
    qualifiers = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "mode": st.sampled_from(["in_person", "online"]),
                "theme": st.sampled_from(["u", "v"]),
                "place": st.sampled_from(["p", "q"]),
            },
        )
    )
    if draw(st.integers(0, 5)) == 0:
        qualifiers["counts_for"] = draw(st.sampled_from(["rule-0", "rule-1", "rule-2"]))
    if draw(st.integers(0, 9)) == 0:
        qualifiers["makes_up"] = draw(st.sampled_from(["2022秋", "2023-03", "2023春"]))
    amounts = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "hours": st.sampled_from([50, 100, 150]),
                "cost": st.just(1000),
                "distance": st.sampled_from([100, 1001]),
            },
        )
    )
    counterpart = draw(st.sampled_from(["", "s1", "s2", "t1"]))
    absent = draw(st.integers(0, 5)) == 0
    via = draw(st.sampled_from([*HOMEROOMS, *BRANCHES])) if draw(st.integers(0, 3)) == 0 else ""
    return Participation(part, subject, absent, counterpart, qualifiers, amounts, *draw(knowledge(day)), via)


@st.composite
def entries(draw: st.DrawFn, number: int | str) -> Entry:
    kind, first = draw(st.sampled_from(sorted(PARTS))), draw(days)
    last = first + dt.timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 9])))
    rows = tuple(draw(participations(kind, last)) for _ in range(draw(st.sampled_from([0, 1, 2, 2, 3]))))
    evidence = tuple(
        EvidenceRow(name, *draw(knowledge(last)))
        for name in draw(st.sampled_from([(), ("photo",), ("photo", "sheet"), ("sheet",)]))
    )
    school = draw(st.sampled_from(["x1", "x1", "x2"]))
    about = draw(st.sampled_from(["", "", "e0", "e1", "v0", "v1"]))
    return Entry(
        f"e{number}",
        kind,
        first,
        last,
        school,
        draw(times_of(last)),
        rows,
        evidence,
        *draw(knowledge(last)),
        about,
    )


@st.composite
def times_of(draw: st.DrawFn, day: dt.date) -> dt.datetime | None:
    """A time on a day, or none."""
    hour = draw(st.sampled_from([None, None, 0, 8, 23]))
    return None if hour is None else dt.datetime.combine(day, dt.time(hour, 30), CHINA)


@st.composite
def event_rows(draw: st.DrawFn, number: int) -> EventRow:
    kind = draw(st.sampled_from(["signal", "leave", "back"]))
    who = draw(st.sampled_from(STUDENTS if kind == "signal" else [*STUDENTS, *STAFF]))
    day = draw(days)
    retracted = draw(st.integers(0, 4)) == 0
    return EventRow(f"v{number}", who, kind, day, draw(times_of(day)), retracted, *draw(knowledge(day)))


@st.composite
def announced(draw: st.DrawFn) -> AttributeRow:
    day = draw(days)
    return AttributeRow(
        draw(st.sampled_from(SCHOOLS)),
        "announced:report-day",
        day.isoformat(),
        *draw(validity()),
        *draw(knowledge()),
    )


@st.composite
def subjects(draw: st.DrawFn) -> list[Subject]:
    """Always the same ids; people and homerooms may come and go."""
    found = [Subject(name, "school", name, name) for name in SCHOOLS]
    for kind, names in (("student", STUDENTS), ("staff", STAFF), ("homeroom", HOMEROOMS)):
        for name in names:
            school = "x2" if name in ("s4", "t4") else "x1"
            found.append(Subject(name, kind, name, school, *draw(validity())))
    for kind, names in (
        ("branch", BRANCHES),
        ("department", DEPARTMENTS),
        ("team", TEAMS),
        ("family", FAMILIES),
    ):
        found += [Subject(name, kind, name, "x1") for name in names]
    return found


@st.composite
def waivers(draw: st.DrawFn) -> WaiverRow:
    who = draw(st.sampled_from([*STUDENTS, *STAFF, *HOMEROOMS, "x1", "l0", "u13"]))
    return WaiverRow(
        who, draw(st.sampled_from(["rule-0", "rule-1", "rule"])), "批准", "secretary", *draw(validity())
    )


# Most people have a place and most attributes a value, so that random rules find somebody to judge.
USUAL_LINKS = [
    ("enrolled_in", "s1", "h1"), ("enrolled_in", "s2", "h1"), ("enrolled_in", "s3", "h2"), ("enrolled_in", "s4", "h2"),
    ("branch_member", "t1", "b1"), ("branch_member", "t2", "b1"), ("branch_member", "t3", "b2"),
    ("in_department", "t1", "d1"), ("in_department", "t4", "d1"), ("homeroom_teacher", "t1", "h1"),
    ("homeroom_teacher", "t2", "h2"), ("branch_secretary", "t3", "b1"), ("secretary", "t4", "x1"),
    ("mentor_of", "t2", "s1"), ("liaison", "t3", "h1"), ("mentor_of", "t1", "s3"), ("in_team", "t2", "g1"),
    ("in_team", "s2", "g1"), ("of_family", "s1", "f1"), ("of_family", "s2", "f1"),
]  # fmt: skip


@st.composite
def usual(draw: st.DrawFn) -> tuple[list[AttributeRow], list[LinkRow]]:
    """The ordinary attributes and links, now and then one left out."""
    leave_out = draw(st.sets(st.integers(0, 30), max_size=4))
    carried = [(name, owner) for name, owners in sorted(CARRIERS.items()) for owner in owners]
    attributes = [
        AttributeRow(owner, name, VALUES[name][draw(st.integers(0, len(VALUES[name]) - 1))])
        for at, (name, owner) in enumerate(carried)
        if at not in leave_out
    ]
    links = [LinkRow(f"u{at}", *link) for at, link in enumerate(USUAL_LINKS) if at not in leave_out]
    return attributes, links


@st.composite
def facts(draw: st.DrawFn, most_entries: int = 14) -> Facts:
    """Random facts about a fixed small cast of two schools."""
    attributes, links = draw(usual())
    return Facts(
        draw(subjects()),
        [
            *attributes,
            *draw(st.lists(st.one_of(attribute_rows(), attribute_rows(), asked_numbers()), max_size=8)),
            *draw(st.lists(announced(), max_size=2)),
        ],
        [*links, *(draw(link_rows(number)) for number in range(draw(st.integers(0, 5))))],
        [draw(entries(number)) for number in range(draw(st.integers(min(3, most_entries), most_entries)))],
        draw(st.lists(waivers(), max_size=2)),
        [draw(event_rows(number)) for number in range(draw(st.integers(0, 5)))],
    )


instants = st.one_of(st.none(), st.builds(lambda day: dt.datetime.combine(day, dt.time(12), CHINA), days))
