"""Chinese first, English second: no sentence is left without its English."""

import gettext
import io

from tongxin.ui import catalogue
from tongxin.ui.catalogue import Message
from tongxin.ui.translations import check_translations, messages


def test_every_sentence_has_its_english_and_the_compiled_catalogue_is_current():
    assert check_translations() == []


def test_the_sources_are_found():
    assert Message("", "退出登录") in messages()


def test_a_catalogue_survives_writing_and_reading(tmp_path):
    written = {
        Message("", '还差"一次"\n家访'): ["One visit\nis still owed"],
        Message("counter", "次"): ["times"],
        Message("", "%(n)d 次", "%(n)d 次"): ["%(n)d time", "%(n)d times"],
    }
    path = tmp_path / "django.po"
    catalogue.write_po(path, catalogue.header("en", "nplurals=2; plural=(n != 1);"), written)
    assert catalogue.read_po(path) == written


def test_the_compiled_catalogue_is_read_by_python():
    texts = {
        Message("", "待办"): ["To do"],
        Message("counter", "次"): ["times"],
        Message("", "%(n)d 次", "%(n)d 次"): ["%(n)d time", "%(n)d times"],
        Message("", "还没有"): [""],
    }
    compiled = catalogue.mo_bytes(catalogue.header("en", "nplurals=2; plural=(n != 1);"), texts)
    read = gettext.GNUTranslations(io.BytesIO(compiled))
    assert read.gettext("待办") == "To do"
    assert read.pgettext("counter", "次") == "times"
    assert read.ngettext("%(n)d 次", "%(n)d 次", 2) == "%(n)d times"
    assert read.gettext("还没有") == "还没有"
