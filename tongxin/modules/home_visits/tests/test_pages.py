"""Places, the table of addresses, lists, coverage: what is wrong names its row, lists are filtered, figures stay figures."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.modules.home_visits import homes, mapping
from tongxin.modules.home_visits.importing import times_of
from tongxin.modules.home_visits.models import DistrictPlace, HomePlace, VisitRound
from tongxin.testing.cast import crowd

HEADS = "姓名,班级,住址,村或街道,向东米,向北米,纬度,经度,可以的时间,坐几分钟,需要"


def url(name: str, *args: str) -> str:
    return reverse(f"home_visits:{name}", args=args)


def body(answer) -> str:
    return answer.content.decode()


def table(*rows: str) -> io.BytesIO:
    file = io.BytesIO("\n".join((HEADS, *rows)).encode("utf-8-sig"))
    file.name = "住址.csv"
    return file


def upload(client, *rows: str, **more):
    return client.post(url("places_import"), {"file": table(*rows), **more})


def test_every_mistake_of_a_table_names_its_row_and_nothing_is_saved(client, visits):
    visits.cast.sign_in(client, visits.cast.liu)
    before = dict(HomePlace.objects.values_list("student", "changed_at"))
    answer = upload(
        client,
        "白云飞,七年级1班,,西街,,,,,,,",
        "没有人,七年级1班,,西街,,,,,,,",
        "程一诺,七年级1班,某路八号,,,,,,,,",
        "丁可欣,七年级1班,,,900000,10,,,,,",
        "方晓,七年级1班,,西街,,,95,200,,,",
        "高子涵,七年级1班,,西街,,,,,周二 20:00-18:00,,",
        "白云飞,七年级1班,,西街,,,,,,,",
        "何雨桐,七年级2班,,西街,,,,,,,",
        lat="31.2",
        lon="121.4",
    )
    assert answer.status_code == 422
    page = body(answer)
    for sentence in (
        "第3行：名单里没有“没有人（七年级1班）”",
        "第4行：有住址，但没有村或街道，也没有坐标",
        "第5行：坐标离学校超过 100 公里",
        "第6行：经纬度超出范围",
        "第7行：时间自相矛盾",
        "第8行：白云飞在第2行已经有了",
        "第9行：名单里没有“何雨桐（七年级2班）”",  # another class is not this teacher's to set
    ):
        assert sentence in page
    assert dict(HomePlace.objects.values_list("student", "changed_at")) == before


def test_a_good_table_is_read_with_degrees_turned_into_metres(client, visits):
    visits.cast.sign_in(client, visits.cast.liu)
    answer = upload(
        client,
        "白云飞,七年级1班,,西街/一社区,,,31.21,121.4,周二、周四 18:00-20:30；周六 9:00-12:00,40,心理",
        lat="31.2",
        lon="121.4",
    )
    assert answer.status_code == 302
    home = HomePlace.objects.get(student=visits.children[1])
    assert (home.spot["x"], home.spot["code"]) == (0, "西街/一社区")
    assert 1105 < home.spot["y"] < 1120
    assert home.wants["minutes"] == 40
    assert home.wants["skills"] == ["心理"]
    assert [one["days"] for one in home.wants["times"]] == [[1, 3], [5]]
    assert DistrictPlace.objects.filter(code="西街/一社区").exists()


def test_times_are_read_as_people_write_them():
    assert times_of("周一至周五 18:30-20:00")[0]["days"] == [0, 1, 2, 3, 4]
    with pytest.raises(homes.Refused, match="不是时间"):
        times_of("晚上都行")


def test_the_template_can_be_filled_in_and_read_back(client, visits):
    visits.cast.sign_in(client, visits.cast.liu)
    book = openpyxl.load_workbook(io.BytesIO(client.get(url("places_template")).content))
    sheet = book["住址"]
    head = next(row for row in sheet.iter_rows() if any(cell.value == "姓名" for cell in row))
    column = {cell.value: cell.column for cell in head}
    for row in range(head[0].row + 1, sheet.max_row + 1):
        if sheet.cell(row, column["姓名"]).value:
            sheet.cell(row, column["村或街道"]).value = "南街"
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    out.name = "住址.xlsx"
    assert client.post(url("places_import"), {"file": out}).status_code == 302
    assert all(home.spot["code"] == "南街" for home in HomePlace.objects.all())


def test_a_home_is_typed_with_half_a_place_refused(client, visits):
    visits.cast.sign_in(client, visits.cast.liu)
    page = url("place", visits.children[1].public_id)
    half = client.post(page, {"address": "某路", "x": "5", "minutes": "30"})
    assert half.status_code == 422
    assert "坐标要两个都写" in body(half)
    assert client.post(page, {"address": "某路", "minutes": "30"}).status_code == 422
    assert client.post(page, {"code": "北街", "minutes": "45", "skills": "方言"}).status_code == 302
    home = HomePlace.objects.get(student=visits.children[1])
    assert home.spot == {"code": "北街"}
    assert home.wants["skills"] == ["方言"]
    stranger = visits.cast.students[2][0]
    assert client.get(url("place", stranger.public_id)).status_code == 404


def test_the_school_draws_its_own_map(client, visits):
    visits.cast.sign_in(client, visits.cast.liu)
    assert client.post(url("district"), {"code": "东街", "x": "500", "y": "-300"}).status_code == 302
    page = body(client.get(url("place", visits.child.public_id)))
    assert "<svg" in page
    assert "东街" in page
    assert "http" not in page.split("<svg")[1].split("</svg>")[0]
    assert visits.children[1].name not in page.split("<svg")[1].split("</svg>")[0]


def test_names_on_the_map_never_cover_each_other():
    spots = mapping.district({f"街道{n}": (n * 40, n * 25) for n in range(12)}, "学校")
    drawn = mapping.sketch(spots)
    boxes = [
        mapping._box(one.label, one.label_x, one.label_y, one.anchor) for one in drawn.spots if one.label
    ]
    assert not any(mapping._meet(a, b) for n, a in enumerate(boxes) for b in boxes[n + 1 :])
    assert all(0 <= one.x <= mapping.WIDTH and 0 <= one.y <= mapping.HEIGHT for one in drawn.spots)


def test_the_list_of_needs_is_searched_filtered_paged_and_exported_on_record(client, visits):
    crowd(visits.cast, 60)
    visits.cast.sign_in(client, visits.cast.liu)
    first = body(client.get(url("needs")))
    assert "第 1—40 个，共 66 个" in first
    assert (
        first.index(visits.special.name) < first.index(visits.child.name)
        if visits.child.name in first
        else True
    )
    assert "特殊" not in first.split('id="main"')[1]
    assert "学生059" in body(client.get(url("needs"), {"q": "学生059"}))
    assert visits.special.name not in body(client.get(url("needs"), {"q": "学生059"}))
    book = openpyxl.load_workbook(io.BytesIO(client.get(url("needs_export")).content))
    assert any(visits.special.name in row for row in book.worksheets[0].iter_rows(values_only=True))
    assert AuditRow.objects.get(action="home_visits.needs_exported").data["rows"] == 66


@pytest.mark.parametrize("size", [5, 40])
def test_the_list_of_needs_costs_the_same_for_any_class(client, visits, size, django_assert_max_num_queries):
    crowd(visits.cast, size)
    visits.cast.sign_in(client, visits.cast.liu)
    client.get(url("needs"))
    with django_assert_max_num_queries(45):
        client.get(url("needs"))


def test_coverage_is_counted_by_class_and_small_counts_are_hidden_from_leaders(client, visits):
    visits.cast.visit(visits.child, visits.cast.programme.first_day.replace(month=11, day=10))
    visits.cast.sign_in(client, visits.cast.wang)
    page = body(client.get(url("coverage")))
    assert "七年级1班" in page
    assert visits.child.name not in page
    assert "人数少，不显示" in page
    visits.cast.sign_in(client, visits.cast.liu)
    own = client.get(url("coverage"))
    assert "每名学生每学期至少家访一次" in body(own)
    (usual, _special) = own.context["rules"]
    assert [(one.group.name, one.counts.met, one.counts.expected) for one in usual.groups] == [
        ("七年级1班", 1, 6)
    ]
    visits.cast.sign_in(client, visits.cast.xu)
    assert client.get(url("coverage")).status_code == 404


def test_a_round_is_made_on_the_page_once_and_a_start_in_the_past_is_refused(client, visits):
    cast = visits.cast
    cast.sign_in(client, cast.liu)
    data = {
        "title": "期中家访", "scope": cast.room_one.subject.public_id, "mode": "in_person", "first_day": "2026-11-18",
        "last_day": "2026-11-30", "evenings": ["1", "3"], "evening_from": "18:00", "evening_to": "20:30", "free_days": "on",
        "day_from": "09:00", "day_to": "12:00", "aim": "fewest", "team_size": "2", "teacher_goes": "on", "seconds": "1",
        "people": [cast.liu.subject.public_id, cast.xu.subject.public_id], "once": "a" * 32,
    }  # fmt: skip
    past = client.post(url("round_new"), data | {"first_day": "2026-11-02"})
    assert past.status_code == 422
    assert "已经过去了" in body(past)
    backwards = client.post(url("round_new"), data | {"evening_to": "17:00"})
    assert "时间自相矛盾" in body(backwards)
    assert client.post(url("round_new"), data | {"people": []}).status_code == 422
    for _again in range(2):
        assert client.post(url("round_new"), data).status_code == 302
    made = VisitRound.objects.get()
    assert [one["day"] for one in made.sessions][:3] == ["2026-11-19", "2026-11-21", "2026-11-22"]
    client.post(url("round_plan", made.public_id))
    page = body(client.get(url("round", made.public_id)))
    assert "许静" in page
    assert "尽量少改地再排" in page
    cast.sign_in(client, cast.ma)
    assert client.get(url("round", made.public_id)).status_code == 404
