"""Figures of what was done itself: in total, on average, in the newest window, on which day last; and who sees which."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.insight.models import SubmittedReport
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.services import change
from tongxin.testing.cast import SINCE
from tongxin.testing.pack import PACK, with_rules

PAIRS = """
  - id: mentor-visits
    title: 导师每学期家访所带学生一次
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 二(五), level: school, modality: must}
    since: 2026-01-10
    subject: "pair:mentor_of"
    bearer: a
    count: {kind: home_visit, part: visitor, with: {part: visited}}
    at_least: 1
    window: term
  - id: master-studies
    title: 师傅每学期带徒弟学习一次
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(三), level: school, modality: must}
    since: 2026-01-10
    subject: "pair:master_of"
    bearer: a
    count: {kind: branch_study, part: attendee}
    at_least: 1
    window: term
  - id: lesson-has-photo
    title: 心理课要有照片
    heading: "2.2"
    source: {document: 青山中学育人方案, at: 二(六), level: school, modality: must}
    since: 2026-01-10
    subject: "activity:wellbeing_lesson"
    bearer: lecturer
    count: {kind: wellbeing_lesson}
    at_least: 1
    evidence: [photo]
"""
FIGURES = "".join(
    f"\n  - {{figure: {name}-{show.replace('_', '-')}, title: {name}的{show}, query: {{obligation: {rule}, show: {show}}}}}"
    for name, rule in {
        "hours": "study-hours",
        "study": "branch-study-monthly",
        "visited": "visit-once-a-term",
        "pairs": "mentor-visits",
        "masters": "master-studies",
        "photo": "lesson-has-photo",
    }.items()
    for show in ("done", "average", "latest", "latest_day", "met", "open", "missed")
)
TEXT = (
    with_rules(PACK, PAIRS)
    .replace("\nfigures:", f"\nfigures:{FIGURES}")
    .replace(
        "全年家访{figure:visits}人次。",
        "受访{figure:visited-done}人次，最近{figure:visited-latest-day}，党员学习{figure:hours-done}学时。",
    )
)


@pytest.fixture
def year(cast):
    """Two hours of study on two days, one visit, two lessons of which one has a photo."""
    change(cast.programme, TEXT, "加指标", by=cast.wang.account, base=1)
    people.set_link("mentor_of", cast.liu.subject, cast.students[1][0], since=SINCE)
    people.set_link("master_of", cast.li.subject, cast.xu.subject, since=SINCE)
    for day, hours in ((date(2026, 10, 12), 2), (date(2026, 11, 9), 1.5)):
        cast.record(
            "branch_study",
            day,
            {"attendee": [cast.branch.subject, cast.li.subject]},
            by=cast.li,
            hours=hours,
            evidence=["photo"],
            title=f"学习{day.month}月",
        )
    cast.visit(cast.students[1][0], date(2026, 10, 12))
    for day, evidence in ((date(2026, 9, 15), ()), (date(2026, 11, 10), ("photo",))):
        cast.record(
            "wellbeing_lesson",
            day,
            {"homeroom": [cast.room_one.subject], "lecturer": [cast.liu.subject]},
            hours=1,
            evidence=list(evidence),
            title=f"心理课{day.month}月",
        )
    return cast


def url(cast, figure: str) -> str:
    return reverse("insight:figure", args=[cast.programme.public_id, figure])


def words(client, cast, figure: str, **query: str) -> str:
    return client.get(url(cast, figure), query).context["value"].words


def test_members_hours_are_shown_in_full_to_the_secretary(client, year):
    year.sign_in(client, year.wang)
    rows = client.get(url(year, "hours-done")).context["table"].rows
    done, members = sum(float(row[3].split("/")[0]) for row in rows), {row[5] for row in rows}
    assert done == 3.5 * len(members), "the branch stands for its members"
    assert words(client, year, "hours-done") == f"{done:g}"
    assert float(words(client, year, "hours-average")) == pytest.approx(done / len(members), abs=0.01)
    assert words(client, year, "hours-latest") == f"{done:g}", "the term is the newest window"
    assert words(client, year, "hours-latest-day") == "2026年11月9日"


def test_only_what_lies_before_the_day_asked_for_counts(client, year):
    year.sign_in(client, year.wang)
    assert words(client, year, "hours-latest-day", day="2026-11-01") == "2026年10月12日"
    assert words(client, year, "study-latest", day="2026-10-31") == "1"
    assert words(client, year, "hours-latest-day", day="2026-09-20") == "—"


def test_the_newest_window_is_named_and_alone_counts(client, year):
    year.sign_in(client, year.wang)
    page = client.get(url(year, "study-latest"))
    assert page.context["value"].words == "1"
    assert "2026年11月1日—2026年11月30日" in page.context["value"].behind
    assert words(client, year, "study-done") == "2"


def test_a_measure_is_traced_to_its_people_and_records(client, year):
    year.sign_in(client, year.wang)
    page = client.get(url(year, "hours-done")).content.decode()
    assert "计入的记录" in page
    assert "学习10月" in page
    assert "学习11月" in page
    assert year.li.subject.name in page
    why = reverse(
        "desk:why",
        args=[year.programme.public_id, "study-hours", year.li.subject.public_id, "2026-09-01"],
    )
    assert why in page
    assert client.get(why).status_code == 200


def test_of_few_children_a_reader_of_counts_learns_neither_how_much_nor_which_day(client, year):
    year.sign_in(client, year.wang)
    for show in ("done", "average", "latest", "latest-day"):
        page = client.get(url(year, f"visited-{show}"))
        assert page.context["value"].words == "人数少，不显示", show
        assert page.context["value"].number is None
        assert year.students[1][0].name not in page.content.decode()


def test_of_many_children_a_reader_of_counts_gets_round_numbers_and_a_month(client, year):
    for student in year.students[1][1:6] + year.students[2][:1]:
        year.visit(student, date(2026, 11, 3), by=year.ma if student in year.students[2] else None)
    year.sign_in(client, year.wang)
    asked = sum(len(found) for found in year.students.values())
    assert words(client, year, "visited-done") == "约5", (
        "seven visits; the exact number would tell how few are left"
    )
    assert words(client, year, "visited-latest-day") == "2026年11月"
    assert words(client, year, "visited-average") == f"约{round(50 / asked) / 10:g}"


def test_what_is_handed_in_hides_few_children_from_those_above(client, year, monkeypatch):
    later = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    year.sign_in(client, year.wang)
    client.post(
        reverse("insight:submit", args=[year.programme.public_id, "outcome"]),
        {"once": "d" * 32, "day": "2026-11-18"},
    )
    frozen = {one["name"]: one["words"] for one in SubmittedReport.objects.get().figures}
    assert frozen["visited-done"] == frozen["visited-latest-day"] == "人数少，不显示"
    assert frozen["hours-done"] == "10.5", "what is open to the school is not rounded"


@pytest.mark.parametrize("who", ["zhao", "liu", "guo", "zhou"])
def test_who_has_no_report_has_no_such_figure(client, year, who):
    year.sign_in(client, getattr(year, who))
    assert client.get(url(year, "hours-done")).status_code == 404


def test_activities_are_named_and_say_why(client, year):
    year.sign_in(client, year.wang)
    page = client.get(url(year, "photo-missed"))
    assert "心理课9月（2026年9月15日）" in page.content.decode()
    row = page.context["table"].rows[0]
    why = reverse("desk:why", args=[year.programme.public_id, "lesson-has-photo", row[5], row[6]])
    assert why in page.content.decode()
    said = client.get(why).content.decode()
    assert "心理课9月" in said
    assert "照片" in said


def test_a_pair_is_named_and_says_why_where_both_may_be_seen(client, year):
    year.sign_in(client, year.wang)
    page = client.get(url(year, "masters-met"))
    pair = f"{year.li.subject.name} → {year.xu.subject.name}"
    assert pair in page.content.decode()
    row = page.context["table"].rows[0]
    why = reverse("desk:why", args=[year.programme.public_id, "master-studies", row[5], row[6]])
    assert pair in client.get(why).content.decode()


def test_a_pair_with_a_child_is_only_counted_for_who_may_not_read_the_child(client, year):
    year.sign_in(client, year.wang)
    page = client.get(url(year, "pairs-met"))
    assert page.context["value"].words == "不足5"
    assert page.context["rest"] == "不足5"
    assert year.students[1][0].name not in page.content.decode()
    assert year.liu.subject.name not in page.content.decode()


def test_an_encouraged_thing_counts_everybody_it_is_encouraged_for(client, cast):
    text = TEXT.replace(
        "at: 一(二), level: school, modality: in_principle", "at: 一(二), level: school, modality: encouraged"
    )
    change(cast.programme, text, "改成鼓励", by=cast.wang.account, base=1)
    cast.record("branch_study", date(2026, 3, 10), {"attendee": [cast.li.subject]}, by=cast.li, hours=2)
    cast.sign_in(client, cast.wang)
    members = {
        row[5] for row in client.get(url(cast, "hours-done"), {"day": "2026-10-01"}).context["table"].rows
    }
    assert len(members) == 3
    assert words(client, cast, "hours-average", day="2026-10-01") == "0.67"
