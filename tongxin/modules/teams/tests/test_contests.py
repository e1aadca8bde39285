"""Contests: who enters whom, results once in the ledger, the best go on, who has entered none."""

import re
from datetime import date

import pytest
from django.urls import reverse, reverse_lazy

from tongxin.exchange.outgoing import XLSX
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.testing.cast import TODAY

from .. import contests as rules
from .. import covering
from ..models import Contest, Entrant
from ..rules import Refused
from ..views import contests as contest_views
from ..views import covering as views
from .helpers import ONCE, formed

pytestmark = pytest.mark.django_db
COVERAGE = reverse_lazy("teams:contest_coverage")
SPAN = {"first_day": date(2026, 11, 9), "last_day": date(2026, 11, 20)}


@pytest.fixture
def contest(school) -> Contest:
    given = {"name": "校技能大赛", "level": "school", "theme": "skills", **SPAN}
    return rules.add(school.cast.wang.viewer(), given, token="k1")


def names(contest):
    return set(contest.entrants.values_list("student__name", flat=True))


def url(contest, name="contest_enter"):
    return reverse(f"teams:{name}", args=[contest.public_id])


def test_a_homeroom_teacher_enters_the_own_class_and_no_other(client, school, contest):
    own, other = school.cast.students[1][:2], school.cast.students[2][0]
    school.cast.sign_in(client, school.liu)
    assert other.name not in client.get(url(contest)).content.decode()
    data = {"students": [one.public_id for one in (*own, other)]}
    for _click in range(2):
        assert client.post(url(contest), data).status_code == 302
    assert names(contest) == {"安小禾", "白云飞"}


def test_a_student_enters_with_one_tap_and_steps_back_before_the_results(client, school, contest):
    school.cast.sign_in(client, school.sun)
    client.post(url(contest), {"students": [school.cast.students[1][3].public_id]})
    assert names(contest) == {"白云飞"}
    text = client.get(url(contest, "contest")).content.decode()
    assert "你报名了" in text
    client.post(url(contest), {"out": school.sun.subject.public_id})
    assert names(contest) == set()


def test_a_leader_enters_the_own_contest_team_as_a_whole(client, school, contest):
    pupils = school.cast.students[2][:2]
    team = formed(school, "contest", {"contestant_seat": [one.pk for one in pupils]}, theme="", name="焊接组")
    school.cast.sign_in(client, school.liu)
    client.post(url(contest), {"team": team.public_id})
    assert set(contest.entrants.values_list("student__name", "coach__name", "team__name")) == {
        ("何雨桐", "刘洋", "焊接组"), ("江南", "刘洋", "焊接组"),
    }  # fmt: skip
    school.cast.sign_in(client, school.cast.xu)
    assert client.get(url(contest)).status_code == 404


def published(school, contest, awards=("first", "")):
    viewer = school.cast.wang.viewer()
    rules.enter(viewer, contest, school.cast.students[1][:2], coach=school.liu.subject.pk)
    rows = list(contest.entrants.order_by("pk"))
    given = dict(zip([row.pk for row in rows], awards, strict=True))
    return rules.publish(viewer, contest, given, frozenset({rows[0].pk}))


def test_results_are_entered_in_the_ledger_once_by_award_and_level(school, contest):
    published(school, contest)
    with pytest.raises(Refused, match="已经公布"):
        rules.publish(school.cast.wang.viewer(), contest, {}, frozenset())
    entries = Entry.objects.current().filter(kind="contest")
    assert {(one.extra["level"], one.theme, one.extra["award"]) for one in entries} == {
        ("school", "skills", "first"), ("school", "skills", "none"),
    }  # fmt: skip
    first = entries.get(extra__award="first")
    assert set(first.participations.values_list("part", "subject__name")) == {
        ("contestant", "安小禾"), ("coach", "刘洋"),
    }  # fmt: skip


def test_wrong_results_are_taken_back_with_a_reason_and_published_anew(school, contest):
    published(school, contest)
    viewer = school.cast.wang.viewer()
    with pytest.raises(Refused, match="原因"):
        rules.take_back(viewer, contest, " ")
    rules.take_back(viewer, contest, "名次录反了")
    assert not Entry.objects.current().filter(kind="contest").exists()
    rows = list(contest.entrants.order_by("pk"))
    rules.publish(viewer, contest, {rows[1].pk: "second"}, frozenset())
    awards = Entry.objects.current().filter(kind="contest").values_list("extra__award", flat=True)
    assert sorted(awards) == ["none", "second"]


def test_those_who_go_on_are_in_the_contest_of_the_level_above(client, school, contest):
    published(school, contest)
    school.cast.sign_in(client, school.cast.wang)
    data = {"name": "市技能大赛", "first_day": "2026-12-05", "last_day": "2026-12-06", "once": ONCE}
    for _click in range(2):
        assert client.post(url(contest, "contest_on"), data).status_code == 302
    above = Contest.objects.exclude(pk=contest.pk).get()
    assert (above.level, names(above)) == ("city", {"安小禾"})


def test_nobody_enters_after_the_results_and_none_are_given_out_before_the_day(school, contest):
    published(school, contest)
    with pytest.raises(Refused):
        rules.enter(school.cast.wang.viewer(), contest, school.cast.students[2])
    later = rules.add(
        school.cast.wang.viewer(),
        {"name": "文明风采", "level": "school", "theme": "civility", "first_day": date(2026, 12, 1),
         "last_day": date(2026, 12, 2)},
        token="k2",
    )  # fmt: skip
    rules.enter(school.cast.wang.viewer(), later, school.cast.students[2])
    with pytest.raises(Refused, match="还没有开始"):
        rules.publish(school.cast.wang.viewer(), later, {}, frozenset())


def test_who_has_entered_no_school_contest_is_listed_by_class(client, school, contest):
    rules.enter(school.cast.wang.viewer(), contest, school.cast.students[1][:2])
    Contest.objects.filter(pk=contest.pk).update(first_day=date(2026, 7, 6), last_day=date(2026, 7, 8))
    year = rules.Season(date(2026, 1, 1), date(2026, 12, 31))
    rows = covering.rooms(school.cast.wang.viewer(), school.cast.school, year).order_by("pinyin")
    assert [(row.name, row.entered, row.whole) for row in rows] == [
        ("七年级1班", 2, 6), ("七年级2班", 0, 6),
    ]  # fmt: skip
    school.cast.sign_in(client, school.liu)
    text = client.get(COVERAGE, {"list": "names"}).content.decode()
    assert "程一诺" in text
    assert "白云飞" not in text
    assert "何雨桐" not in text
    text = client.get(COVERAGE).content.decode()
    assert "七年级1班" in text
    assert "七年级2班" not in text
    school.cast.sign_in(client, school.cast.xu)
    assert client.get(COVERAGE).status_code == 404
    assert client.get(reverse("teams:contest_coverage_export")).status_code == 404


def test_the_class_with_the_most_to_do_stands_first_and_the_list_is_searched_paged_and_taken_away(
    client, school, contest, monkeypatch
):
    rules.enter(school.cast.wang.viewer(), contest, school.cast.students[1][:2])
    Contest.objects.filter(pk=contest.pk).update(first_day=date(2026, 7, 6), last_day=date(2026, 7, 8))
    school.cast.sign_in(client, school.cast.wang)

    def text(**given):
        return client.get(COVERAGE, {"from": "2026-07-01", **given}).content.decode()

    page = text()
    assert page.index("七年级2班") < page.index("七年级1班")
    page = text(sort="lacking")
    assert page.index("七年级1班") < page.index("七年级2班")
    assert "没有符合的" in text(show="done")
    assert "七年级2班" not in text(q="1班")
    first, second = (one[0] for one in (school.cast.students[1], school.cast.students[2]))
    room = Subject.objects.get(name="七年级2班").public_id
    page = text(list="names", room=room)
    assert second.name in page
    assert school.cast.students[1][3].name not in page
    assert first.name not in text(list="names")
    page = text(list="names", q=second.initials)
    assert second.name in page
    assert school.cast.students[1][3].name not in page
    monkeypatch.setattr(views, "SIZE", 4)
    page = text(list="names")
    after = re.search(r"after=([^&\"]+)", page)
    assert after is not None
    assert school.cast.students[1][2].name in page
    assert school.cast.students[1][2].name not in text(list="names", after=after[1])
    answer = client.get(reverse("teams:contest_coverage_export"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == XLSX
    assert AuditRow.objects.filter(action="teams.contest_coverage_exported").count() == 1


def test_the_season_is_the_one_the_programme_sets_and_not_the_year(client, school, contest):
    """The programme asks for July and August; a contest in November counts for no season."""
    found = rules.seasons(school.cast.school, TODAY)
    assert (date(2026, 7, 1), date(2026, 8, 31)) in [(one.first, one.last) for one in found]
    assert all(one.title for one in found)
    last = rules.season_of(found, TODAY)
    assert (last.first, last.last) == (date(2026, 7, 1), date(2026, 8, 31))
    assert rules.season_of(found, date(2027, 7, 15)).first == date(2027, 7, 1)
    rules.enter(school.cast.wang.viewer(), contest, school.cast.students[1][:2])
    school.cast.sign_in(client, school.cast.wang)
    address = f"{COVERAGE}?list=names"
    text = client.get(address).content.decode()
    assert "2026年7月1日至2026年8月31日" in text
    assert "白云飞" in text
    Contest.objects.filter(pk=contest.pk).update(first_day=date(2026, 8, 31), last_day=date(2026, 9, 1))
    assert "白云飞" not in client.get(address).content.decode()
    assert client.get(f"{address}&from=nothing").status_code == 200
    assert "2027年7月1日" in client.get(f"{address}&from=2027-07-01").content.decode()


def test_where_no_programme_sets_a_season_it_is_the_calendar_year(cast):
    (one,) = rules.seasons(cast.school, TODAY)
    assert (one.first, one.last, one.title) == (date(2026, 1, 1), date(2026, 12, 31), "")


def test_only_the_office_announces_and_gives_out_results(client, school, contest):
    for who, status in (
        (school.cast.wang, 200),
        (school.cast.sun, 200),
        (school.liu, 404),
        (school.sun, 404),
    ):
        school.cast.sign_in(client, who)
        assert client.get(reverse("teams:contest_new")).status_code == status
        assert client.get(url(contest, "contest_results")).status_code == status


def test_others_read_the_contest_without_the_names_of_children(client, school, contest):
    rules.enter(school.cast.wang.viewer(), contest, school.cast.students[1][:2])
    for who in (school.cast.ma, school.cast.xu, school.qian):
        school.cast.sign_in(client, who)
        text = client.get(url(contest, "contest")).content.decode()
        assert "校技能大赛" in text
        assert "白云飞" not in text
    school.cast.sign_in(client, school.cast.zhao)
    assert client.get(url(contest, "contest")).status_code == 404
    assert Entrant.objects.count() == 2
    assert contest.last_day >= TODAY


def test_the_entrants_of_a_large_contest_are_paged(client, school, contest, monkeypatch):
    monkeypatch.setattr(contest_views, "SIZE", 4)
    pupils = school.cast.students[1]
    rules.enter(school.cast.wang.viewer(), contest, pupils)
    school.cast.sign_in(client, school.cast.wang)
    pages = [client.get(url(contest, "contest"), {"page": n}).content.decode() for n in (1, 2)]
    found = [{one.name for one in pupils if one.name in page} for page in pages]
    assert len(found[0]) == 4
    assert found[0] | found[1] == {one.name for one in pupils}
    assert not found[0] & found[1]
