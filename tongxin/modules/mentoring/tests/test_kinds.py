"""The words of the kinds of pairs on English pages."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import translation

from tongxin.modules.mentoring.kinds import FAMILY, pair_kinds
from tongxin.testing.cast import TODAY

pytestmark = pytest.mark.django_db
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_titles_questions_and_agreements_are_said_in_english(two):
    with translation.override("en"):
        for kind in pair_kinds(two.cast.school, TODAY).values():
            words = [kind.a_title, kind.b_title, kind.to_b]
            words += [text for side in ("a", "b", FAMILY) for text in kind.questions(side)]
            for text in kind.agreement.values():
                words += text if isinstance(text, list) else text.splitlines()
            assert [word for word in words if CHINESE.search(word)] == []


def test_a_family_that_reads_english_is_asked_in_english(client, two):
    client.force_login(two.parent.account)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("mentoring:feedback", args=[two.mentor.public_id])).content.decode()
    assert "The mentor is in touch with us as agreed" in page
    client.cookies["django_language"] = "zh-hans"
    page = client.get(reverse("mentoring:feedback", args=[two.mentor.public_id])).content.decode()
    assert "导师按约定和家里联系" in page
