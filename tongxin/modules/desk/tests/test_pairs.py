"""A pair is excused like anybody else, and stands in the heat map; its names only for those who may see both ends."""

from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations.models import Waiver
from tongxin.kernel.obligations.queries import ask, obligation_named
from tongxin.kernel.people import services as people
from tongxin.modules.desk import heatmaps
from tongxin.testing.cast import SINCE, TODAY

RULE = """  - id: talk-with-each
    title: 导师每学期家访每名结对学生一次
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 二(三), level: school, modality: must}
    since: 2026-01-10
    subject: "pair:mentor_of"
    bearer: a
    count: {kind: home_visit, part: visited, with: {part: visitor}}
    at_least: 1
    window: term
    waiver: {by: homeroom_teacher, expires: 90d}
"""
LINKS = "links:\n  - {link: mentor_of, title: 成长导师, a: staff, b: student, class: K3}\nkinds:\n"


@pytest.fixture
def paired(cast, today):
    """刘洋 guides 安小禾 of her own class, 许静 guides 何雨桐 and 江南 of the other class."""
    cast.add_rules(RULE, ("kinds:\n", LINKS))
    people.set_link("mentor_of", cast.liu.subject, cast.students[1][0], since=SINCE)
    for student in cast.students[2][:2]:
        people.set_link("mentor_of", cast.xu.subject, student, since=SINCE)
    return cast


def pair_of(cast, student) -> Link:
    return Link.objects.current().get(kind="mentor_of", b=student)


def address(cast, link, *more):
    name = "waiver_take_back" if more else "waive"
    return reverse(f"desk:{name}", args=[cast.programme.public_id, "talk-with-each", link.public_id, *more])


def form(**changes):
    return {"reason": "导师病假", "first": TODAY.isoformat(), "last": "2027-01-31"} | changes


def verdicts(cast, day=TODAY):
    found = ask(cast.programme, day).verdicts(["talk-with-each"])
    return {v.subject: v.verdict for v in found if v.first <= day <= v.last}


def test_the_named_post_excuses_one_pair_and_takes_it_back(paired, client):
    link, other = (pair_of(paired, student) for student in paired.students[2][:2])
    paired.sign_in(client, paired.ma)
    assert "给许静 → 何雨桐批准豁免" in client.get(address(paired, link)).content.decode()
    assert client.post(address(paired, link), form()).status_code == 302
    assert verdicts(paired)[f"pair:{link.pk}"] == "waived"
    assert verdicts(paired)[f"pair:{other.pk}"] == "open"
    assert AuditRow.objects.filter(action="obligations.waived").count() == 1
    why = reverse(
        "desk:why", args=[paired.programme.public_id, "talk-with-each", link.public_id, "2026-09-01"]
    )
    page = client.get(why).content.decode()
    assert page.count("导师病假") == 1, "the reason stands with who approved it, not twice"
    assert "已批准免除，这一期不用做" in page
    assert "再批或收回" in page
    duty = reverse("desk:duty", args=[paired.programme.public_id, "talk-with-each"])
    assert "，1个已免除" in client.get(duty).content.decode()
    client.post(address(paired, link, Waiver.objects.current().get().pk))
    assert verdicts(paired)[f"pair:{link.pk}"] == "open"
    assert AuditRow.objects.filter(action="obligations.waiver_taken_back").count() == 1


def test_a_waiver_of_a_pair_ends_on_its_last_day_and_no_later_than_the_rule_says(paired, client):
    link = pair_of(paired, paired.students[2][0])
    paired.sign_in(client, paired.ma)
    assert (
        "豁免最晚到2027-02-16" in client.post(address(paired, link), form(last="2027-03-01")).content.decode()
    )
    assert not Waiver.objects.exists()
    client.post(address(paired, link), form(last="2026-11-30"))
    assert verdicts(paired, date(2026, 11, 30))[f"pair:{link.pk}"] == "waived"
    assert verdicts(paired, date(2026, 12, 1))[f"pair:{link.pk}"] == "open"


def test_both_evaluators_excuse_the_same_pair(paired, client):
    link = pair_of(paired, paired.students[2][0])
    paired.sign_in(client, paired.ma)
    client.post(address(paired, link), form())
    asked = ask(paired.programme, TODAY)
    told = {v.subject: v.verdict for v in asked.verdicts(["talk-with-each"], entries=True) if v.last >= TODAY}
    assert told == {v.subject: v.verdict for v in asked.verdicts(["talk-with-each"]) if v.last >= TODAY}
    assert told[f"pair:{link.pk}"] == "waived"


def test_a_waiver_stays_with_the_two_when_their_link_ends_on_another_day(paired, client):
    link = pair_of(paired, paired.students[2][0])
    paired.sign_in(client, paired.ma)
    client.post(address(paired, link), form())
    again = people.end_link(link, date(2027, 1, 15), by=paired.wang.account)
    assert verdicts(paired)[f"pair:{again.pk}"] == "waived"


@pytest.mark.parametrize("who", ["liu", "xu", "li", "wang", "sun", "guo", "zhou", "zhao"])
def test_nobody_else_finds_the_page_of_a_pair(paired, client, who):
    link = pair_of(paired, paired.students[2][0])
    paired.sign_in(client, getattr(paired, who))
    assert client.get(address(paired, link)).status_code == 404
    assert client.post(address(paired, link), form()).status_code == 404
    assert not Waiver.objects.exists()


def test_nobody_excuses_a_pair_they_are_in_and_no_link_of_another_kind(paired, client):
    paired.sign_in(client, paired.liu)
    assert client.get(address(paired, pair_of(paired, paired.students[1][0]))).status_code == 404
    paired.sign_in(client, paired.ma)
    enrolled = Link.objects.current().get(
        kind="enrolled_in", b=paired.room_two.subject, a=paired.students[2][0]
    )
    assert client.get(address(paired, enrolled)).status_code == 404
    student = paired.students[2][0].public_id
    alone = reverse("desk:waive", args=[paired.programme.public_id, "talk-with-each", student])
    assert client.get(alone).status_code == 404


def rows(cast, player):
    asked = ask(cast.programme, TODAY)
    rule = obligation_named(asked.pack, "talk-with-each", TODAY)
    found = heatmaps.of_rule(player.viewer(), asked, rule)
    return {} if found is None else {row.label: row.cells for row in found.rows}


def test_pairs_stand_in_the_heat_map_of_those_who_see_both_ends(paired, client):
    assert set(rows(paired, paired.ma)) == {"许静 → 何雨桐", "许静 → 江南"}
    assert set(rows(paired, paired.liu)) == {"刘洋 → 安小禾"}
    link = pair_of(paired, paired.students[2][0])
    cell = rows(paired, paired.ma)["许静 → 何雨桐"][-1]
    assert (cell.state, link.public_id in cell.url) == ("open", True)
    paired.visit(paired.students[2][0], TODAY, by=paired.xu)
    assert rows(paired, paired.ma)["许静 → 何雨桐"][-1].state == "met"
    paired.sign_in(client, paired.ma)
    page = client.get(reverse("desk:duty", args=[paired.programme.public_id, "talk-with-each"]))
    assert "许静 → 江南" in page.content.decode()


@pytest.mark.parametrize("who", ["wang", "sun", "guo", "zhou", "zhao"])
def test_the_heat_map_names_no_pair_to_those_who_do_not_see_both_ends(paired, who):
    said = str(rows(paired, getattr(paired, who)))
    assert "→" not in said
    assert not any(student.name in said for student in [*paired.students[1], *paired.students[2]])


def test_pairs_beyond_reach_are_counted_by_the_class_of_the_student(paired):
    for student in paired.students[2][2:]:
        people.set_link("mentor_of", paired.xu.subject, student, since=SINCE)
    for student in paired.students[1][1:]:
        people.set_link("mentor_of", paired.li.subject, student, since=SINCE)
    assert set(rows(paired, paired.wang)) == {"七年级1班", "七年级2班"}
