"""What the teams of a school hold, for the matrix: a team, a proposal, a topic and a contest, all of one teacher's class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tongxin.kernel.base.models import Subject
from tongxin.kernel.people import teams
from tongxin.modules.teams.models import Contest, Entrant, Invited, Proposal, Topic
from tongxin.testing.cast import Player

# The programme of the tests with what makes a school form teams and hold contests.
KINDS = """
  - kind: project_team_formation
    title: 组建导师制团队
    class: K2
    heading: "2.1"
    parts:
      - {part: team, title: 团队, of: [team]}
      - {part: leader, title: 党员教师, of: [staff], at_least: 1}
  - kind: project_training
    title: 项目训练
    class: K2
    heading: "2.1"
    parts:
      - {part: team, title: 团队, of: [team], at_least: 1}
      - {part: leader, title: 指导教师, of: [staff], at_least: 1}
  - kind: contest
    title: 学生竞赛
    class: K1
    heading: "2.1"
    parts:
      - {part: contestant, title: 参赛学生, of: [student]}
    qualifiers:
      - {qualifier: level, title: 级别, values: {school: 校级, city: 市级}, required: true}
      - {qualifier: theme, title: 赛事, values: {skills: 技能大赛}, required: true}
"""


@dataclass
class TeamThings:
    """One school's objects of the teams."""

    team: Subject
    proposal: Proposal
    invited: Invited
    topic: Topic
    contest: Contest

    def arguments(self, name: str) -> dict[str, object]:
        return {
            "team": self.team.public_id,
            "proposal": self.proposal.public_id,
            "topic": self.topic.public_id,
            "contest": self.contest.public_id,
            "pk": self.invited.pk,
            "kind": "project_training" if name == "teams:log" else "project",
        }


def team_things(teacher: Player, pupils: list[Subject]) -> TeamThings:
    """Make them for a teacher and some students of the teacher's class."""
    school, day = teacher.school, date(2026, 11, 18)
    seats = {"team_leader": [teacher.subject.pk]}
    seats |= dict(zip(("student_member_seat", "student_seat"), ([one.pk] for one in pupils), strict=False))
    team = teams.form_team(school, "智能小车", seats, since=date(2026, 9, 21), by=None, token="matrix")
    proposal = Proposal.objects.create(
        school=school, kind="project", name="桥梁模型", by=teacher.subject, token=f"m{school.pk}"
    )
    common = {"proposal": proposal, "school": school}
    Invited.objects.create(**common, seat="team_leader", person=teacher.subject, answer="yes")
    invited = Invited.objects.create(**common, seat="student_seat", person=pupils[0])
    topic = Topic.objects.create(
        school=school, kind="project", title="省时省力的工位", by=teacher.subject, added_on=day, state_on=day, token=f"m{school.pk}"
    )  # fmt: skip
    contest = Contest.objects.create(
        school=school, name="校赛", level="school", theme="skills", first_day=day, last_day=day, by=teacher.subject,
        token=f"m{school.pk}",
    )  # fmt: skip
    Entrant.objects.create(contest=contest, school=school, student=pupils[0])
    return TeamThings(team, proposal, invited, topic, contest)
