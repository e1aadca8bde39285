"""A pair is named 甲 → 乙 wherever a subject is, and seen only by those who may see both."""

import pytest
from django.urls import reverse

from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations.queries import ask, by_group, explain, gaps, todo
from tongxin.kernel.people import services as people
from tongxin.testing.cast import SINCE

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
"""


@pytest.fixture
def paired(cast, today):
    """刘洋 guides 安小禾 of her own class, 许静 guides 何雨桐 of the other class."""
    cast.add_rules(RULE)
    people.set_link("mentor_of", cast.liu.subject, cast.students[1][0], since=SINCE)
    people.set_link("mentor_of", cast.xu.subject, cast.students[2][0], since=SINCE)
    return cast


def names(viewer, cast, today):
    found = gaps(viewer, ask(cast.programme, today), "talk-with-each")
    return {gap.subject.name for gap in found.rows if gap.verdict.verdict == "open"}


def test_a_pair_is_named_by_both_its_ends_to_those_who_see_the_student(paired, today):
    assert names(paired.liu.viewer(), paired, today) == {"刘洋 → 安小禾"}
    assert names(paired.ma.viewer(), paired, today) == {"许静 → 何雨桐"}
    assert names(paired.wang.viewer(), paired, today) == set()


def test_a_visit_by_the_mentor_closes_the_gap_and_one_by_somebody_else_does_not(paired, today):
    paired.visit(paired.students[1][0], today, by=paired.ma)
    assert names(paired.liu.viewer(), paired, today) == {"刘洋 → 安小禾"}
    paired.visit(paired.students[1][0], today, by=paired.liu)
    assert names(paired.liu.viewer(), paired, today) == set()


def test_the_gap_stands_on_the_list_of_the_end_that_bears_it(paired, today):
    lines = [
        d for d in todo(paired.liu.viewer()) if d.rule.id == "talk-with-each" and d.verdict.verdict == "open"
    ]
    assert [[s.name for s in line.subjects] for line in lines] == [["刘洋 → 安小禾"]]
    assert not [d for d in todo(paired.ma.viewer()) if d.rule.id == "talk-with-each"]


def test_a_class_s_gap_list_holds_the_pairs_of_its_students(paired, today):
    asked = ask(paired.programme, today)
    found = gaps(paired.liu.viewer(), asked, "talk-with-each", group=paired.room_one.subject.pk)
    assert {gap.subject.name for gap in found.rows} == {"刘洋 → 安小禾"}
    groups = by_group(paired.chen.viewer(), asked, "talk-with-each", "homeroom")
    assert {row.group.name for row in groups} == {"七年级1班", "七年级2班"}


def test_why_tells_the_entries_of_a_pair_and_is_refused_out_of_reach(paired, client, today):
    paired.visit(paired.students[1][0], today, by=paired.liu)
    link = Link.objects.get(kind="mentor_of", a=paired.liu.subject)
    address = reverse(
        "desk:why", args=[paired.programme.public_id, "talk-with-each", link.public_id, "2026-09-01"]
    )
    paired.sign_in(client, paired.liu)
    page = client.get(address)
    assert page.status_code == 200
    assert "刘洋 → 安小禾" in page.content.decode()
    paired.sign_in(client, paired.ma)
    assert client.get(address).status_code == 404


def test_the_gap_page_and_the_workbook_show_the_pair_with_a_form_for_both(paired, client, today):
    paired.sign_in(client, paired.liu)
    page = client.get(
        reverse("desk:duty", args=[paired.programme.public_id, "talk-with-each"])
    ).content.decode()
    assert "刘洋 → 安小禾" in page
    assert f"visited={paired.students[1][0].public_id}&amp;visitor={paired.liu.subject.public_id}" in page
    assert "何雨桐" not in page


def test_the_verdict_of_a_pair_is_explained_one_by_one(paired, today):
    from tongxin.kernel.obligations.pairs import named_in_address

    link = Link.objects.get(kind="mentor_of", a=paired.xu.subject)
    pair = named_in_address(paired.school.pk, link.public_id)
    asked = ask(paired.programme, today)
    first = next(v.first for v in asked.verdicts(["talk-with-each"]) if v.subject == pair.pk)
    assert explain(paired.ma.viewer(), asked, "talk-with-each", pair, first).bearer == (
        str(paired.xu.subject.pk),
    )
    assert explain(paired.liu.viewer(), asked, "talk-with-each", pair, first) is None
