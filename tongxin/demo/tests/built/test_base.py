"""The national base in the demo: handed down, mostly done, out of the way where it does not apply, and on top of the chain."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from functools import cache

import pytest
from django.test import Client
from django.urls import reverse

from tongxin.demo.world import BASE, DISTRICT
from tongxin.kernel.access.viewer import viewer_for
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.obligations import queries
from tongxin.kernel.obligations.unrecorded import unrecorded_of
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.school_facts import known
from tongxin.methods.cadence.applying import concerns

from .conftest import TODAY

pytestmark = pytest.mark.django_db
LAST, THIS = date(2025, 9, 1), date(2026, 9, 1)
A, B, SMALL = "启岳职校", "云麓中学", "松石小学"


def base_of(short: str, first_day: date = THIS) -> Programme:
    return Programme.objects.get(school__short_name=short, pack=BASE, first_day=first_day)


@cache
def found(short: str, first_day: date) -> dict[str, Counter]:
    """{rule: how many verdicts of each sort}; not_expected by its reason (the demo is built once)."""
    programme = base_of(short, first_day)
    counts: dict[str, Counter] = defaultdict(Counter)
    for v in queries.ask(programme, min(TODAY, programme.last_day)).verdicts():
        counts[v.obligation]["unknown" if v.reason.startswith("unknown") else v.verdict] += 1
    return counts


def coverage(short: str, first_day: date, rules: tuple[str, ...]) -> float:
    counts = sum((found(short, first_day)[rule] for rule in rules), Counter())
    return counts["met"] / (counts["met"] + counts["missed"] + counts["open"])


MONTHLY = ("committee-meeting-monthly", "group-meeting-monthly", "theme-party-day-monthly")


def test_the_bureau_adopts_it_and_every_school_works_with_it_in_both_years(demo):
    for bureau_school in School.objects.filter(kind=School.Kind.SCHOOL):
        programmes = Programme.objects.filter(school=bureau_school, pack=BASE).order_by("first_day")
        assert [p.first_day for p in programmes] == [LAST, THIS]
        assert all(p.locked for p in programmes)
    assert not base_of(DISTRICT.short).locked


@pytest.mark.parametrize(
    ("short", "rules", "low", "high"),
    [
        (A, MONTHLY, 0.75, 0.99),
        (B, MONTHLY, 0.75, 0.999),
        (SMALL, MONTHLY, 0.2, 0.8),
        (A, ("members-meeting-quarterly", "party-lecture-quarterly"), 0.6, 0.99),
        (A, ("visit-yearly",), 0.8, 0.99),
        (B, ("visit-yearly",), 0.7, 0.99),
        (A, ("in-post-training-240",), 0.6, 0.99),
        (A, ("enterprise-practice-six-months",), 0.4, 0.95),
        (B, ("consent-under-fourteen",), 0.8, 0.999),
        (B, ("sport-two-hours",), 0.9, 0.999),
        (SMALL, ("sport-two-hours",), 0.3, 0.8),
    ],
)
def test_most_of_it_is_done_and_some_is_not(demo, short, rules, low, high):
    assert low <= coverage(short, LAST, rules) <= high


@pytest.mark.parametrize("short", [A, B, SMALL])
@pytest.mark.parametrize("first_day", [LAST, THIS])
def test_no_rule_waits_for_a_fact_and_none_of_another_stage_or_region_is_asked(demo, short, first_day):
    counts = found(short, first_day)
    assert [rule for rule, one in counts.items() if one["unknown"]] == []
    school = School.objects.get(short_name=short)
    facts = {name: at.value for name, at in known(school, TODAY).items()}
    asked = queries.ask(base_of(short, first_day), TODAY)
    foreign = {rule.id for rule in asked.rules if not concerns(rule, facts)}
    assert {"room-open-daily", "college-two-counsellors", "screening-organised"} <= foreign
    assert not foreign & counts.keys()


def player(label: str) -> Account:
    return Account.objects.get(login=label)


def viewer_of(demo, slug: str, label: str):
    out = demo.made[slug]
    account = Account.objects.get(pk=out.shown[label].account.pk)
    return account, viewer_for(account, out.school, TODAY)


@pytest.mark.parametrize("slug", ["a", "b", "songshi"])
def test_a_secretary_has_no_facts_to_record(demo, slug):
    _account, viewer = viewer_of(demo, slug, "党组织书记")
    assert unrecorded_of(viewer) == {}


@pytest.mark.parametrize("slug", ["a", "b", "songshi"])
def test_the_base_does_not_drown_what_a_teacher_owes(demo, slug):
    """Whoever signs in at a school has no more lines from above than fit on a page, and none that does not concern it."""
    out = demo.made[slug]
    facts = {name: at.value for name, at in known(out.school, TODAY).items()}
    for label in out.shown:
        _account, viewer = viewer_of(demo, slug, label)
        lines = [line for line in queries.todo(viewer) if line.pack.slug == BASE]
        assert len(lines) <= 15, label
        assert all(concerns(line.rule, facts) for line in lines)


def test_a_duty_of_the_school_and_the_one_above_show_the_chain(demo, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)
    account, _viewer = viewer_of(demo, "a", "党组织书记")
    client = Client()
    client.force_login(account)
    own = Programme.objects.get(
        school__short_name=A, pack="three-platforms-five-integrations", first_day=date(2026, 2, 1)
    )
    above = reverse("desk:duty", args=[base_of(A).public_id, "visit-yearly"])
    page = client.get(reverse("desk:duty", args=[own.public_id, "visit-in-person"])).content.decode()
    assert "这一项收紧了" in page
    assert above in page
    assert "教基〔2022〕7号" in page
    assert "（国家，必须）" in page
    back = client.get(above).content.decode()
    assert "又被收紧为" in back
    assert reverse("desk:duty", args=[own.public_id, "visit-in-person"]) in back


def test_why_says_who_asks_it_of_a_child_s_teacher(demo, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)
    account, viewer = viewer_of(demo, "a", "班主任")
    programme = base_of(A)
    rule = "visit-yearly"
    room = next(iter(viewer.posts["homeroom_teacher"]))
    gap = queries.gaps(viewer, queries.ask(programme, TODAY), rule, group=room).rows[0]
    client = Client()
    client.force_login(account)
    address = reverse("desk:why", args=[programme.public_id, rule, gap.subject.public_id, gap.verdict.first])
    page = client.get(address).content.decode()
    assert gap.subject.name in page
    assert "又被收紧为" in page
    assert "教基〔2022〕7号" in page


def test_the_bureau_sees_figures_of_both_and_what_it_owes_itself(demo, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)
    client = Client()
    client.force_login(player("bureau.bureau_officer"))
    page = client.get("/").content.decode()
    assert page.count("国家与地方基本要求") >= 3
    assert "到 2027 年底所有县区建成教联体" in page
    assert found(DISTRICT.short, THIS)["screening-organised"]["met"] == 1
    assert not found(DISTRICT.short, THIS).keys() & {"visit-yearly", "family-guidance-twice"}
