"""Instruments on pages: taken into use, completed with a school's words, read in, told in words, given out, retired."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from tongxin.exchange.instruments import formats
from tongxin.exchange.instruments.reader import Unreadable, read_upload
from tongxin.methods.psychometrics.parse import instrument_from_text
from tongxin.modules.screening import describing, instruments
from tongxin.modules.screening.models import InstrumentText

LIBRARY = reverse("screening:instruments")
UPLOAD = reverse("screening:instrument_upload")
WORDS = reverse("screening:instrument_words", args=["mht"])


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def chen(hall, client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    hall.cast.sign_in(client, hall.cast.chen)
    return client


def sent(client, name: str, content: bytes):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)})


def gad(old: str = "", new: str = "") -> bytes:
    """The file of GAD-7 with one place changed."""
    whole = instruments.shipped()["gad-7"].text
    assert old in whole
    return whole.replace(old, new, 1).encode()


# ------------------------------------------------------------------ the library


def test_the_library_says_what_comes_with_words_and_what_a_school_completes(hall, chen):
    page = text(chen.get(LIBRARY))
    assert "患者健康问卷抑郁量表" in page
    assert "心理健康诊断测验" in page
    assert page.count("题目由学校按授权填写") >= 8


def test_one_that_comes_with_its_words_is_taken_and_retired_and_restored(hall, chen):
    shipped = reverse("screening:instrument_shipped", args=["gad-7"])
    assert "启用" in text(chen.get(shipped))
    chen.post(reverse("screening:instrument_take", args=["gad-7"]))
    row = InstrumentText.objects.get(slug="gad-7")
    chen.post(reverse("screening:instrument_retire", args=[row.public_id]))
    row.refresh_from_db()
    assert row.retired_at
    page = text(chen.get(LIBRARY))
    assert "停用的 1 份" in page
    chen.post(reverse("screening:instrument_restore", args=[row.public_id]))
    row.refresh_from_db()
    assert row.retired_at is None


def test_one_without_words_is_not_taken(hall, chen):
    answer = chen.post(reverse("screening:instrument_take", args=["mht"]), follow=True)
    assert "没有题目" in text(answer)
    assert not InstrumentText.objects.filter(slug="mht").exists()
    assert chen.get(reverse("screening:instrument_shipped", args=["nothing"])).status_code == 404
    assert chen.get(reverse("screening:instrument_words", args=["phq-9"])).status_code == 404


# ------------------------------------------------------------------ in words


def test_a_definition_is_told_in_words(hall, chen):
    page = text(chen.get(reverse("screening:instrument", args=[InstrumentText.objects.get().public_id])))
    for said in (
        "第 1—9 题，加起来。缺 2 题以内按已答的平均补上",
        "10—14",
        "想到去死或自残：第9题至少 1",
        "Apache-2.0",
        "Kroenke",
        "下面至少 5 条",
    ):
        assert said in page


@pytest.mark.parametrize("slug", sorted(instruments.shipped()))
def test_every_shipped_instrument_is_told_in_words(hall, chen, slug):
    found = instruments.shipped()[slug].instrument
    assert all(row.how for row in describing.scale_rows(found))
    assert all(
        row["when"]
        for row in describing.rule_rows(found, (*found.critical, *found.validity, *found.patterns))
    )
    assert chen.get(reverse("screening:instrument_shipped", args=[slug])).status_code == 200


@pytest.mark.parametrize(("items", "said"), [("1 2 3 5 8 9", "1—3、5、8、9"), ("a b", "a、b"), ("7", "7")])
def test_runs_of_items_are_said_shortly(items, said):
    assert describing.runs(tuple(items.split())) == said


# ------------------------------------------------------------------ the school's own words


def test_a_school_fills_in_the_words_line_by_line(hall, chen):
    page = text(chen.get(WORDS))
    assert "共 100 题" in page
    lines = "\n".join(f"本校的第{n}题" for n in range(1, 101))
    chen.post(WORDS, {"words": lines, "granted": "某出版社，2026年9月"})
    row = InstrumentText.objects.get(slug="mht")
    made = instruments.ready(row).instrument
    assert str(made.items[99].text) == "本校的第100题"
    assert made.licence.granted == "某出版社，2026年9月"
    assert made.scales == instruments.shipped()["mht"].instrument.scales


@pytest.mark.parametrize(
    ("words", "granted", "sentence"),
    [
        ("一行", "某社", "有 100 题，您填了 1 行"),
        ("\n".join("题" * 100), "", "谁在什么时候允许"),
        ("", "某社", "请填题目"),
    ],
)
def test_words_that_do_not_fit_are_refused_and_kept(hall, chen, words, granted, sentence):
    answer = chen.post(WORDS, {"words": words, "granted": granted})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not InstrumentText.objects.filter(slug="mht").exists()


def test_a_school_fills_in_the_workbook(hall, chen):
    content = chen.get(reverse("screening:instrument_shipped_file", args=["rses", "xlsx"])).content
    book = load_workbook(io.BytesIO(content))
    for number, row in enumerate(book["题目"].iter_rows(min_row=2), 1):
        row[1].value = f"本校的第{number}题"
    for row in book["量表"].iter_rows(min_row=2):
        if str(row[0].value).startswith("授权"):
            row[1].value = "某社，2026年9月"
    out = io.BytesIO()
    book.save(out)
    answer = sent(chen, "rses.xlsx", out.getvalue())
    assert answer.status_code == 302, text(answer)
    made = instruments.ready(InstrumentText.objects.get(slug="rses")).instrument
    assert str(made.items[0].text) == "本校的第1题"
    assert made.scales == instruments.shipped()["rses"].instrument.scales


# ------------------------------------------------------------------ in and out


@pytest.mark.parametrize("kind", formats.ALL)
def test_what_goes_out_comes_in_again_the_same(hall, chen, kind):
    row = InstrumentText.objects.get()
    answer = chen.get(reverse("screening:instrument_file", args=[row.public_id, kind]))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")
    name = answer["Content-Disposition"].rpartition("=")[2].strip('"')
    came = instrument_from_text(read_upload(name, [answer.content]))[0]
    was = instruments.ready(row).instrument
    assert (came.items, came.scales, came.critical) == (was.items, was.scales, was.critical)


def test_no_other_format_is_given_out(hall, chen):
    row = InstrumentText.objects.get()
    assert chen.get(reverse("screening:instrument_file", args=[row.public_id, "docx"])).status_code == 404


def test_versions_stand_side_by_side(hall, chen):
    sent(chen, "gad.yaml", gad())
    sent(chen, "gad.yaml", gad("minutes: 2", "minutes: 9"))
    rows = InstrumentText.objects.filter(slug="gad-7")
    assert rows.count() == 2
    assert "学校用过的版本" in text(chen.get(reverse("screening:instrument", args=[rows[0].public_id])))


def test_mistakes_are_named_by_line_and_item(hall, chen):
    answer = sent(chen, "gad.yaml", gad("items: all", "items: [1-6, 77]"))
    page = text(answer)
    assert answer.status_code == 422
    assert "77" in page
    assert "第 " in page
    assert " 行：" in page
    assert not InstrumentText.objects.filter(slug="gad-7").exists()


# ------------------------------------------------------------------ hostile files


def bomb(levels: int = 9) -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


def zip_of(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", b""),
        ("a.yaml", b"\xff\xfe\x00"),
        ("a.yaml", b"{" * 100_000),
        ("a.yaml", bomb()),
        ("a.yaml", b"!!python/object/apply:os.system ['true']"),
        ("a.json", b"[" * 200_000),
        ("a.json", json.dumps({"resourceType": "Patient"}).encode()),
        ("a.csv", b"\x00" * 1000),
        ("a.lss", b"<!DOCTYPE a [<!ENTITY b 'c'>]><document>&b;</document>"),
        ("a.xlsx", b"PK\x03\x04 broken"),
        ("a.xlsx", zip_of("xl/vbaProject.bin", b"x")),
        ("a.zip", zip_of("a.json", b"{" + b" " * 60_000_000)),
        ("a.zip", b"no zip"),
        ("a.exe", b"MZ"),
        ("a", b"x"),
    ],
)
def test_a_hostile_file_is_a_sentence_and_leaves_nothing(hall, chen, tmp_path, name, content):
    answer = sent(chen, name, content)
    assert answer.status_code == 422
    assert InstrumentText.objects.count() == 1
    assert list(tmp_path.glob("uploads/*")) == []


def test_a_file_beyond_five_megabytes_is_not_even_opened(hall, chen):
    with pytest.raises(Unreadable, match="太大"):
        read_upload("a.yaml", [b"x" * 1_000_000] * 6)


@pytest.mark.parametrize("who", ["liu", "xu", "wang", "sun", "guo", "zhou", "zhao"])
def test_instruments_are_pages_of_counsellors(hall, client, who):
    row = InstrumentText.objects.get()
    hall.cast.sign_in(client, getattr(hall.cast, who))
    for address in (LIBRARY, UPLOAD, WORDS, reverse("screening:instrument", args=[row.public_id])):
        assert client.get(address).status_code == 404
    assert client.post(reverse("screening:instrument_retire", args=[row.public_id])).status_code == 404


def test_an_instrument_of_another_school_looks_absent(hall, chen):
    row = InstrumentText.objects.get()
    InstrumentText.objects.filter(pk=row.pk).update(school=hall.cast.other_school)
    assert chen.get(reverse("screening:instrument", args=[row.public_id])).status_code == 404
    assert chen.get(reverse("screening:instrument_file", args=[row.public_id, "yaml"])).status_code == 404
