"""The school's scheme: adopted, changed as a new version, never changed under a case that runs."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.findings import ERROR, Finding, PackUnreadable
from tongxin.methods.schemes.lint import lint
from tongxin.methods.schemes.parse import scheme_from_text
from tongxin.methods.schemes.scheme import Scheme
from tongxin.ui import prepared
from tongxin.ui.worded import in_words, spoken

from .models import SchemeText

DEFAULT = "red-orange-yellow"


class Refused(ValueError):
    """The text cannot be used. findings: what is wrong, each with its line."""

    def __init__(self, sentence: str, findings: tuple[Finding, ...] = ()):
        super().__init__(sentence)
        self.findings = findings


@lru_cache(maxsize=64)
def parsed(text: str) -> Scheme:
    """Return the scheme of a text that was taken into use."""
    return scheme_from_text(text)[0]


def scheme_of(row: SchemeText) -> Scheme:
    """Return the scheme of a version as it is written; what is changed there goes by these words."""
    return parsed(row.text)


def scheme_in_words(row: SchemeText) -> Scheme:
    """Return the scheme of a version in the words of the page."""
    return _in_language(row.text, spoken())


@lru_cache(maxsize=64)
def _in_language(text: str, language: str) -> Scheme:
    return in_words(parsed(text), ("name",)) if language else parsed(text)


@cache
def shipped() -> dict[str, tuple[str, str]]:
    """Return {slug: (title, text)} of the schemes of the packs folder."""
    found = {}
    for path in sorted(Path(settings.PACKS_DIR, "schemes").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        scheme = parsed(text)
        found[scheme.id] = (scheme.title, text)
    return found


@lru_cache(maxsize=64)
def checked(text: str) -> tuple[Scheme | None, tuple[Finding, ...], str]:
    """Return (scheme, what the linter says, a sentence when it cannot be read at all)."""
    try:
        scheme, findings = scheme_from_text(text)
    except PackUnreadable as error:
        return None, (), _("第 %(line)d 行：%(said)s") % {"line": error.line, "said": error.sentence}
    return scheme, tuple(lint(scheme, findings)), ""


def current(school: School | int) -> SchemeText | None:
    """Return the version that new cases begin with, None while the school has taken none."""
    return SchemeText.objects.filter(school=school).order_by("-number").first()


def pace(school_id: int, rank: int) -> int | None:
    """Return within how many minutes a signal of a rank has to be answered; None while the school has no scheme."""
    found = prepared.rows("scheme in force", _in_force, {"school": school_id})
    if not found:
        return None
    scheme = parsed(found[0][0])
    return scheme.minutes(scheme.respond, rank)


def _in_force(at):
    return SchemeText.objects.filter(school_id=at["school"]).order_by("-number").values_list("text")[:1]


def default_slug(school: School, day) -> str:
    """Return the scheme that the school's programmes name, else the one with three colours."""
    for _programme, pack in school_packs(school, day):
        if pack.case_scheme in shipped():
            return pack.case_scheme
    return DEFAULT


@transaction.atomic
def in_force(school: School, day, *, by) -> SchemeText:
    """Return the version that new cases begin with; a school that has chosen none begins with its programmes' own."""
    return current(school) or take(school, shipped()[default_slug(school, day)][1], by=by)


@transaction.atomic
def take(school: School, text: str, *, by) -> SchemeText:
    """Take a text into use from now on; the newest again is no new version. Raises Refused."""
    scheme, findings, sentence = checked(text)
    if scheme is None:
        raise Refused(sentence)
    errors = tuple(one for one in findings if one.level == ERROR)
    if errors:
        raise Refused(_("这份分级方案还有 %(n)d 处要改，改好以后再启用。") % {"n": len(errors)}, errors)
    School.objects.select_for_update().get(pk=school.pk)
    last = current(school)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if last is not None and last.sha256 == digest:
        return last
    row = SchemeText.objects.create(
        school=school, number=last.number + 1 if last else 1, slug=scheme.id, title=scheme.title, text=text,
        sha256=digest, recorded_by_id=getattr(by, "account_id", None) or getattr(by, "pk", None),
    )  # fmt: skip
    audit.write(by, "cases.scheme_taken", row, slug=row.slug, number=row.number, sha256=digest)
    return row
