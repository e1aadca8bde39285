"""Files that are no table of homes, and two tabs at once: each is a clear sentence, and nothing is saved."""

from __future__ import annotations

import io

import pytest

from tongxin.kernel.solving import services as solving_runs
from tongxin.kernel.solving.models import SolverRun
from tongxin.modules.home_visits import homes, planning
from tongxin.modules.home_visits.models import HomePlace
from tongxin.testing.cast import picture

from .test_visiting import body, url

pytestmark = pytest.mark.django_db


def table(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("家.jpg", picture(), "这是一张图片，不是表格"),
        ("家.txt", b"hello", "没有找到表头"),
        ("家.csv", b"", "这个文件是空的"),
        ("家.xlsx", b"PK\x03\x04junk", "这个文件已经损坏或没有传完整"),
        ("家.csv", table("name,address", "A,B"), "没有找到表头"),
        ("家.csv", table("姓名,电话", "张三,1"), "不认识的列：电话"),
        ("家.csv", table("姓名,村或街道,村或街道", "张三,东街,西街"), "这些列写了两次：村或街道"),
        ("家.csv", table("姓名,住址"), "表里没有学生"),
        ("家.csv", table("姓名,住址", "NAME,"), "表里只有姓名"),
        ("家.csv", table("学籍号,村或街道", "9,东街"), "没有学籍号是“9”的学生"),
        ("家.csv", table("姓名,向东米,向北米", "NAME,nan,1e400"), "“向东米”应是数"),
        ("家.csv", table("姓名,村或街道,坐几分钟", "NAME,东街,0"), "应在 10 到 180 之间"),
        ("家.csv", table("姓名,村或街道,住址", f"NAME,东街,{'巷' * 121}"), "“住址”太长，最多120个字"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(client, visits, name, content, sentence):
    visits.cast.sign_in(client, visits.cast.liu)
    before = list(HomePlace.objects.values_list("pk", "changed_at"))
    file = io.BytesIO(content.replace(b"NAME", visits.child.name.encode()))
    file.name = name
    answer = client.post(url("places_import"), {"file": file})
    assert answer.status_code == 422
    assert sentence in body(answer)
    assert list(HomePlace.objects.values_list("pk", "changed_at")) == before


def test_a_template_half_filled_in_counts_only_what_is_there(client, visits):
    cast = visits.cast
    cast.sign_in(client, cast.liu)
    first, second = visits.children[:2]
    file = io.BytesIO(table("姓名,村或街道", f"{first.name},南门街", f"{second.name},"))
    file.name = "家.csv"
    page = client.post(url("places_import"), {"file": file}, follow=True)
    assert "读进了1家的住址" in body(page)
    assert homes.homes([second.pk])[second.pk].spot["code"] == "东街"


def test_a_change_asked_for_while_another_is_computed_is_not_lost_in_silence(client, visits, monkeypatch):
    made = visits.planned()
    monkeypatch.setattr(solving_runs, "_enqueue", lambda run: None)
    cast = visits.cast
    cast.sign_in(client, cast.liu)
    for _double_click in range(2):
        client.post(url("round_plan", made.public_id), {"how": "repair"})
    assert SolverRun.objects.filter(state__in=SolverRun.ACTIVE).count() == 1
    row = made.visits.order_by("begin").first()
    team = "-".join(map(str, row.route.people))
    answer = client.post(url("visit_move", row.public_id), {"team": team, "session": "1121"})
    assert answer.status_code == 422
    assert "正在算别的改动" in body(answer)
    assert planning.ask(cast.liu.viewer(), made, {"repair": True}).pk
