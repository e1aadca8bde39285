"""What the reader and the linter find, where, and in which words."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tongxin.methods.cadence.lint import check_path, lint
from tongxin.methods.cadence.pack import load_pack, pack_from_text

from .vocabulary import BASE, pack_of, rule

CASE = {"name": "没有家访，算未完成", "entries": [], "as_of": "2023-07-10", "verdict": "missed"}


def codes(*rules: dict[str, Any], level: str = "error", **changes: Any) -> set[str]:
    return {finding.code for finding in lint(pack_of(*rules, **changes)) if finding.level == level}


def test_a_sound_rule_with_a_case_has_no_finding():
    assert lint(pack_of(rule(cases=[CASE]))) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"count": {"kind": "party"}}, "unknown-kind"),
        ({"count": {"kind": "visit", "part": "guest"}}, "unknown-part"),
        ({"count": {"kind": "visit", "only": {"weather": "fine"}}}, "unknown-qualifier"),
        ({"count": {"kind": "visit", "only": {"mode": "by_post"}}}, "unknown-value"),
        ({"count": {"kind": "visit", "by": {"part": "visitor", "post": "king"}}}, "unknown-post"),
        ({"measure": {"sum": "miles"}}, "unknown-amount"),
        ({"evidence": ["film"]}, "unknown-evidence"),
        ({"heading": "9.9"}, "unknown-heading"),
        ({"bearer": "king"}, "unknown-post"),
        ({"subject": "ghost"}, "unknown-subject"),
        ({"where": {"height": 3}}, "unknown-attribute"),
        ({"where": {"link": "friend_of"}}, "unknown-link"),
        ({"where": {"post": "king"}}, "unknown-post"),
        ({"where": {"need": "c"}}, "unknown-value"),
        ({"where": {}}, "vacuous"),
        ({"where": {"all": [{"care": True}, {"not": {"care": True}}]}}, "vacuous"),
        ({"where": {"all": [{"grade": 1}, {"grade": {"at_least": 2}}]}}, "vacuous"),
        ({"window": None}, "missing-window"),
        ({"window": "fortnight"}, "window"),
        ({"window": {"from": "2023-05-01", "to": "2023-04-01"}}, "date"),
        ({"window": {"by": "2022-01-01"}}, "contradiction"),
        ({"window": {"phase": 9}}, "unknown-phase"),
        ({"window": {"plan_month": 12}}, "unknown-month"),
        ({"window": {"within": 3, "unit": "day", "of": "nothing"}}, "unknown-event"),
        ({"window": {"within": "soon", "of": "visit"}}, "window"),
        ({"window": {"within": 3, "of": {"kind": "visit", "part": "nobody"}}}, "unknown-part"),
        ({"window": {"before": "appointed.nobody"}}, "unknown-event"),
        ({"window": {"between_events": "leave"}}, "window"),
        ({"window": {"rolling": 0, "unit": "year"}}, "window"),
        ({"window": {"break": "autumn"}}, "window"),
        ({"window": {"standing": True, "grace": "long"}}, "window"),
        ({"window": {"by": {"announced": ""}}}, "window"),
        ({"window": {"someday": 3}}, "window"),
        ({"count": {"kind": "visit", "part": "visited", "about": "her"}}, "about"),
        ({"at_least": None}, "missing-bound"),
        ({"at_least": 0}, "vacuous"),
        ({"at_least": 3, "at_most": 2}, "contradiction"),
        ({"at_least": "many"}, "number"),
        ({"escalate": {"at": "due"}}, "escalate"),
        ({"escalate": []}, "escalate"),
        ({"escalate": ["due"]}, "escalate"),
        ({"escalate": [{"at": "soon", "to": "bearer"}]}, "escalate"),
        ({"escalate": [{"at": "+900d", "to": "bearer"}]}, "escalate"),
        ({"escalate": [{"at": "due", "to": "king"}]}, "unknown-post"),
        ({"blocks": "sing(homeroom_teacher)"}, "blocks"),
        ({"blocks": {"appoint": "homeroom_teacher"}}, "blocks"),
        ({"blocks": "appoint(king)"}, "unknown-post"),
        ({"consequence": {"points": "many"}}, "consequence"),
        ({"consequence": {"points": -1, "per": "fortnight"}}, "consequence"),
        ({"consequence": {"points": -2, "floor": -1}}, "contradiction"),
        ({"consequence": {"bars": "rating", "veto": "appraisal"}}, "consequence"),
        ({"consequence": "shame"}, "consequence"),
        ({"exempt": {"height": 3}}, "unknown-attribute"),
        ({"exempt": "nobody"}, "condition"),
        ({"overrides": {"id": "rule"}}, "overrides"),
        ({"overrides": {"id": "national:x", "when": {"care": True}}}, "overrides"),
        ({"tightens": "a:b:c"}, "tightens"),
        ({"rows": ["row twelve"]}, "rows"),
        ({"at_least": {"by": "size", "<=45": 1, ">=45": 2}}, "bands"),
        ({"at_least": {"by": "size", "<=40": 1, ">=45": 2}}, "bands"),
        ({"at_least": {"by": "size", "20..45": 1}}, "bands"),
        ({"at_least": {"by": "need", "a": 1}}, "bands"),
        ({"colour": "red"}, "unknown-key"),
        ({"since": "yesterday"}, "date"),
        ({"count": None}, "missing-count"),
        ({"title": None}, "missing-title"),
        ({"source": None}, "missing-source"),
        ({"all_of": []}, "contradiction"),
        ({"cases": [{**CASE, "verdict": "met"}]}, "case"),
        ({"cases": [{**CASE, "verdict": "perfect"}]}, "case"),
        ({"cases": [{**CASE, "weather": "fine"}]}, "case"),
        ({"cases": [{**CASE, "as_of": "soon"}]}, "case"),
    ],
)  # fmt: skip
def test_each_mistake_is_an_error_with_its_own_code(changes, code):
    assert code in codes(rule(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"all_of": [{"count": {"kind": "visit"}, "window": "term"}], "count": None, "at_least": None},
        {"subject": "pair:mentor_of", "measure": "people"},
    ],
)
def test_what_is_not_in_the_language_yet_is_an_error_unless_it_is_kept_for_later(changes):
    assert "unsupported" in codes(rule(**changes))
    kept = rule(**changes, later="以后再算")
    assert codes(kept) == set()
    assert "later" in codes(kept, level="warning")


def test_the_steps_of_an_escalation_are_read_in_order_of_days():
    said = [{"at": "+7d", "to": "secretary"}, {"at": "due", "to": "bearer"}, {"at": "-14d", "to": "bearer"}]
    pack = pack_of(rule(escalate=said))
    (read,) = pack.versions(pack.obligation_ids()[0])
    assert [(step.days, step.to) for step in read.escalate] == [
        (-14, "bearer"),
        (0, "bearer"),
        (7, "secretary"),
    ]


def test_warnings_name_what_is_only_doubtful():
    assert "missing-case" in codes(rule(), level="warning")
    assert "nobody-sees" in codes(
        rule(subject="homeroom", bearer=None, count={"kind": "lesson"}), level="warning"
    )
    assert "no-deadline" in codes(rule(window="once"), level="warning")


def test_names_declared_twice_and_rules_with_the_same_day_are_duplicates():
    assert "duplicate" in codes(rule(), rule())
    assert "duplicate" not in codes(rule(), rule(since="2023-03-01"))
    assert "duplicate" in codes(
        rule(), kinds=[*copy.deepcopy(BASE["kinds"]), copy.deepcopy(BASE["kinds"][0])]
    )


def test_figures_and_plan_items_point_to_something():
    figure = {"figure": "n", "title": "数", "query": {"obligation": "nobody", "show": "met"}}
    assert "unknown-obligation" in codes(rule(), figures=[figure])
    report = {"report": "r", "title": "报告", "outline": [{"heading": "一", "text": "共{figure:none}次"}]}
    assert "unknown-figure" in codes(rule(), reports=[report])
    item = {
        "item": "a",
        "title": "甲",
        "owner": "nobody",
        "from": "03-31",
        "due": "03-01",
        "obligations": ["none"],
    }
    sentences = [
        f.sentence
        for f in lint(pack_of(rule(), plan={"months": [{"month": 3, "items": [item]}]}))
        if f.code == "plan"
    ]
    assert len(sentences) == 3


def test_every_kind_attribute_and_link_declares_its_data_class():
    kinds = copy.deepcopy(BASE["kinds"])
    del kinds[0]["class"]
    assert "missing-class" in codes(rule(), kinds=kinds)
    kinds[0]["class"] = "K99"
    assert "unknown-class" in codes(rule(), kinds=kinds)


def test_posts_must_not_go_in_a_circle():
    posts = [{"post": "a", "title": "甲", "superior": "b"}, {"post": "b", "title": "乙", "superior": "a"}]
    assert "post-circle" in codes(posts=posts)


def test_findings_say_file_line_and_the_mend(tmp_path):
    (tmp_path / "pack.yaml").write_text(pack_of().to_text(), encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(
        "obligations:\n"
        "  - id: wrong\n"
        "    title: 错\n"
        "    since: 2023-02-20\n"
        "    subject: student\n"
        "    count: {kind: party}\n"
        "    at_least: 1\n"
        "    window: term\n",
        encoding="utf-8",
    )
    found = [f for f in check_path(tmp_path) if f.code == "unknown-kind"]
    assert [(f.file, f.line) for f in found] == [(str(tmp_path / "rules.yaml"), 6)]
    assert found[0].sentence == "wrong：没有“party”这种活动。请在“kinds”里声明，或改正名称。"


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "- 1\n- 2",
        "a: 1\na: 2",
        "a: 2023-02-30",
        "? [a]\n: b",
        "a: *nothing",
        "\t- x",
        "x" * 20 + ": {" * 70,
    ],
)
def test_a_file_that_cannot_be_read_ends_in_one_sentence(tmp_path, text):
    file = tmp_path / "pack.yaml"
    file.write_text(text, encoding="utf-8")
    (finding,) = check_path(file)
    assert finding.code == "unreadable"
    assert finding.sentence.endswith("。")


def test_a_missing_path_and_a_file_in_another_encoding_end_in_one_sentence(tmp_path):
    assert check_path(tmp_path / "nothing")[0].code == "unreadable"
    assert check_path(tmp_path)[0].code == "unreadable"
    (tmp_path / "pack.yaml").write_bytes("标题: 三平台".encode("gb18030"))
    assert "编码" in check_path(tmp_path)[0].sentence


def test_yaml_words_such_as_on_and_yes_stay_words_and_headings_keep_their_zeros():
    pack = pack_from_text(
        "pack: p\ntitle: 标题\nheadings: [{heading: 4.10, title: 甲}]\nobligations: []\nproblems: [yes, on]"
    )
    assert pack.headings[0].number == "4.10"
    assert pack.problems == ("yes", "on")
    assert pack_from_text(pack.to_text()) == pack


def test_a_folder_is_merged_by_top_level_key(tmp_path):
    (tmp_path / "a.yaml").write_text("pack: p\ntitle: 标题\nobligations: []\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("posts: [{post: secretary, title: 书记}]\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text("posts: [{post: office, title: 办公室}]\n", encoding="utf-8")
    assert list(load_pack(tmp_path).posts) == ["secretary", "office"]
