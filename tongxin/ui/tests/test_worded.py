"""What packs call things: in English where the product or the pack has it, else as it was written."""

from dataclasses import dataclass, field

from django.utils import translation

from tongxin.ui.formats import term_words
from tongxin.ui.kept import plain as plain_value
from tongxin.ui.worded import as_written, called, in_words, plain, said, titled


@dataclass(frozen=True)
class Part:
    title: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Whole:
    id: str
    title: str
    title_en: str = ""
    parts: tuple[Part, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


WHOLE = Whole("家访", "家访", parts=(Part("师徒结对意愿", (("a", "编程"),)),), values={"x": "写作"})


def test_on_chinese_pages_nothing_is_turned():
    assert in_words(WHOLE) is WHOLE
    assert said("编程") == "编程"
    assert called(Whole("k", "家访", "A visit")) == "家访"


def test_words_are_turned_and_ids_and_unknown_words_are_not():
    with translation.override("en"):
        turned = in_words(WHOLE)
        assert (turned.id, turned.title) == ("家访", "Home visits")
        assert turned.parts == (Part("师徒结对意愿", (("a", "Programming"),)),)
        assert turned.values == {"x": "Writing"}
        assert said("") == ""


def test_a_packs_own_english_title_goes_first():
    with translation.override("en"):
        assert called(Whole("k", "家访", "A visit")) == "A visit"
        assert in_words(Whole("k", "家访", "A visit")).title == "A visit"


def test_a_heading_loses_its_own_number_in_both_languages():
    assert plain("一、心理健康", "心理健康") == "心理健康"
    with translation.override("en"):
        assert plain("一、心理健康", "心理健康") == "Mental health"
        assert plain("一、本校自己的", "本校自己的") == "本校自己的"


def test_words_in_another_language_know_how_they_are_written():
    assert as_written("家访") == "家访"
    with translation.override("en"):
        assert as_written(said("编程")) == "编程"
        assert as_written(called(Whole("k", "家访", "A visit"))) == "家访"
        assert said(said("编程")) == "Programming"
        assert plain_value(said("编程")) == "Programming"


def test_the_title_of_a_record_is_said_where_it_repeats_its_kind():
    assert titled("家访：云麓一队") == "家访：云麓一队"
    with translation.override("en"):
        assert titled("家访") == "Home visits"
        assert titled("家访：云麓一队") == "Home visits: 云麓一队"
        assert titled("看望：云麓一队") == "看望：云麓一队"


def test_terms_are_said_by_season():
    assert term_words("2026秋") == "2026秋"
    with translation.override("en"):
        assert term_words("2026秋") == "Autumn 2026"
        assert term_words("小学期") == "小学期"
