"""A school's stricter rule and the rule it tightens remind nobody twice; who would hear of the milder alone still hears."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.exchange.notices.wording import page_lines
from tongxin.kernel.obligations import services as matters
from tongxin.kernel.obligations.models import Matter, Message, Waiver
from tongxin.kernel.obligations.reminders import remind
from tongxin.kernel.programmes import services
from tongxin.kernel.programmes.models import Programme
from tongxin.testing.again import again
from tongxin.testing.cast import NOW, make_cast
from tongxin.testing.pack import PACK

LAST = date(2027, 1, 15)  # of the term
BASE = PACK.replace(
    "青山中学育人方案, at: 一(二), level: school, modality: in_principle",
    "市里的规定, at: 三, level: city, modality: must",
).replace(
    "    at_least: 4\n    window: term\n",
    "    at_least: 4\n    window: term\n    remind: [14d]\n    escalate: [{at: +2d, to: bearer}, {at: +7d, to: secretary}]\n",
)
STRICT = (
    BASE.replace("pack: green-hill", "pack: own-plan")
    .replace("title: 青山育人", "title: 本校更严")
    .replace("市里的规定, at: 三, level: city", "本校的办法, at: 一, level: school")
    .replace("    at_least: 4\n", "    at_least: 6\n    tightens: green-hill:study-hours\n")
    .replace("{at: +7d, to: secretary}", "{at: +5d, to: branch_secretary}")
)


def district(strict: str):
    made = make_cast()
    services.adopt(made.bureau, "green-hill", 2026, by=made.zhou.account, text=BASE)
    made.programme = services.adopt(made.school, "", 2026, by=made.wang.account, text=strict)
    Programme.objects.update(adopted_at=NOW, last_day=date(2027, 12, 31))
    return made


@pytest.fixture
def world(db, today):
    return again("stricter", district, STRICT)


def told(cast, day: date) -> set[tuple[str, str, int]]:
    """Run a day's reminders; return the new messages on the hours as (whom, which pack, step)."""
    known = set(Message.objects.values_list("pk", flat=True))
    remind(cast.school, day)
    rows = Message.objects.exclude(pk__in=known).filter(matter__obligation="study-hours")
    return {(m.recipient.name, m.matter.programme.pack, m.step) for m in rows.filter(matter__due_day=LAST)}


MEMBERS = {"刘洋", "许静", "李梅"}


def test_the_bearer_is_told_once_by_the_stricter_rule(world):
    assert told(world, LAST - timedelta(days=10)) == {(n, "own-plan", -14) for n in MEMBERS}
    assert told(world, LAST + timedelta(days=2)) == {(n, "own-plan", 2) for n in MEMBERS}
    assert told(world, LAST + timedelta(days=2)) == set()


def test_who_hears_of_it_from_the_milder_rule_alone_still_hears(world):
    told(world, LAST + timedelta(days=2))
    assert {row for row in told(world, LAST + timedelta(days=5)) if row[1] == "own-plan"} == {
        ("李梅", "own-plan", 5)
    }
    later = told(world, LAST + timedelta(days=7))
    assert later == {("王建国", "green-hill", 7)}, "the stricter rule never tells the secretary"


def test_whoever_keeps_the_stricter_rule_is_reminded_of_neither(world):
    world.record("branch_study", date(2026, 11, 16), {"attendee": [world.xu.subject]}, by=world.li, hours=6)
    assert {row[0] for row in told(world, LAST - timedelta(days=10))} == {"刘洋", "李梅"}


def test_whoever_is_excused_from_the_stricter_rule_is_reminded_of_the_other(world):
    Waiver.objects.create(
        school=world.school, programme=world.programme, obligation="study-hours", subject=world.xu.subject,
        reason="病假", valid_from=date(2026, 9, 1), valid_to=date(2027, 1, 31),
    )  # fmt: skip
    rows = told(world, LAST - timedelta(days=10))
    assert {row for row in rows if row[0] == "许静"} == {("许静", "green-hill", -14)}


def test_a_stricter_rule_that_reminds_nobody_silences_nobody(db, today):
    quiet = STRICT.replace(
        "    remind: [14d]\n    escalate: [{at: +2d, to: bearer}, {at: +5d, to: branch_secretary}]\n", ""
    )
    cast = district(quiet)
    assert told(cast, LAST - timedelta(days=10)) == {(n, "green-hill", -14) for n in MEMBERS}


def test_a_stricter_rule_that_only_reminds_before_leaves_the_late_word_to_the_other(db, today):
    early = STRICT.replace("    escalate: [{at: +2d, to: bearer}, {at: +5d, to: branch_secretary}]\n", "")
    cast = district(early)
    assert told(cast, LAST - timedelta(days=10)) == {(n, "own-plan", -14) for n in MEMBERS}
    assert told(cast, LAST + timedelta(days=2)) == {(n, "green-hill", 2) for n in MEMBERS}


def test_an_acknowledged_stricter_matter_does_not_end_the_escalation_of_the_other(world):
    told(world, LAST + timedelta(days=5))
    for matter in Matter.objects.filter(programme=world.programme, obligation="study-hours", closed_at=None):
        if matter.bearer_id != world.li.subject.pk:
            matters.acknowledge(matter, by=world.li.viewer())
    assert ("王建国", "green-hill", 7) in told(world, LAST + timedelta(days=7))


def test_of_a_chain_of_three_the_strictest_speaks_for_all(db, today):
    at = STRICT.index("  - id: study-hours")
    middle = STRICT[at : STRICT.index("  - id: branch-study-monthly")]
    most = middle.replace("id: study-hours", "id: study-more").replace("at_least: 6", "at_least: 8")
    most = most.replace("tightens: green-hill:study-hours", "tightens: study-hours")
    cast = district(STRICT.replace(middle, middle + most))
    assert told(cast, LAST - timedelta(days=10)) == set()
    rows = Message.objects.filter(matter__due_day=LAST, matter__obligation="study-more")
    assert {m.recipient.name for m in rows} == MEMBERS
    # Six hours done: the strictest is still owed, the two others are not.
    cast.record("branch_study", date(2026, 11, 16), {"attendee": [cast.xu.subject]}, by=cast.li, hours=6)
    assert told(cast, LAST + timedelta(days=2)) == set()


def test_the_notice_names_who_else_asks_it(world):
    day = LAST - timedelta(days=10)
    told(world, day)
    mine = Message.objects.filter(
        recipient=world.xu.subject, matter__obligation="study-hours", matter__due_day=LAST
    )
    (line,) = page_lines(world.xu.viewer(day), list(mine.select_related("matter__bearer")), day)
    assert line.text.endswith("这也是《市里的规定》的要求。")
