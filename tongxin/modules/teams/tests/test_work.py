"""The page of a team: who finds it, what is written there once, abilities nobody else reads, results and their names."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.kernel.access import holdings
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import School
from tongxin.kernel.ledger.models import Entry, Evidence
from tongxin.kernel.obligations.queries import ask
from tongxin.kernel.people import teams
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes.queries import active_programmes
from tongxin.testing.cast import TODAY, picture

from .. import forming, measuring, planning
from ..kinds import all_kinds
from ..models import Rating, Step
from ..rules import Refused
from .helpers import ONCE, formed

pytestmark = pytest.mark.django_db
BEFORE = {"innovation": 2, "skill": 2, "teamwork": 3, "problem_solving": 2}
AFTER = {"innovation": 4, "skill": 3, "teamwork": 4, "problem_solving": 4}


def page(client, school, who, team, name="team", *args):
    school.cast.sign_in(client, who)
    return client.get(reverse(f"teams:{name}", args=[team.public_id, *args]))


def session(school, **more):
    everybody = [school.liu.subject, school.qian.subject, school.sun.subject]
    return {
        "day": "2026-11-16", "title": "调试传感器", "a_hours": "2", "q_theme": "training", "once": ONCE,
        "present": [one.public_id for one in everybody],
    } | more  # fmt: skip


def log(client, school, team, kind="project_training", **more):
    school.cast.sign_in(client, school.liu)
    return client.post(reverse("teams:log", args=[team.public_id, kind]), session(school, **more))


# ------------------------------------------------------------------ who finds it


def test_the_team_its_branch_and_the_school_find_the_page_and_nobody_else(client, school, team):
    cast = school.cast
    for who in (school.liu, school.qian, school.sun, cast.li, cast.wang, cast.sun):
        assert page(client, school, who, team).status_code == 200, who.subject.name
    for who in (cast.xu, cast.ma, cast.chen, cast.guo, school.other, cast.zhao):
        assert page(client, school, who, team).status_code == 404, who.subject.name


def test_a_branch_secretary_sees_that_students_sit_there_but_not_who(client, school, team):
    log(client, school, team, note="请假的人下周补")
    for name in ("team", "paper", "change"):
        text = page(client, school, school.cast.li, team, name)
        shown = word(text) if name == "paper" else text.content.decode()
        assert "刘洋" in shown
        assert "安小禾" not in shown
        assert "白云飞" not in shown
    school.cast.sign_in(client, school.cast.li)
    listed = client.get(reverse("teams:home")).content.decode()
    assert "智能小车" in listed
    assert "安小禾" not in listed
    assert "安小禾" in page(client, school, school.cast.wang, team).content.decode()


def word(answer) -> str:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as box:
        return box.read("word/document.xml").decode()


def test_students_find_their_own_team_only(client, school, team):
    pupils = school.cast.students[1]
    other = formed(
        school,
        "contest",
        {"contestant_seat": [pupils[3].pk, pupils[4].pk]},
        token="t2",
        name="文明风采",
        theme="",
    )
    assert page(client, school, school.sun, other).status_code == 404
    text = page(client, school, school.sun, team).content.decode()
    assert "安小禾" in text
    listed = client.get(reverse("teams:home")).content.decode()
    assert "智能小车" in listed
    assert "文明风采" not in listed


def test_whoever_left_the_team_reads_it_but_writes_no_more(client, school, team):
    new = school.cast.students[1][3]
    forming.replace(
        school.liu.viewer(), team, all_kinds()["project"], "student_seat", school.sun.subject.pk, new.pk,
        since=TODAY, reason="转班", token="c",
    )  # fmt: skip
    answer = page(client, school, school.sun, team)
    assert answer.status_code == 200
    assert "转班" not in answer.content.decode()
    assert client.post(reverse("teams:steps", args=[team.public_id]), {"title": "x"}).status_code == 404
    assert "转班" in page(client, school, school.liu, team).content.decode()


# ------------------------------------------------------------------ written once


def counted(school, team):
    """Return {obligation: times counted for the team so far in the window of the session}."""
    wanted = ["project-trained-fortnight", "party-woven-into-projects"]
    programme = active_programmes(school.cast.school, TODAY).get(pack="one-plus-one-plus-one")
    rows = ask(programme, TODAY).verdicts(wanted)
    return {
        row.obligation: row.done
        for row in rows
        if str(row.subject) == str(team.pk) and row.first <= date(2026, 11, 16) <= row.last
    }


def test_a_session_that_is_party_building_too_is_one_entry_and_counts_in_both_places(client, school, team):
    assert counted(school, team) == {"project-trained-fortnight": 0, "party-woven-into-projects": 0}
    for _click in range(2):
        answer = log(client, school, team, party="on", party_theme="values", q_theme="")
        assert answer.status_code == 302, answer.content.decode()
    entry = Entry.objects.current().exclude(kind__endswith="formation").get()
    assert (entry.kind, entry.theme, entry.title) == ("woven_activity", "values", "调试传感器")
    assert counted(school, team) == {"project-trained-fortnight": 1, "party-woven-into-projects": 1}
    text = page(client, school, school.liu, team, "log", "project_training").content.decode()
    assert "导师制团队每两周训练一次" in text
    assert "导师制团队每学期把党建活动融入项目" in text
    assert "企业服务团队每月有服务记录" not in text


def test_who_was_not_there_is_not_counted(client, school, team):
    present = [school.liu.subject.public_id, school.qian.subject.public_id]
    log(client, school, team, present=present)
    entry = Entry.objects.current().get(kind="project_training")
    there = set(entry.participations.filter(absent=False).values_list("subject__name", flat=True))
    assert {"刘洋", "安小禾"} <= there
    assert "白云飞" not in there
    assert entry.extra["hours"] == 200


def test_a_session_before_the_team_or_tomorrow_is_refused_in_words(client, school, team):
    for day in ("2026-09-01", (TODAY + timedelta(days=1)).isoformat()):
        answer = log(client, school, team, day=day)
        assert answer.status_code == 422
        assert "日期" in answer.content.decode()
    assert not Entry.objects.filter(kind="project_training").exists()


def test_a_photo_is_kept_as_evidence_and_a_file_that_is_none_is_refused(client, school, team):
    bad = log(client, school, team, files=SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg"))
    assert bad.status_code == 422
    assert not Entry.objects.filter(kind="project_training").exists()
    good = log(client, school, team, files=SimpleUploadedFile("a.jpg", picture(), "image/jpeg"))
    assert good.status_code == 302
    assert Evidence.objects.get().type == "photo"


def test_a_team_that_a_round_formed_is_entered_by_its_leader_once(client, school):
    seats = {"team_leader": [school.liu.subject.pk]} | school.project()
    made = teams.form_team(
        school.cast.school,
        "桥梁模型",
        seats,
        since=date(2026, 10, 9),
        by=None,
        token="round:1",
        kind="project",
    )
    url = reverse("teams:log", args=[made.public_id, "project_team_formation"])
    assert url in page(client, school, school.liu, made).content.decode()
    data = {"day": "2026-10-09", "q_mode": "computed", "q_theme": "innovation"}
    assert log(client, school, made, "project_team_formation", **data).status_code == 302
    entry = Entry.objects.current().get(kind="project_team_formation")
    assert set(entry.participations.values_list("part", flat=True)) >= {
        "team",
        "leader",
        "student_member",
        "student",
    }
    assert url not in page(client, school, school.liu, made).content.decode()
    again = log(client, school, made, "project_team_formation", **data, once="b" * 20)
    assert again.status_code == 422
    assert Entry.objects.filter(kind="project_team_formation").count() == 1


def test_only_staff_of_the_team_write_in_the_ledger(client, school, team):
    for who in (school.qian, school.cast.xu, school.cast.ma):
        assert page(client, school, who, team, "log", "project_training").status_code == 404
    assert page(client, school, school.liu, team, "log", "technical_service").status_code == 404


# ------------------------------------------------------------------ the plan


def test_a_step_is_added_once_done_and_taken_back_and_says_when_it_is_late(client, school, team):
    school.cast.sign_in(client, school.sun)
    url = reverse("teams:steps", args=[team.public_id])
    data = {"title": "写方案", "bearer": school.sun.subject.public_id, "due": "2026-11-10", "once": ONCE}
    for _click in range(2):
        assert client.post(url, data).status_code == 302
    step = Step.objects.get()
    assert planning.state(step, TODAY) == "missed"
    assert "写方案" in client.get(reverse("desk:home")).content.decode()
    for what, done in (("done", TODAY), ("done", TODAY), ("undone", None)):
        client.post(url, {"step": step.public_id, "what": what})
        step.refresh_from_db()
        assert step.done_on == done
    assert client.post(url, {"title": "", "due": ""}).status_code == 422


# ------------------------------------------------------------------ abilities


def test_the_measure_is_in_the_ledger_without_a_number_when_everybody_has_answered(school, team):
    kind = all_kinds()["project"]
    for who in (school.qian, school.sun):
        assert not Entry.objects.filter(kind="ability_measure").exists()
        measuring.rate(who.viewer(), kind, team, "before", BEFORE)
        measuring.rate(who.viewer(), kind, team, "before", AFTER)
    entry = Entry.objects.get(kind="ability_measure")
    assert (entry.theme, entry.extra) == ("before", {})
    assert Rating.objects.get(person=school.sun.subject).scores == BEFORE
    with pytest.raises(Refused):
        measuring.rate(school.liu.viewer(), kind, team, "before", BEFORE)
    with pytest.raises(Refused):
        measuring.rate(school.sun.viewer(), kind, team, "after", AFTER)
    assert measuring.next_moment(school.sun.viewer(TODAY + timedelta(days=30)), kind, team) == "after"


def test_the_comparison_is_shown_for_five_and_never_for_four(client, school, team):
    pupils = [*school.cast.students[1], *school.cast.students[2]]
    for n, pupil in enumerate(pupils[:5]):
        assert measuring.growth(school.cast.school) == []
        for moment, scores in (("before", BEFORE), ("after", AFTER)):
            changed = (
                {name: score - (n == 0) for name, score in scores.items()} if moment == "before" else scores
            )
            Rating.objects.create(
                school=school.cast.school, team=team, person=pupil, moment=moment, day=TODAY, scores=changed
            )
    found = measuring.growth(school.cast.school)
    assert [one.n for one in found] == [5] * 4
    assert found[0].difference == pytest.approx(2.2)
    assert found[0].interval[0] < 2.2 < found[0].interval[1]
    assert "学生能力前后对照" in results_page(client, school, school.cast.wang)
    assert "学生能力前后对照" not in results_page(client, school, school.sun)


def test_what_somebody_thinks_of_oneself_is_told_and_erased(school, team):
    measuring.rate(school.sun.viewer(), all_kinds()["project"], team, "before", BEFORE)
    held = {one.name: one for one in holdings.of_type("student")}["teams.ratings"]
    told = held.tell(holdings.Reader(school.sun.viewer(), "copy"), school.sun.subject)
    assert "2" in told[0].rows[0][3]
    assert held.count([school.sun.subject.pk]) == {school.sun.subject.pk: 1}
    assert held.erase(school.sun.subject, None).gone == 1
    assert not Rating.objects.exists()


# ------------------------------------------------------------------ results


def results_page(client, school, who):
    school.cast.sign_in(client, who)
    return client.get(reverse("teams:results")).content.decode()


def win(client, school, team):
    return log(
        client, school, team, "project_contest", title="市创新大赛", q_theme="", q_level="city", q_award="first",
        a_hours="",
    )  # fmt: skip


def test_students_are_named_with_a_result_only_when_they_agreed_and_are_fourteen(client, school, team):
    assert win(client, school, team).status_code == 302
    text = results_page(client, school, school.cast.ma)
    assert "市创新大赛" in text
    assert "一等奖" in text
    assert "2名学生" in text
    for who, birth in ((school.qian, date(2012, 1, 1)), (school.sun, date(2014, 1, 1))):
        Person.objects.filter(pk=who.subject.pk).update(birth_date=birth)
        school.cast.sign_in(client, who)
        client.post(reverse("teams:named", args=[team.public_id]), {"shown": "yes"})
    text = results_page(client, school, school.cast.ma)
    assert "安小禾" in text
    assert "白云飞" not in text
    assert "1名学生" in text
    school.cast.sign_in(client, school.qian)
    client.post(reverse("teams:named", args=[team.public_id]), {"shown": "no"})
    assert "安小禾" not in results_page(client, school, school.cast.ma)


def test_the_paper_of_the_year_holds_plan_and_results_and_is_on_record(client, school, team):
    win(client, school, team)
    planning.add(school.liu.viewer(), team, "组装小车", TODAY, None, token="s")
    answer = page(client, school, school.liu, team, "paper")
    text = word(answer)
    assert "组装小车" in text
    assert "市创新大赛" in text
    assert AuditRow.objects.filter(action="teams.paper").count() == 1
    assert page(client, school, school.qian, team, "paper").status_code == 404


def test_the_list_is_exported_on_record_and_not_by_everybody(client, school, team):
    school.cast.sign_in(client, school.cast.wang)
    assert client.get(reverse("teams:export")).status_code == 200
    assert AuditRow.objects.get(action="teams.exported").data["rows"] == 1
    school.cast.sign_in(client, school.liu)
    assert client.get(reverse("teams:export")).status_code == 404


def test_who_leads_no_team_is_listed_for_the_branch(client, school, team):
    school.cast.sign_in(client, school.cast.li)
    text = client.get(reverse("teams:gaps")).content.decode()
    assert "许静" in text
    assert "钟书" not in text
    school.cast.sign_in(client, school.cast.xu)
    assert client.get(reverse("teams:gaps")).status_code == 404


def test_the_list_costs_the_same_for_one_team_and_for_ten(
    client, school, team, django_assert_max_num_queries
):
    school.cast.sign_in(client, school.cast.li)
    client.get(reverse("teams:home"))
    with django_assert_max_num_queries(60) as few:
        client.get(reverse("teams:home"))
    for n in range(5):
        formed(
            school, "contest", {"contestant_seat": [school.cast.students[2][n].pk]}, token=f"c{n}", theme=""
        )
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse("teams:home"))


def test_a_bureau_has_no_teams(client, school):
    assert School.Kind.BUREAU
    school.cast.sign_in(client, school.cast.zhou)
    assert client.get(reverse("teams:home")).status_code == 404
