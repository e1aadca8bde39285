"""What comes from above stands after the school's own, and what does not concern the school out of the way."""

import re

import pytest
from django.urls import reverse

from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.services import adopt


@pytest.fixture
def based(cast):
    adopt(cast.bureau, "national-base", 2026, by=cast.zhou.account)
    cast.base = cast.school.programmes.get(pack="national-base")
    for school, facts in (
        (cast.school, {"institution": "school", "stage": "junior", "region": "other"}),
        (cast.bureau, {"institution": "bureau", "stage": "none", "region": "other"}),
    ):
        for name, value in facts.items():
            people.set_attribute(people.school_subject(school), name, value)
    return cast


def page(client, name, *arguments):
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def folds(text):
    """{words of a fold: what is folded away in it}."""
    found = re.findall(r"<details class=\"fold\"><summary>(.*?)</summary>(.*?)</details>", text, re.DOTALL)
    return dict(found)


def test_duties_of_other_stages_and_regions_are_folded_away_and_say_so(based, client):
    based.sign_in(client, based.wang)
    text = page(client, "desk:duties", based.base.public_id)
    folded = next(inside for words, inside in folds(text).items() if "与本校无关" in words)
    for title in (
        "高校专职心理教师不少于 2 名",
        "心理辅导室每天定时开放（一地规定）",
        "教育局每学年组织筛查",
    ):
        assert title in folded
        assert text.count(f">{title}</a>") == 1
    assert "班主任每学年对每名学生至少家访一次" not in folded
    said = page(client, "desk:duty", based.base.public_id, "college-two-counsellors")
    assert "与本校无关" in said
    assert "与本校无关" not in page(client, "desk:duty", based.base.public_id, "visit-yearly")


def test_of_a_long_heading_the_duties_with_nothing_due_are_folded(based, client):
    based.sign_in(client, based.wang)
    text = page(client, "desk:duties", based.base.public_id)
    quiet = "".join(inside for words, inside in folds(text).items() if "现在没有要求" in words)
    assert "受警告处分六个月内不得评优" in quiet
    assert "支部党员大会每季度至少一次" not in quiet


def test_kinds_from_above_are_one_fold_after_the_school_s_own(based, client):
    based.sign_in(client, based.wang)
    text = page(client, "desk:record")
    (words, folded), *_rest = folds(text).items()
    assert words.startswith("国家与地方基本要求：另有")
    assert "主题党日" in folded
    assert "走访学生宿舍" not in text
    assert ">家访</a>" in text.replace(folded, "")
    assert client.get(reverse("desk:record"), {"q": "宿舍"}).content.decode().count("走访学生宿舍") == 1


def test_a_bureau_sees_its_own_duties_under_those_of_its_schools(based, client):
    based.sign_in(client, based.zhou)
    text = page(client, "desk:home")
    assert "青山中学" in text
    assert "到 2027 年底所有县区建成教联体" in text
    assert "班主任每学年对每名学生至少家访一次" not in text
    record = page(client, "desk:record")
    assert "区域指标填报" in record
    assert "走访学生宿舍" not in record


def test_the_chain_leads_to_the_rule_above_where_the_school_works_with_it(based, client):
    own = adopt(based.school, "heart-nurturing-branch", 2026, by=based.wang.account)
    based.sign_in(client, based.li)
    text = page(client, "desk:duty", own.public_id, "parents-school-lectures")
    assert "这一项收紧了" in text
    assert reverse("desk:duty", args=[based.base.public_id, "family-guidance-twice"]) in text
    assert "国家" in text
    above = page(client, "desk:duty", based.base.public_id, "family-guidance-twice")
    assert "又被收紧为" in above
    assert reverse("desk:duty", args=[own.public_id, "parents-school-lectures"]) in above
