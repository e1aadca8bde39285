"""Start, save, undo and hand over drafts of programmes. Every save may be taken back once; two tabs never overwrite."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.base.pinyin import name_keys
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.programmes import services as programmes
from tongxin.kernel.programmes.models import Programme, ProgrammeVersion
from tongxin.kernel.programmes.packs import parse
from tongxin.kernel.programmes.queries import current_version
from tongxin.methods.cadence.calendar import calendar_to_dict
from tongxin.methods.cadence.findings import Finding, PackUnreadable
from tongxin.methods.cadence.pack import MISSHAPEN, Pack, pack_from_dict, pack_from_text

from .models import PackDraft


class CannotBegin(ValueError):
    """A text is no pack that can be gone on with; `findings` say where and why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings[0].sentence)
        self.findings = findings


class SavedElsewhere(ValueError):
    """Somebody (or another tab) saved this draft meanwhile."""


# Why a draft stays as it was; the sentence is for the page.
NOT_SAVED = (SavedElsewhere, programmes.CannotAdopt)


@transaction.atomic
def start_blank(
    school: School, title: str, programme_year: str, *, by: Account | None, today: date
) -> PackDraft:
    """Begin a programme from nothing but the words every school has."""
    blank = yaml.safe_load((settings.PACKS_DIR / "blank.yaml").read_text(encoding="utf-8"))
    raw = {
        "pack": _slug(title),
        "version": 1,
        "title": title,
        "source": {"document": title, "published": today},
        "programme_year": programme_year,
        **blank,
        "headings": [{"heading": "1", "title": _("主要措施")}],
        "plan": {"phases": [{"phase": 1, "title": _("实施"), "from": "02-01", "to": "12-31"}]}
        if programme_year == "calendar"
        else {"phases": [{"phase": 1, "title": _("实施"), "from": "09-01", "to": "+1 07-31"}]},
        "obligations": [],
        "test_calendar": calendar_to_dict(school_calendar(school)),
    }
    for kind in raw["kinds"]:
        kind["heading"] = "1"
    return _start(school, title, pack_from_dict(raw).to_text(), by)


def _slug(title: str) -> str:
    """A name for the pack that its own addresses can carry: the pinyin of its title."""
    letters = "".join(
        c if c.isascii() and c.isalnum() else "-" for c in name_keys(title)[0].split(" ")[0].lower()
    )
    return "-".join(part for part in letters.split("-") if part)[:50] or "own-programme"


def start_from_text(school: School, text: str, *, by: Account | None) -> PackDraft:
    """Begin with a pack's text. Raises CannotBegin when it is none, or has parts that no page of a draft could show."""
    try:
        pack = pack_from_text(text)
        wrong = [finding for finding in pack.findings if finding.code == MISSHAPEN]
        if wrong:
            raise CannotBegin(wrong)
        written = pack.to_text()
        parse(written)  # a text that grew too long by being written out is found now
    except PackUnreadable as error:
        raise CannotBegin([error.finding()]) from error
    return _start(school, pack.title or pack.slug, written, by)


@transaction.atomic
def start_from_programme(programme: Programme, *, by: Account | None) -> PackDraft:
    """Take up a change of an adopted programme; a draft of the same version that is there already is gone on with.

    Raises programmes.CannotAdopt when the programme was handed down.
    """
    programmes.refuse_locked(programme)
    version = current_version(programme)
    known = PackDraft.objects.filter(programme=programme, base=version.number).first()
    if known is not None:
        return known
    return _start(programme.school, programme.title, version.text, by, programme, version.number)


def _start(
    school: School,
    title: str,
    text: str,
    by: Account | None,
    programme: Programme | None = None,
    base: int | None = None,
) -> PackDraft:
    draft = PackDraft.objects.create(
        school=school,
        programme=programme,
        base=base,
        title=title[:120],
        text=text,
        started_by=by,
        saved_by=by,
    )
    with transaction.atomic():
        audit.write(by, "authoring.started", draft)
    return draft


def _to_change(draft: PackDraft) -> PackDraft:
    """The draft's row, locked; refused when its programme was handed down since the draft was begun."""
    row = PackDraft.objects.select_for_update().get(pk=draft.pk)
    if row.programme is not None:
        programmes.refuse_locked(row.programme)
    return row


@transaction.atomic
def save(draft: PackDraft, raw: dict[str, Any], what: str, *, by: Account | None, revision: int) -> PackDraft:
    """Keep a new text of a draft. revision: that of the page it was made on. Raises one of NOT_SAVED."""
    locked = _to_change(draft)
    if locked.revision != revision:
        raise SavedElsewhere(_("这份草稿刚刚在别处改过。请刷新页面，看过新的内容再改。"))
    pack = pack_from_dict(copy.deepcopy(raw))
    locked.before, locked.text = locked.text, pack.to_text()
    locked.title = (pack.title or locked.title)[:120]
    locked.last_change, locked.revision = what[:200], locked.revision + 1
    locked.saved_by, locked.saved_at = by, timezone.now()
    locked.save()
    return locked


@transaction.atomic
def undo(draft: PackDraft, *, by: Account | None) -> bool:
    """Take the last save back; False when there is none to take back. Raises programmes.CannotAdopt."""
    locked = _to_change(draft)
    if not locked.before:
        return False
    locked.text, locked.before, locked.last_change = locked.before, "", ""
    locked.title = (parse(locked.text).title or locked.title)[:120]
    locked.revision += 1
    locked.saved_by, locked.saved_at = by, timezone.now()
    locked.save()
    return True


@transaction.atomic
def discard(draft: PackDraft, *, by: Account | None) -> None:
    audit.write(by, "authoring.discarded", draft)
    draft.delete()


@transaction.atomic
def hand_over(draft: PackDraft, year: int, note: str, *, by: Account | None) -> Programme:
    """Make a draft the programme of a year, or a new version of the programme it changes; the draft is then done with.

    Raises programmes.CannotAdopt with the reason; the draft stays then.
    """
    if draft.programme is None:
        programme = programmes.adopt(draft.school, parse(draft.text).slug, year, by=by, text=draft.text)
    else:
        programme = draft.programme
        programmes.change(programme, draft.text, note or _("在草稿里修改"), by=by, base=draft.base or 0)
    audit.write(by, "authoring.handed_over", draft, programme=programme.pk)
    draft.delete()
    return programme


def base_version(draft: PackDraft) -> ProgrammeVersion | None:
    """The version a draft began with."""
    return draft.programme.versions.filter(number=draft.base).first() if draft.programme else None


def pack_of(draft: PackDraft) -> Pack:
    return parse(draft.text)
