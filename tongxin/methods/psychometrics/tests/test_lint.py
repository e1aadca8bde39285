"""Everything that would mislead is told with its line and its mend; a sound instrument has no findings."""

from __future__ import annotations

import copy

import pytest
import yaml

from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.psychometrics.lint import check_file, lint
from tongxin.methods.psychometrics.parse import (
    completed,
    instrument_from_dict,
    instrument_from_text,
    load_instrument,
)
from tongxin.methods.psychometrics.writing import as_dict, as_yaml

from .vocabulary import BASE, spoiled


def sentences(raw) -> list[str]:
    return [finding.sentence for finding in lint(*instrument_from_dict(copy.deepcopy(raw)))]


def test_a_sound_instrument_has_no_findings():
    assert sentences(BASE) == []


BAND = {"id": "fine", "title": "一般", "rank": 0, "from": 0, "to": 8}
HIGH = {"id": "high", "title": "偏高", "rank": 1}
SPOILED = [
    ("title", ..., "量表没有名称。"),
    ("licence", ..., "量表没有许可。"),
    ("licence.wording", "school", "没有说明谁在什么时候允许学校使用"),
    ("licence.wording", "free", "许可的 wording 要写 shipped"),
    ("citation", ..., "没有写这份量表出自哪里。"),
    ("sources", ..., "没有写计分方法和分界的来源。"),
    ("items.0.text", ..., "第1题没有题目。"),
    ("items.0.id", 2, "题目“2”写了两次。"),
    ("items.0.answers", "never", "第1题的答案“never”没有在 answers 里写出。"),
    ("items.6.show_if", {"item": 6, "at_least": 9}, "第7题的显示条件（第6题）永远不会成立"),
    ("items.2.show_if", {"item": 5, "at_least": 1}, "第3题的显示条件用到第5题，它不在前面。"),
    ("answers.often.options", [{"value": 0}], "至少要有两个选项。"),
    ("answers.often.options.3.value", 2, "有两个选项都记作“2”"),
    ("answers.often.options.3", {"code": "x", "text": "总是"}, "有的选项没有分值"),
    ("answers.often.codings.letters", ["A", "B"], "写了 2 个记号，选项有 4 个。"),
    ("reverse", [2, 9], "反向计分（reverse）提到的“9”不在题目里。"),
    ("reverse", [7], "第7题写了反向计分，但它的答案没有分值。"),
    ("reverse", [2, 2], "第2题在反向计分里写了两次。"),
    ("scales.1.items", [4, 5], "第6题不在任何partition 所列的分量表里。"),
    ("scales.1.items", [3, 4, 5, 6], "第3题同时在“low-mood”“worry”里。"),
    ("partition", ["low-mood"], "第4题不在任何partition 所列的分量表里。"),
    ("partition", ["low-mood", "else"], "partition 里的“else”不是分量表。"),
    ("scales.1.items", [4, 5, 6, 6], "里第6题算了 2 次。"),
    ("scales.1.items", [4, 5, 6, 7], "第7题的答案没有分值，不能计分。"),
    ("scales.1.items", ["6-4"], "两头写反了。"),
    ("scales.0.missing", "prorate", "要写最多能缺几题（at_most）。"),
    ("scales.0.missing.at_most", 3, "只有 3 题，不能缺 3 题还计分。"),
    ("scales.0.missing.rule", "guess", "不能写“guess”。可以写：refuse、prorate、count。"),
    ("scales.2.of", ["low-mood", "nothing"], "但没有这个分量表。"),
    ("scales.2.of", ["low-mood", "total"], "绕了一圈又用到自己。"),
    ("scales.2.bands.1.cuts.1.from", 11, "有空档：10 分不在任何一级里。"),
    ("scales.2.bands.1.cuts.1.from", 9, "有重叠：9 分同时在“fine”“high”里。"),
    ("scales.2.bands.1.cuts.1.to", 20, "写到了 20 分，但能得的分数是 0 到 18。"),
    ("scales.2.bands.1.cuts", [BAND | {"to": 18}, HIGH | {"from": 19}], "“high”没有人能达到"),
    ("scales.2.bands.1.for", {"sex": "female"}, "有两套（第 1 套和这一套）适用于同样的人。"),
    ("scales.2.bands.1.for", {"sex": "male", "ages": "-15"}, "没有写学生自评、男、16 岁用哪一套"),
    ("scales.2.bands.1.cuts.0.rank", ..., "的轻重（rank，0 为不需关注）要写"),
    ("validity.0.when", {"blanks": {"at_least": 7}}, "效度规则“blank”（空白题数）永远不会成立"),
    ("critical.0.when", {"item": 6, "at_least": 4}, "关键题目“hurt”（第6题）永远不会成立"),
    ("critical.0.when", {"item": 6, "at_least": 0}, "关键题目“hurt”（第6题）总是成立"),
    ("critical.0.when", {"item": 60, "at_least": 1}, "提到的“60”不在题目里。"),
    ("critical.0.title", ..., "关键题目“hurt”没有名称。"),
    ("patterns.0.when.all.0.scale", "low", "答题形态“both”里的“low”不是分量表。"),
    ("patterns.0.when.all.0.at_least", 10, "（“low-mood”）永远不会成立"),
    ("norms.0.source", ..., "没有写来源（source）和年份（year）"),
    ("norms.0.scales.worry.sd", 0, "的标准差（sd）要大于 0。"),
    ("norms.0.scales.total.points", [[9, 50], [3, 10]], "的 points 要按分数从小到大"),
    ("norms.0.scales.else", {"mean": 1, "sd": 1}, "里的“else”不是分量表。"),
    ("golden", ..., "没有算例，算得对不对无从核对。"),
    ("golden.0.scores.total", 14, "算例“全选总是”对不上：“total”应为 14，算出的是 15。"),
    ("golden.0.bands.total", "fine", "“total”应在“fine”一级，算出的是“high”。"),
    ("golden.0.critical", [], "关键题目应为 []，算出的是 ['hurt']。"),
    ("golden.0.answers.all", 5, "第1题写的是“5”，不在可选的答案里。"),
    ("golden.0.coding", "roman", "记分方式“roman”没有定义。可用的有：own、one-to-four、letters。"),
    ("golden.1.scores", {"nothing": 2}, "“nothing”不是分量表"),
    ("colour", "red", "量表里没有“colour”这一项。"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "wanted"), SPOILED, ids=[f"{row[0]}-{row[2][:12]}" for row in SPOILED]
)
def test_what_would_mislead_is_told_with_its_mend(path, value, wanted):
    found = sentences(spoiled(path, value))
    assert [sentence for sentence in found if wanted in sentence], found


def test_a_finding_names_the_line(tmp_path):
    text = yaml.safe_dump(
        spoiled("critical.0.when", {"item": 6, "at_least": 4}), allow_unicode=True, sort_keys=False
    )
    path = tmp_path / "mood.yaml"
    path.write_text(text, encoding="utf-8")
    (finding,) = check_file(path)
    line = text.splitlines()[finding.line - 1]
    assert (finding.file, line) == (str(path), "- id: hurt")


def test_mean_scores_that_blanks_make_uneven_need_bands_without_gaps():
    raw = spoiled("scales.0", {
        "id": "low-mood", "title": "低落", "items": ["1-3"], "method": "mean",
        "missing": {"rule": "prorate", "at_most": 1},
        "bands": [BAND | {"to": 1}, HIGH | {"from": 2}],
    })  # fmt: skip
    raw["golden"] = raw["golden"][:1]
    assert any("有空档：1.333 分不在任何一级里" in sentence for sentence in sentences(raw))
    raw["scales"][0]["bands"] = [{"id": "fine", "title": "一般", "rank": 0, "below": 2}, HIGH | {"from": 2}]
    assert not any("“low-mood”的分级有空档" in sentence for sentence in sentences(raw))


def test_writing_and_reading_again_gives_the_same_instrument():
    once, _ = instrument_from_dict(copy.deepcopy(BASE))
    assert instrument_from_dict(as_dict(once)) == (once, [])
    assert instrument_from_text(as_yaml(once)) == (once, [])


def test_a_school_completes_a_scoring_key_with_its_own_words():
    raw = copy.deepcopy(BASE)
    raw["licence"] = {"name": "需授权", "wording": "school"}
    raw["items"] = 6
    raw["golden"][0]["answers"] = {"all": 3}
    key, findings = instrument_from_dict(raw)
    assert not lint(key, findings)
    assert not key.has_wording
    own, findings = completed(key, {str(n): f"本校第{n}题" for n in range(1, 7)}, "出版社，2024 年合同")
    assert not lint(own, findings)
    assert own.has_wording
    assert own.scales == key.scales
    assert str(own.items[2].text) == "本校第3题"
    with pytest.raises(ValueError, match="量表里没有第“8”题"):
        completed(key, {"8": "多出来的"}, "出版社")


def test_a_file_that_cannot_be_read_is_said_in_one_sentence(tmp_path):
    for name, content in (
        ("a.yaml", b"\xff\xfe\x00\x01"),
        ("b.yaml", b"instrument: [\n"),
        ("c.yaml", b"- 1\n- 2\n"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        (finding,) = check_file(path)
        assert (finding.level, finding.code) == ("error", "unreadable")
        with pytest.raises(PackUnreadable):
            load_instrument(path)
