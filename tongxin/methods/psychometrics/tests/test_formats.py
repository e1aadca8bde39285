"""Files of other programs: broken ones get a sentence that names the item, hostile ones are not opened."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.methods.psychometrics.formats import expressions
from tongxin.methods.psychometrics.formats.convert import FORMATS, give, take_over
from tongxin.methods.psychometrics.formats.problem import FormatProblem
from tongxin.methods.psychometrics.formats.rest import applied, difference, packed, unpacked
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.methods.psychometrics.parse import instrument_from_dict

from .strategies import instruments
from .vocabulary import BASE

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def sound() -> Instrument:
    return instrument_from_dict(copy.deepcopy(BASE))[0]


def encoded(files: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in files.items()}


def edited(kind: str, old: str, new: str) -> Instrument:
    """The instrument after somebody changed words of the exported file elsewhere."""
    files = give(sound(), kind)
    assert any(old in text for text in files.values())
    return take_over(kind, encoded({name: text.replace(old, new) for name, text in files.items()}))[0]


@SLOW
@given(instruments(), st.sampled_from(FORMATS))
def test_any_drawn_instrument_comes_back_the_same(instrument, kind):
    assert take_over(kind, encoded(give(instrument, kind))) == (instrument, [])


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_changed_in_the_other_program_is_kept_with_our_scores(kind):
    found = edited(kind, "第3个问题", "睡得好吗")
    assert str(found.item_by_id["3"].text) == "睡得好吗"
    assert found.scales == sound().scales
    assert found.critical == sound().critical


def test_an_item_taken_away_in_the_other_program_is_named_where_a_score_needs_it():
    lines = give(sound(), "redcap")["mood-6.csv"].splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("q3,"))
    with pytest.raises(FormatProblem, match="分数“low-mood”要用的题“q3”不在题目里"):
        take_over("redcap", {"x.csv": text.encode()})


HEAD = "field_name,form_name,section_header,field_type,field_label,select_choices_or_calculations,a,b,c,d,e,branching_logic\n"
LSS = (
    '<?xml version="1.0"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType><languages><language>en</language>'
    "</languages><questions><rows>{}</rows></questions></document>"
)
ROW = "<row><qid>1</qid><gid>1</gid><type>{}</type><title>MOOD1</title><relevance>{}</relevance></row>"


def fhir(*items) -> bytes:
    return json.dumps({"resourceType": "Questionnaire", "item": list(items)}).encode()


BROKEN = [
    ("fhir", b"{", "这不是 JSON 文件"),
    ("fhir", b"{}", "这不是 FHIR 问卷"),
    ("fhir", fhir(), "问卷里没有题目。"),
    ("fhir", fhir({"type": "string"}), "第 1 题没有编号（linkId）"),
    ("fhir", fhir({"linkId": "sleep", "type": "colour"}), "第“sleep”题的类型“colour”不认识"),
    ("fhir", fhir({"linkId": "sleep", "type": "choice"}), "第“sleep”题没有选项。"),
    ("fhir", fhir({"linkId": "sleep", "type": "choice", "answerValueSet": "http://x"}), "第“sleep”题的选项在别处"),
    ("fhir", fhir({"linkId": "a", "type": "string"}, {"linkId": "a", "type": "string"}), "编号“a”用了两次"),
    ("fhir", fhir({"linkId": "a", "type": "string", "enableWhen": [{"question": "b", "operator": "=", "answerString": "x"}]}),
     "第“a”题的显示条件提到的题不在问卷里"),
    ("fhir", fhir({"linkId": "a", "type": "choice", "answerOption": [{"extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 0.5}], "valueString": "x"}]}),
     "第“a”题有选项的分值不是整数"),
    ("redcap", b"a,b\n1,2\n", "这不是 REDCap 的数据字典"),
    ("redcap", (HEAD + "sleep,f,,colour,Sleep\n").encode(), "第 2 行“sleep”的类型“colour”不认识"),
    ("redcap", (HEAD + "sleep,f,,radio,Sleep,1 No\n").encode(), "第 2 行“sleep”的选项“1 No”读不懂"),
    ("redcap", (HEAD + 'sleep,f,,radio,Sleep,"1, No | 2, Yes",,,,,,[mood] > 1\n').encode(), "“sleep”的显示条件（Branching Logic）读不懂，在“mood”处"),
    ("redcap", (HEAD + "a,f,,text,A\na,f,,text,A\n").encode(), "第 3 行的变量名“a”用了两次"),
    ("redcap", HEAD.encode(), "数据字典里没有题目。"),
    ("lss", b"<html/>", "这不是 LimeSurvey 的问卷文件"),
    ("lss", b"<document>", "的 XML 读不懂"),
    ("lss", LSS.format("").encode(), "文件里没有题目。"),
    ("lss", LSS.format(ROW.format("R", "1")).encode(), "题目“MOOD1”的类型“R”还不能读入"),
    ("lss", LSS.format(ROW.format("L", "1")).encode(), "题目“MOOD1”没有选项。"),
    ("lss", LSS.format(ROW.format("F", "1")).encode(), "题目“MOOD1”是一张表，但没有小题。"),
    ("lss", LSS.format(ROW.format("T", "{rand()}")).encode(), "题目“MOOD1”的显示条件（relevance）读不懂"),
    ("reproschema", b"{}", "文件夹里有 0 份问卷"),
    ("yaml", b"- 1", "量表文件要写成"),
    ("yaml", b"\xff\xfe", "不是 UTF-8 的文字文件"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "data", "said"), BROKEN, ids=[f"{kind}-{said[:18]}" for kind, _, said in BROKEN]
)
def test_a_broken_file_gets_a_sentence_that_names_the_item(kind, data, said):
    with pytest.raises(FormatProblem) as caught:
        take_over(kind, {"x": data})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files: files.pop("items/4"), "第“4”题的文件“items/4”不在文件夹里"),
        (lambda files: files.update({"items/4": "{"}), "第“4”题的文件“items/4”不是 JSON"),
        (lambda files: files.update({"items/4": files["items/4"].replace("radio", "colour")}), "第“4”题的类型“colour”不认识"),
        (lambda files: files.pop("often"), "题的选项的文件“often”不在文件夹里"),
        (lambda files: files.update({"mood-6_schema": files["mood-6_schema"].replace("item_6 >= 1", "item_6.includes(1)")}),
         "第“7”题的显示条件读不懂"),
    ],
)  # fmt: skip
def test_a_broken_folder_gets_a_sentence_that_names_the_item(change, said):
    files = give(sound(), "reproschema")
    change(files)
    with pytest.raises(FormatProblem) as caught:
        take_over("reproschema", encoded(files))
    assert said in str(caught.value)


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><document>&b;</document>'
OUTSIDE = '<!DOCTYPE d SYSTEM "file:///etc/passwd"><document/>'


@pytest.mark.parametrize(
    "xml", [BOMB, OUTSIDE, '<!DOCTYPE d [<!ENTITY x SYSTEM "http://x.example/">]><d>&x;</d>']
)
def test_hostile_xml_is_not_opened(xml):
    with pytest.raises(FormatProblem, match="DOCTYPE"):
        take_over("lss", {"x.lss": xml.encode()})


def test_deep_xml_and_json_are_refused():
    with pytest.raises(FormatProblem, match="嵌套太深"):
        take_over("lss", {"x.lss": ("<document>" + "<a>" * 5000).encode()})
    with pytest.raises(FormatProblem):
        take_over("fhir", {"x.json": ("[" * 100_000).encode()})


def test_the_difference_beside_a_file_cannot_be_made_huge_or_forged():
    with pytest.raises(FormatProblem, match="太大"):
        unpacked(packed("0" * 5_000_000))
    for text in ("", "@@@", "aGVsbG8=", packed({"a": 1})[:-6]):
        with pytest.raises(FormatProblem, match="损坏"):
            unpacked(text)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from("abc")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        st.lists(st.fixed_dictionaries({"id": st.sampled_from("xyz"), "n": inner}), max_size=3, unique_by=lambda row: row["id"]),
    ),
    max_leaves=8,
)  # fmt: skip


@SLOW
@given(values, values)
def test_applying_a_difference_gives_the_other(first, second):
    change = difference(first, second)
    assert (applied(first, change) if change is not None else first) == second
    assert unpacked(packed(change)) == change


NAMES = {"a": "A", "b": "B"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a > 0 || b == 2", {"any": [{"item": "A", "more_than": 0}, {"item": "B", "is": 2}]}),
        ("[a] >= 1 and [b] <> '3'", {"all": [{"item": "A", "at_least": 1}, {"item": "B", "is_not": 3}]}),
        ("((a.NAOK >= 1 or b.NAOK < 2))", {"any": [{"item": "A", "at_least": 1}, {"item": "B", "less_than": 2}]}),
        ("!(0 < a)", {"not": {"item": "A", "more_than": 0}}),
        ("a > 0 || a == 1 && b == 1", {"any": [{"item": "A", "more_than": 0}, {"all": [{"item": "A", "is": 1}, {"item": "B", "is": 1}]}]}),
    ],
)  # fmt: skip
def test_conditions_of_other_programs_are_read(text, wanted):
    assert expressions.condition(text, NAMES, lambda _: True) == wanted


@pytest.mark.parametrize(
    "text",
    ["a", "a >", "a > b", "c > 1", "a > 1 b", "f(a) > 1", "(a > 1", "a = 1 = 1", "('x' > 'y')", "(" * 99],
)
def test_what_is_not_understood_is_not_guessed(text):
    with pytest.raises(expressions.NotUnderstood):
        expressions.condition(text, NAMES, lambda _: True)


def test_sums_are_read_and_anything_else_is_none():
    assert expressions.sum_of("a + [b] + (3 - c)") == [("a", None), ("b", None), ("c", 3)]
    for text in ("a * 2", "a + 2", "sum(a)", "a - b", "", "a + "):
        assert expressions.sum_of(text) is None


@SLOW
@given(st.sampled_from(FORMATS), st.data())
def test_a_spoiled_file_is_refused_in_a_sentence_or_read_and_never_raises_else(kind, data):
    files = encoded(give(sound(), kind))
    name = data.draw(st.sampled_from(sorted(files)))
    raw = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        how = data.draw(st.sampled_from(["drop", "put", "cut"]))
        if how == "drop":
            del raw[at : at + data.draw(st.integers(1, 30))]
        elif how == "put":
            raw[at:at] = data.draw(
                st.sampled_from(
                    [b"<", b"\x00", b'"', b"]]>", b"{", b"null", b"9" * 30, "题".encode(), b"\xff"]
                )
            )
        else:
            raw = raw[:at]
    try:
        found, _ = take_over(kind, files | {name: bytes(raw)})
    except FormatProblem as problem:
        found = problem
    assert str(found)
