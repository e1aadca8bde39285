"""20,000 invented lives: birthdays, guardians that change, words given and taken back, transfers, legal holds.

What the rules answer is compared with a second telling that walks through each life event by event and shares no code
with them. No database: the rules are plain functions, so the full number is cheap; test_histories.py asks the database.
"""

import random
from datetime import UTC, date, datetime, timedelta

from tongxin.kernel.access import rules, terms
from tongxin.kernel.access.rules import Held
from tongxin.kernel.consent.rules import Act, Child, Guardianship, Span, Text, decide

LIVES = 20_000
SEED = 20_261_130
START = date(2020, 1, 1)
LENGTH = 3_000  # days: from school through the years after leaving
CHILD, MOTHER, FATHER, GRANDMOTHER = range(4)
KEPT_OPEN = 30
YEARS = {name: term.years for name, term in terms.shipped_schedule().items()}


def noon(day: int) -> datetime:
    return datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)


def life(choose: random.Random) -> dict:
    """A life as a list of events (day, order, what …); days counted from START."""
    here = [choose.randrange(300), choose.randrange(300, LENGTH // 3)]
    guardians = []
    for who in (MOTHER, FATHER, GRANDMOTHER):
        for _time in range(choose.choice((0, 1, 1, 2))):
            first = choose.choice((-400, -400, choose.randrange(LENGTH // 3)))
            guardians.append((who, first, first + choose.choice((5, 60, 400, LENGTH))))
    texts = sorted(
        choose.sample(range(-50, LENGTH // 3), choose.choice((0, 1, 2, 3))) + [-60] * choose.choice((0, 1, 1))
    )
    said = [
        (choose.randrange(LENGTH // 3), choose.choice((CHILD, MOTHER, MOTHER, FATHER, GRANDMOTHER)),
         choose.choice(("given", "given", "given", "given", "refused", "withdrawn")))
        for _time in range(choose.randrange(2, 9))
    ]  # fmt: skip
    holds, at = [], choose.randrange(LENGTH)
    for _time in range(choose.choice((0, 0, 1, 2))):
        end = at + choose.choice((1, 30, 500))
        holds.append((at, choose.choice((end, end, None))))
        if holds[-1][1] is None:
            break
        at = end + choose.randrange(1, 300)
    return {
        "here": here, "guardians": guardians, "texts": [(day, choose.random() < 0.4) for day in texts],
        "said": sorted(said), "holds": holds,
        # The fourteenth birthday before, in or after the time at school, or unknown.
        "fourteen": choose.choice((None, choose.randrange(-300, LENGTH // 3 + 300))),
    }  # fmt: skip


def told(story: dict, asked: int) -> bool:
    """May the child's data be processed at noon of a day? Lived through event by event."""
    arrives, leaves = story["here"]
    if not arrives <= asked <= leaves:
        return False
    versions = 0
    last_word: dict[int, tuple[str, int, int]] = {}
    renewed = 0
    events = [(day, 0, ("text", renews)) for day, renews in story["texts"]]
    events += [(day, 1, ("word", who, what)) for day, who, what in story["said"]]
    for day, _order, event in sorted(events, key=lambda one: (one[0], one[1])):
        if day > asked:
            break
        if event[0] == "text":
            versions += 1
            if event[1] or versions == 1:
                renewed = versions
            continue
        _word, who, what = event
        guardian_then = any(g == who and a <= day <= b for g, a, b in story["guardians"])
        if versions and arrives <= day <= leaves and (who == CHILD or guardian_then):
            last_word[who] = (what, versions, day)
    if not versions:
        return False
    own = last_word.get(CHILD)
    if own and own[0] != "given":
        return False
    fourteen = story["fourteen"]
    if fourteen is not None and asked > fourteen:
        return bool(own and own[2] > fourteen and own[1] >= renewed)
    present = {g for g, a, b in story["guardians"] if a <= asked <= b}
    words = [word for who, word in last_word.items() if who in present]
    if any(word[0] != "given" for word in words):
        return False
    return any(word[1] >= renewed for word in words)


def answered(story: dict, asked: int) -> bool:
    first, last = (START + timedelta(days=day) for day in story["here"])
    birth = None
    if story["fourteen"] is not None:
        at = START + timedelta(days=story["fourteen"])
        birth = at.replace(year=at.year - 14) if (at.month, at.day) != (2, 29) else date(at.year - 14, 2, 28)
        story["fourteen"] = (date(at.year, birth.month, birth.day) - START).days
    guardianships = [
        Guardianship(who, Span(START + timedelta(days=a), START + timedelta(days=b)))
        for who, a, b in story["guardians"]
    ]
    texts = [
        Text(number, renews or number == 1, noon(day) - timedelta(hours=4))
        for number, (day, renews) in enumerate(story["texts"], 1)
    ]
    acts = []
    for number, (day, who, what) in enumerate(story["said"]):
        read = [text.version for text in texts if text.since <= noon(day)]
        if read:
            acts.append(Act(who, what, read[-1], noon(day), START + timedelta(days=day), number))
    child = Child(CHILD, birth, Span(first, last))
    return decide(child, guardianships, acts, texts, noon(asked), START + timedelta(days=asked)).allowed


def held_then(story: dict, asked: int) -> bool:
    """Walk through the holds day by day: is one on?"""
    on = False
    for since, until in story["holds"]:
        if asked >= since:
            on = True
        if until is not None and asked >= until:
            on = False
    return on


def test_the_rules_answer_twenty_thousand_lives_as_the_story_tells_them():
    choose = random.Random(SEED)
    seen = {"process": [0, 0], "erase": [0, 0], "sealed": [0, 0], "past": [0, 0]}
    for number in range(LIVES):
        story = life(choose)
        leaves = story["here"][1]
        asked = (
            choose.randrange(story["here"][0], leaves + 1) if number % 10 else choose.randrange(LENGTH // 3)
        )
        mine = answered(story, asked)
        assert mine == told(story, asked), (number, story, asked)
        seen["process"][mine] += 1

        late = choose.randrange(LENGTH)
        holds = [Held(noon(since), None if until is None else noon(until)) for since, until in story["holds"]]
        free = rules.may_erase(holds, noon(late))
        assert free != held_then(story, late), (number, story, late)
        seen["erase"][free] += 1

        present_to, day = START + timedelta(days=leaves), START + timedelta(days=late)
        sealed = rules.sealed_away(present_to, day, KEPT_OPEN)
        assert sealed == (late - leaves > KEPT_OPEN), (number, leaves, late)
        seen["sealed"][sealed] += 1

        name = choose.choice(sorted(YEARS))
        years = YEARS[name]
        # A year later is the same day of the calendar: count whole years by the birthday of the leaving.
        whole = day.year - present_to.year - ((day.month, day.day) <= (present_to.month, present_to.day))
        expected = years is not None and whole >= years and late > leaves and not held_then(story, late)
        if (present_to.month, present_to.day) == (2, 29):
            continue  # its anniversaries have a test of their own
        assert rules.past_its_time(rules.Term(name, years), present_to, holds, noon(late), day) == expected, (
            number, present_to, day, name,
        )  # fmt: skip
        seen["past"][expected] += 1
    # Each answer came up often enough for the comparison to mean something.
    assert min(count for counts in seen.values() for count in counts) >= LIVES // 20, seen


def test_who_left_on_a_leap_day_has_an_anniversary_on_the_28th():
    term, left = rules.Term("K4a", 1), date(2024, 2, 29)
    days = (date(2025, 2, 28), date(2025, 3, 1))
    assert [rules.past_its_time(term, left, (), noon(0), day) for day in days] == [False, True]
    assert rules.years_after(left, 4) == date(2028, 2, 29)
