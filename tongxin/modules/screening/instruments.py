"""The instruments a school may use: those that come with the program, and its own texts of licensed ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.methods.cadence.findings import ERROR, Finding, PackUnreadable
from tongxin.methods.psychometrics.instrument import Instrument, Item
from tongxin.methods.psychometrics.lint import lint
from tongxin.methods.psychometrics.parse import completed, instrument_from_text
from tongxin.methods.psychometrics.scoring import BLANK, Codes, Scorer
from tongxin.methods.psychometrics.writing import as_yaml

from .models import InstrumentText


class Refused(ValueError):
    """The text cannot be used. findings: what is wrong, each with its line."""

    def __init__(self, sentence: str, findings: tuple[Finding, ...] = ()):
        super().__init__(sentence)
        self.findings = findings


@dataclass(frozen=True)
class Ready:
    """An instrument ready for work: its definition, what scores it, what reads its codes.

    places: by item, the answers that need no second look, {code: place}; none for items that are words.
    """

    instrument: Instrument
    scorer: Scorer
    codes: Codes
    places: Mapping[str, Mapping[str, int]]


def ready(text: InstrumentText) -> Ready:
    """Return an instrument ready for work; its text is read (and may be deferred) only the first time in a process."""
    return _kept.get(text.sha256) or _keep(text.sha256, text.text)


_kept: dict[str, Ready] = {}


def _keep(sha256: str, text: str) -> Ready:
    instrument, _findings = instrument_from_text(text)
    codes = Codes(instrument)
    places = {
        item.id: {code: place for code, place in codes.cells(item).items() if place != BLANK}
        if instrument.is_scored(item)
        else {}
        for item in instrument.items
    }
    made = Ready(instrument, Scorer(instrument), codes, places)
    if len(_kept) >= 200:
        _kept.clear()
    _kept[sha256] = made
    return made


@dataclass(frozen=True)
class Shipped:
    """An instrument that comes with the program. with_words: the words of its items come too."""

    slug: str
    title: str
    text: str
    instrument: Instrument

    @property
    def with_words(self) -> bool:
        return self.instrument.has_wording


@cache
def shipped() -> dict[str, Shipped]:
    """Return the instruments of the packs folder by name."""
    found = {}
    for path in sorted(Path(settings.PACKS_DIR, "instruments").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        instrument, _findings = instrument_from_text(text, path.name)
        found[instrument.id] = Shipped(instrument.id, str(instrument.title), text, instrument)
    return found


@lru_cache(maxsize=64)
def _checked(text: str) -> tuple[Instrument | None, tuple[Finding, ...], str]:
    try:
        instrument, findings = instrument_from_text(text)
    except PackUnreadable as error:
        return None, (), str(error)
    return instrument, (*findings, *lint(instrument)), ""


@transaction.atomic
def add(school: School, text: str, *, by, shipped: bool = False) -> InstrumentText:
    """Take a text into use at a school; the same text again is the same row. Raises Refused."""
    instrument, findings, sentence = _checked(text)
    errors = tuple(one for one in findings if one.level == ERROR)
    if instrument is None:
        raise Refused(sentence)
    if errors:
        raise Refused(_("这份量表还有 %(n)d 处写错，改正以后再用。") % {"n": len(errors)}, errors)
    if not instrument.has_wording:
        raise Refused(_("这份量表没有题目。请先填好学校有权使用的题目。"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    row, new = InstrumentText.objects.get_or_create(
        school=school, slug=instrument.id, sha256=digest,
        defaults={"title": str(instrument.title), "text": text, "shipped": shipped,
                  "recorded_by_id": getattr(by, "account_id", None) or getattr(by, "pk", None)},
    )  # fmt: skip
    if new:
        audit.write(by, "screening.instrument_added", row, slug=row.slug, sha256=digest)
    else:
        restore(row, by=by)
    return row


def take(school: School, slug: str, *, by) -> InstrumentText:
    """Take an instrument that comes with its words into use. Raises Refused."""
    found = shipped().get(slug)
    if found is None:
        raise Refused(_("没有这份量表。"))
    return add(school, found.text, by=by, shipped=True)


def complete(school: School, slug: str, words: list[str], granted: str, *, by) -> InstrumentText:
    """Put a school's own words into an instrument that comes without them, and take it into use. Raises Refused.

    words: one for each question, in order. granted: who allowed the school to use them, and when.
    """
    found = shipped().get(slug)
    if found is None or found.with_words:
        raise Refused(_("没有这份量表。"))
    open_ = without_words(found.instrument)
    if len(words) != len(open_):
        raise Refused(
            _("这份量表有 %(wanted)d 题，您填了 %(given)d 行。一题一行，不要空行。")
            % {"wanted": len(open_), "given": len(words)}
        )
    if not granted.strip():
        raise Refused(_("请写明谁在什么时候允许学校使用这些题目。"))
    texts = {item.id: text for item, text in zip(open_, words, strict=True)}
    instrument, _findings = completed(found.instrument, texts, granted.strip())
    return add(school, as_yaml(instrument), by=by)


def without_words(instrument: Instrument) -> list[Item]:
    """Return the questions a school has to write the words of, in order."""
    return [item for item in instrument.items if not item.text]


@transaction.atomic
def retire(text: InstrumentText, *, by) -> None:
    """Offer a version no more for new plans; sittings that have it keep it."""
    if text.retired_at is None:
        text.retired_at = timezone.now()
        text.save(update_fields=["retired_at"])
        audit.write(by, "screening.instrument_retired", text, slug=text.slug)


@transaction.atomic
def restore(text: InstrumentText, *, by) -> None:
    """Offer a version again."""
    if text.retired_at is not None:
        text.retired_at = None
        text.save(update_fields=["retired_at"])
        audit.write(by, "screening.instrument_restored", text, slug=text.slug)
