"""The organiser's word on any two people of a round; the result as a table in an order; the matcher in English."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation

from tongxin.kernel.people import services as people
from tongxin.modules.rounds import services, wording
from tongxin.modules.rounds.models import Bond, Participant
from tongxin.testing.cast import SINCE

from .test_pages import page, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposed(pairs):
    round_ = pairs.begin("class-contacts", pairs.cast.wang)
    pairs.propose(round_, pairs.cast.wang)
    return round_


def _bond(round_, a, b, kind="apart", reason="两家是亲戚"):
    return {"version": str(round_.version), "a": a, "b": b, "kind": kind, "reason": reason}


def test_two_people_who_are_not_together_now_are_kept_apart_or_settled_and_taken_back(
    client, pairs, proposed
):
    wang, address = pairs.cast.wang, url("bonds", proposed.public_id)
    name, room = (
        "李梅",
        next(room for room in ("七年级1班", "七年级2班") if ("李梅", room) not in pairs.groups(proposed)),
    )
    assert page(client, wang, address, _bond(proposed, name, room)).status_code == 302
    proposed.refresh_from_db()
    bond = Bond.objects.get(round=proposed, ended_at=None)
    assert (bond.kind, bond.reason, bond.by) == ("apart", "两家是亲戚", wang.subject)
    assert (name, room) not in pairs.groups(proposed)
    assert page(client, wang, address, _bond(proposed, name, room, "together", "家长请求")).status_code == 302
    proposed.refresh_from_db()
    assert (name, room) in pairs.groups(proposed)
    # The later word on the same two stands alone.
    assert [one.kind for one in Bond.objects.filter(round=proposed, ended_at=None)] == ["together"]
    assert "家长请求" in words(page(client, wang, address))
    settled = Bond.objects.get(round=proposed, ended_at=None)
    free = url("release", proposed.public_id, settled.public_id)
    page(client, wang, free, {"version": str(proposed.version)})
    proposed.refresh_from_db()
    assert not Bond.objects.filter(round=proposed, ended_at=None).exists()
    page(client, wang, free, {"version": str(proposed.version)})
    assert "已经取消了" in words(page(client, wang, address))
    services.undo(wang.viewer(), proposed, proposed.version)
    assert Bond.objects.get(round=proposed, ended_at=None) == settled


def test_who_is_meant_has_to_be_clear_and_on_the_other_side(client, pairs, proposed):
    wang, address = pairs.cast.wang, url("bonds", proposed.public_id)
    response = page(client, wang, address, _bond(proposed, "没有这人", "七年级1班"))
    assert response.status_code == 422
    assert "没有“没有这人”" in words(response)
    response = page(client, wang, address, _bond(proposed, "李梅", "刘洋"))
    assert response.status_code == 422
    assert "同一边" in words(response)
    assert page(client, wang, address, _bond(proposed, "李梅", "七年级1班", reason="")).status_code == 422
    twin = people.make_staff(pairs.cast.school, "李梅", since=SINCE)
    Participant.objects.create(
        round=proposed, school=pairs.cast.school, subject=twin.person.subject, seat="member", low=0, high=2
    )
    response = page(client, wang, address, _bond(proposed, "李梅", "七年级1班"))
    assert response.status_code == 422
    assert "有2人叫这个名字" in words(response)
    assert not Bond.objects.exists()


def test_nobody_else_settles_anything_and_the_second_of_two_tabs_is_told(client, pairs, proposed):
    cast, address = pairs.cast, url("bonds", proposed.public_id)
    for who in (cast.chen, cast.liu, cast.zhao, pairs.parent, pairs.pupil):
        assert page(client, who, address, _bond(proposed, "李梅", "七年级1班")).status_code == 404
        assert page(client, who, address).status_code == 404
    stale = _bond(proposed, "李梅", "七年级1班")
    page(client, cast.wang, address, stale)
    page(client, cast.sun, address, stale)
    assert "别人刚改过" in words(page(client, cast.sun, address))
    bond = Bond.objects.get()
    for who in (cast.chen, cast.liu, cast.zhao):
        free = url("release", proposed.public_id, bond.public_id)
        assert page(client, who, free, {"version": str(proposed.version)}).status_code == 404
    bond.refresh_from_db()
    assert bond.ended_at is None


def test_nobody_is_kept_apart_from_themselves(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    response = page(client, cast.wang, url("bonds", round_.public_id), _bond(round_, "李梅", "李梅"))
    assert response.status_code == 422
    assert not Bond.objects.exists()


def test_the_wide_table_has_an_order_and_parts_and_leaves_as_it_is_looked_at(client, pairs, proposed):
    wang = pairs.cast.wang
    address = url("table", proposed.public_id)
    text = words(page(client, wang, address))
    assert "aria-sort" in text
    assert "有不利的" not in text or "?show=against" in text
    scores = re.compile(r'class="t-number"[^>]*>(-?\d+)<')
    rising = [int(n) for n in scores.findall(words(page(client, wang, f"{address}?sort=score")))]
    falling = [int(n) for n in scores.findall(words(page(client, wang, f"{address}?sort=-score")))]
    assert rising == sorted(rising)
    assert falling == rising[::-1]
    assert len(set(rising)) > 1
    # Nonsense in the address is no error.
    assert page(client, wang, f"{address}?sort=name;drop&show=x&page=99").status_code == 200
    liu = pairs.place(proposed, pairs.cast.liu)
    room = next(room for name, room in pairs.groups(proposed) if name == "刘洋")
    services.keep_together(
        wang.viewer(), proposed, proposed.version, liu, Participant.objects.get(round=proposed, subject__name=room), "x"
    )  # fmt: skip
    proposed.refresh_from_db()
    only = words(page(client, wang, f"{address}?show=fixed")).split("<main", 1)[1]
    assert "刘洋" in only
    assert "李梅" not in only
    response = page(client, wang, url("export", proposed.public_id, "xlsx") + "?show=fixed")
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert "刘洋" in cells
    assert "李梅" not in cells


# ------------------------------------------------------------------ English

METHODS = Path(services.__file__).parents[2] / "methods"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Parts of the matcher that never reach a page of this room: what a pair's own `why` says is worked out in
# reading.py; and parts of sentences.
BESIDE = {
    "没有看重的条件起作用，有名额就配在一起。",
    "没有看重的条件起作用。",
    "3；3。",
    "3。",
    "3，3。",
    "（3，要先让出名额）。",
}


def _sentences(path: Path) -> set[str]:
    """Return every whole sentence a file can say, with 3 wherever something is put in."""
    tree, found = ast.parse(path.read_text(encoding="utf-8")), set()
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(p.value) if isinstance(p, ast.Constant) else "3" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            text = "" if id(node) in documented else node.value
        else:
            continue
        if text.endswith("。"):
            found.add(text)
    return found - BESIDE


def test_every_sentence_of_the_matcher_is_said_in_english():
    said = _sentences(METHODS / "matching/explaining.py") | {
        one
        for one in _sentences(METHODS / "teams/proposing.py")
        if not one.startswith(("people.csv", "fixed.csv"))
    }
    assert len(said) > 25
    with translation.override("en"):
        left = {one for one in said if CHINESE.search(wording.said(one))}
    assert left == set()


@pytest.mark.parametrize(("sentence", "english"), [
    ("改成这一对，总分至少少 12（⟦7⟧ 已有 2 人、⟦9⟧ 已有 1 人，要先让出名额）。", ("12", "⟦7⟧", "⟦9⟧")),
    ("3 人只能配给⟦4⟧、⟦5⟧，一共要 3 个名额，只有 2 个，差 1 个。", ("⟦4⟧, ⟦5⟧", "2", "1")),
    ("grade 是 8 的导师再多 1 个名额就行，例如⟦4⟧；或者不要求“同年级”，配给⟦6⟧。", ("grade", "⟦4⟧", "⟦6⟧", "同年级")),
    ("再有 2 名甲席、1 名乙席，就能多组一队。", ("2", "甲席", "乙席")),
])  # fmt: skip
def test_what_stands_in_a_sentence_comes_along(sentence, english):
    with translation.override("en"):
        said = wording.said(sentence)
    for part in english:
        assert part in said
    rest = re.sub("|".join(["同年级", "甲席", "乙席", "导师"]), "", said)
    assert not CHINESE.search(rest)
    with translation.override("zh-hans"):
        assert wording.said(sentence) == sentence


def test_an_unknown_sentence_stays_as_it_is():
    with translation.override("en"):
        assert wording.said("⟦1⟧ 说了别的") == "⟦1⟧ 说了别的"
        assert wording.said("") == ""
