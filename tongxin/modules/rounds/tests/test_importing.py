"""Wish lists from a table: taken whole or not at all, and every wrong cell is named with its row."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.kernel.people import services as people
from tongxin.modules.rounds.models import Participant, Wish
from tongxin.testing.cast import SINCE

pytestmark = pytest.mark.django_db
HEADS = ["姓名", "第1志愿", "第2志愿", "第3志愿", "最少几人", "最多几人", "这次不带的原因"]


def upload(client, pairs, round_, rows, heads=HEADS, by=None):
    book = openpyxl.Workbook()
    for row in [heads, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    client.force_login((by or pairs.cast.wang).account)
    file = SimpleUploadedFile("志愿.xlsx", out.getvalue())
    return client.post(reverse("rounds:import", args=[round_.public_id]), {"file": file})


@pytest.fixture
def round_(pairs):
    return pairs.begin("class-contacts", pairs.cast.wang)


def test_a_good_list_is_taken(client, pairs, round_):
    rows = [["李梅", "七年级2班", "七年级1班", "", 1, 2, ""], ["许静", "", "", "", "", "", "下学期支教"]]
    assert upload(client, pairs, round_, rows).status_code == 302
    wishes = Wish.objects.order_by("rank").values_list("person__subject__name", "wants__subject__name")
    assert list(wishes) == [("李梅", "七年级2班"), ("李梅", "七年级1班")]
    assert pairs.place(round_, pairs.cast.xu).none
    assert pairs.place(round_, pairs.cast.xu).words == "下学期支教"


@pytest.mark.parametrize(("row", "sentence"), [
    (["张没有", "", "", "", "", 1, ""], "“张没有”不在这一轮里"),
    (["李梅", "八年级9班", "", "", "", "", ""], "“八年级9班”不在这一轮里"),
    (["李梅", "许静", "", "", "", "", ""], "坐的是同一边"),
    (["李梅", "", "", "", 3, 1, ""], "最少 3 人，最多 1 人，互相矛盾"),
    (["李梅", "七年级1班", "七年级1班", "", "", "", ""], "写了两次"),
    (["李梅", "", "", "", "", "许多", ""], "要填 0 到 200 的整数"),
    (["李梅", "七年级1班", "", "", "", "", "外出"], "互相矛盾"),
    (["", "七年级1班", "", "", "", "", ""], "没有填“姓名”"),
])  # fmt: skip
def test_a_wrong_cell_is_named_with_its_row_and_nothing_is_taken(client, pairs, round_, row, sentence):
    response = upload(client, pairs, round_, [["许静", "七年级1班", "", "", "", "", ""], row])
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert "第 3 行" in text
    assert not Wish.objects.exists()


def test_the_same_person_twice_and_two_of_one_name(client, pairs, round_):
    rows = [["李梅", "七年级1班", "", "", "", "", ""], ["李梅", "七年级2班", "", "", "", "", ""]]
    assert "和第 2 行重复" in upload(client, pairs, round_, rows).content.decode()
    people.make_staff(pairs.cast.school, "李梅", since=SINCE, branch=pairs.cast.branch)
    second = pairs.begin("class-contacts", pairs.cast.wang, token="second")
    assert "有同名的" in upload(client, pairs, second, rows[:1]).content.decode()


def test_a_table_without_the_heading_and_one_with_a_strange_column(client, pairs, round_):
    assert "没有找到表头" in upload(client, pairs, round_, [["x"]], heads=["谁"]).content.decode()
    response = upload(client, pairs, round_, [["李梅", 1]], heads=["姓名", "生肖"])
    assert "不认识的列“生肖”" in response.content.decode()
    client.force_login(pairs.cast.wang.account)
    bad = SimpleUploadedFile("x.xlsx", b"PK\x03\x04nonsense")
    assert client.post(reverse("rounds:import", args=[round_.public_id]), {"file": bad}).status_code == 422


def test_the_form_to_fill_in_lists_who_is_asked(client, pairs, round_):
    client.force_login(pairs.cast.wang.account)
    response = client.get(reverse("rounds:template", args=[round_.public_id]))
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0]
    names = {str(row[0].value) for row in sheet.iter_rows()}
    assert {"姓名", "刘洋", "许静", "李梅"} <= names
    assert "七年级1班" not in names
    assert Participant.objects.filter(said_at__isnull=False).count() == 0
