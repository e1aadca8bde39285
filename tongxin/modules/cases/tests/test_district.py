"""The bureau's figures of its schools: counts only, small ones hidden; nobody of a school finds them."""

import re

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.people import services as people
from tongxin.modules.cases.models import Case
from tongxin.testing.cases import filled_case
from tongxin.testing.cast import SINCE

PAGES = ("cases:district", "screening:district")


def words_of(client, player, name) -> tuple[int, str]:
    client.force_login(player.account)
    answer = client.get(reverse(name))
    return answer.status_code, re.sub(r"<[^>]*>|\s+", " ", answer.content.decode())


@pytest.fixture
def many(desk):
    """Twelve open cases at the one school, three at the other."""
    cast = desk.cast
    for number in range(12):
        child = people.make_student(
            cast.school, f"学生{number}", homeroom=cast.room_one, since=SINCE
        ).person.subject
        filled_case(child, cast.chen.subject, cast.liu.subject, number=number + 1)
    for number in range(3):
        child = people.make_student(cast.other_school, f"邻校{number}", since=SINCE).person.subject
        filled_case(child, cast.zhao.subject, cast.zhao.subject, number=number + 1)
    return cast


def test_the_bureau_reads_counts_and_no_small_one(client, many):
    assert Case.objects.count() == 15
    status, text = words_of(client, many.zhou, "cases:district")
    assert status == 200
    assert "青山中学" in text
    assert "临水中学" in text
    # Three at the one school must not follow from the whole and the other school.
    assert "人数少，不显示" in text
    assert not re.search(r"\b(3|12)\b(?! *人)", text.split("合计")[0].split("青山中学")[-1])
    assert "排满了" in text
    assert not any(f"学生{number}" in text for number in range(12))
    assert AuditRow.objects.filter(action="cases.district_seen").count() == 1


def test_counts_large_enough_are_told(client, many):
    Case.objects.filter(school=many.other_school).update(phase="closed")
    text = words_of(client, many.zhou, "cases:district")[1]
    assert re.search(r"青山中学.*?\b12\b", text)


@pytest.mark.parametrize("name", PAGES)
def test_nobody_of_a_school_finds_them(client, desk, name):
    for who in (desk.cast.wang, desk.cast.chen, desk.leader, desk.cast.liu, desk.cast.guo):
        assert words_of(client, who, name)[0] == 404


def test_the_sittings_of_the_schools_are_told_in_counts(client, desk):
    status, text = words_of(client, desk.cast.zhou, "screening:district")
    assert (status, "还没有" in text) == (200, True)
