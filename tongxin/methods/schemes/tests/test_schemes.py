"""Schemes of levels: those that are shipped are sound, read back as they are written, and the linter finds what would hurt."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.schemes.durations import LONGEST, minutes_of, said, written
from tongxin.methods.schemes.lint import check_file, lint
from tongxin.methods.schemes.parse import is_scheme, load_scheme, scheme_from_text
from tongxin.methods.schemes.words import changed, sentences
from tongxin.methods.schemes.writing import as_yaml

FOLDER = Path(__file__).parents[4] / "packs" / "schemes"
FILES = sorted(FOLDER.glob("*.yaml"))
TEXT = (FOLDER / "red-orange-yellow.yaml").read_text(encoding="utf-8")


def found(text: str) -> list[tuple[int, str, str]]:
    scheme, findings = scheme_from_text(text, "本校.yaml")
    return [(one.line, one.code, one.sentence) for one in lint(scheme, findings)]


def spoilt(old: str, new: str) -> list[tuple[int, str, str]]:
    assert old in TEXT
    return found(TEXT.replace(old, new, 1))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_shipped_schemes_are_sound_and_read_back_as_they_are_written(file):
    assert is_scheme(file)
    assert check_file(file) == []
    scheme, _ = load_scheme(file)
    assert scheme.id == file.stem
    again, findings = scheme_from_text(as_yaml(scheme))
    assert (again, findings) == (scheme, [])


def test_places_differ_in_the_word_for_the_worst_and_the_program_goes_by_rank():
    worst = {file.stem: load_scheme(file)[0].levels[-1] for file in FILES}
    assert {slug: level.label for slug, level in worst.items()} == {
        "red-orange-yellow": "红色", "level-one-worst": "一级", "level-four-worst": "四类",
    }  # fmt: skip
    assert {level.rank for level in worst.values()} == {5}


def test_no_rank_looks_milder_than_it_is():
    for file in FILES:
        scheme, _ = load_scheme(file)
        assert all(scheme.level(rank).rank >= rank for rank in range(1, 6))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{rank: 5, label: 红色", "{rank: 3, label: 红色", "top"),
        ("label: 橙色", "label: 红色", "twice"),
        ("respond: {5: 10 min, 4: 30 min, 2: 24 h}", "respond: {5: 10 min, 4: 5 min, 2: 24 h}", "slower"),
        ("respond: {5: 10 min, 4: 30 min, 2: 24 h}", "respond: {5: 10 min, 4: 30 min, 2: 3 d}", "respond"),
        ("respond: {5: 10 min, 4: 30 min, 2: 24 h}", "respond: {5: 10 min, 2: 24 h}", "respond"),
        ("follow: {5: 24 h, 4: 7 d, 2: 30 d}", "follow: {5: 下周, 4: 7 d, 2: 30 d}", "duration"),
        ("kind: judgement", "kind: event", "judgement"),
        ("within: {5: 4 h, 4: 24 h, 2: 7 d}", "papers: [interview]", "unreadable"),
        ("    within: {5: 4 h, 4: 24 h, 2: 7 d}\n", "", "no-clock"),
        ("papers: [interview]", "papers: [talk]", "unknown-form"),
        ("then: study", "then: nowhere", "unknown-state"),
        ("    moves: [{to: closing, who: [owner, counsellor]}]", "    moves: [{to: closed}]", "second-person"),
        ("second_person: true", "second_person: false", "second-person"),
        ("    does: close\n    leads: closing\n", "    does: close\n", "leads"),
        ("    also: [contact, close]\n", "    also: [contact]\n", "proposal"),
        ("{field: rank, title: 定为哪一级, type: rank, class: K4e, required: true}", "{field: r, title: 级, type: text}", "rank"),
        ("    consent: sharing\n", "", "consent"),
        ("type: file, class: K5, required: true}\n      - {field: advice", "type: file, class: K4d}\n      - {field: advice", "class"),
        ("class: K5, required: true, options", "class: K2, required: true, options", "choice"),
        ("{field: present, title: 到会的人, type: people, class: K4e, required: true}", "{field: p, title: 人, type: text}", "present"),
    ],
)  # fmt: skip
def test_what_would_lose_a_child_or_let_one_person_decide_is_found_with_its_line(old, new, code):
    if code == "unreadable":
        with pytest.raises(Exception, match="写了两次"):
            spoilt(old, new)
        return
    hits = [one for one in spoilt(old, new) if one[1] == code]
    assert hits, spoilt(old, new)
    assert all(line > 0 and sentence.endswith("。") for line, _code, sentence in hits)


def test_a_state_that_nobody_leaves_is_found():
    text = TEXT.replace("    then: back\n", "", 1)
    assert {code for _line, code, _sentence in found(text)} >= {"dead-end", "unreachable"}


def test_a_change_is_said_in_sentences_and_nothing_else():
    scheme, _ = scheme_from_text(TEXT)
    quicker = replace(scheme, follow={**scheme.follow, 4: 3 * 24 * 60})
    gone, new = changed(scheme, quicker)
    assert gone == ["跟进：红色24小时、橙色7天、黄色30天一次。"]
    assert new == ["跟进：红色24小时、橙色3天、黄色30天一次。"]
    assert len(set(sentences(scheme))) == len(sentences(scheme))


@given(st.integers(1, LONGEST))
def test_every_span_reads_back_as_it_is_written_and_as_it_is_said(minutes):
    assert minutes_of(written(minutes)) == minutes_of(said(minutes)) == minutes or minutes >= 100_000


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=400))
def test_whatever_is_written_gets_findings_and_no_crash(text):
    for whole in (text, TEXT.replace("papers: [interview]", text, 1)):
        try:
            scheme, findings = scheme_from_text(whole)
        except PackUnreadable:
            continue
        lint(scheme, findings)
