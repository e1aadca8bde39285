"""What the school announces has a name for people, in sentences, reasons and findings."""

from tongxin.methods.cadence.explaining import reason_words
from tongxin.methods.cadence.lint import lint
from tongxin.methods.cadence.words import sentence

from .vocabulary import pack_of, rule

NAMED = [
    {"announced": "report-day", "title": "第二次汇报日", "title_en": "the second report day"},
    {"announced": "credits", "title": "学分数"},
]


def named(**changes):
    return pack_of(rule(**changes), announced=NAMED)


def test_a_day_and_a_number_are_said_by_their_titles():
    day = named(window={"by": {"announced": "report-day"}})
    assert "在公布的日期（第二次汇报日）前" in sentence(day, day.obligations[0])
    assert sentence(day, day.obligations[0], "en").startswith("By the announced day (the second report day)")
    number = named(at_least={"announced": "credits"})
    assert "按公布的“学分数”" in sentence(number, number.obligations[0])
    assert "the number announced (credits)" in sentence(number, number.obligations[0], "en")


def test_a_reason_says_what_is_not_set_yet_by_its_title():
    pack = named(window={"by": {"announced": "report-day"}})
    assert reason_words(pack, "not set: report-day") == "“第二次汇报日”还没有公布或填写"
    assert reason_words(pack, "not set: announced:credits") == "“学分数”还没有公布或填写"
    assert reason_words(pack, "not set: report-day", "en") == "the second report day is not set yet"
    assert reason_words(pack, "not set: something") == "“something”还没有公布或填写"


def test_the_linter_names_the_day_that_is_still_open():
    found = lint(named(window={"by": {"announced": "report-day"}}), cases=False)
    assert any("期限“第二次汇报日”还没有写" in one.sentence for one in found)


def test_a_title_is_asked_for():
    pack = pack_of(rule(), announced=[{"announced": "report-day"}])
    assert any("title" in one.sentence for one in pack.findings)
