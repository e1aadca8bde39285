"""Start, save, undo and hand over drafts of programmes. Every save may be taken back once; two tabs never overwrite."""

from __future__ import annotations

import copy
from collections.abc import Iterator
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
from tongxin.kernel.programmes.queries import active_programmes, current_version, with_text
from tongxin.methods.cadence.calendar import calendar_to_dict
from tongxin.methods.cadence.findings import Finding, PackUnreadable
from tongxin.methods.cadence.pack import MISSHAPEN, Pack, pack_from_dict, pack_from_text
from tongxin.ui.worded import said

from .forms.tables import free_name
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


def rules_above(draft: PackDraft, day: date) -> list[tuple[str, str]]:
    """Return the rules that the school's bureau asks, by the name under which they can be tightened, with their title."""
    if draft.programme is not None and draft.programme.locked:
        return []
    handed_down = active_programmes(draft.school, day).filter(handed_down__isnull=False)
    packs = [parse(text) for text in with_text(handed_down).values_list("current_text", flat=True)]
    return [
        (f"{pack.slug}:{name}", said(pack.versions(name)[-1].title))
        for pack in packs
        for name in pack.obligation_ids()
        if pack.versions(name)[-1].evaluable
    ]


def begin_stricter(
    draft: PackDraft, above: Pack, name: str, *, by: Account | None, today: date
) -> int | None:
    """Write a rule of the bureau into a draft as one that tightens it, with the words it needs; what it asks is still the same.

    Returns its place in the draft, None where the bureau's programme has no such rule. Raises one of NOT_SAVED.
    """
    theirs = [raw for raw in above.raw.get("obligations") or [] if str(raw.get("id")) == name]
    versions = above.versions(name)
    if not theirs or not versions or not versions[-1].evaluable:
        return None
    pack = pack_of(draft)
    raw = copy.deepcopy(pack.raw)
    listed = raw.setdefault("obligations", [])
    headings = [heading.number for heading in pack.all_headings()]
    rule = {key: value for key, value in copy.deepcopy(theirs[-1]).items() if key not in THEIRS}
    taken = {str(one.get("id")) for one in listed}
    rule["id"] = free_name(str(rule.get("title", "")), taken, "rule").replace("_", "-")
    source = {"document": pack.source.document or pack.title, "level": "school"}
    modality = versions[-1].source.modality
    rule |= {"source": source | ({"modality": modality} if modality != "must" else {}), "since": today.isoformat(),
             "tightens": f"{above.slug}:{name}"}  # fmt: skip
    if headings:
        rule["heading"] = headings[0]
    _lend_words(raw, above.raw, rule, headings[0] if headings else "")
    listed.append(rule)
    save(draft, raw, _("收紧：%(title)s") % {"title": rule.get("title", "")}, by=by, revision=draft.revision)
    return len(listed) - 1


# What of a rule is the bureau's own affair.
THEIRS = (
    "id",
    "cases",
    "rows",
    "note",
    "later",
    "source",
    "since",
    "until",
    "heading",
    "tightens",
    "overrides",
    "at",
)
WORDS = (("kinds", "kind"), ("posts", "post"), ("attributes", "attribute"), ("links", "link"), ("events", "event"),
         ("announced", "announced"))  # fmt: skip


def _lend_words(raw: dict[str, Any], theirs: dict[str, Any], rule: dict[str, Any], heading: str) -> None:
    """Declare what a rule names and its new pack does not know, as the pack it comes from declares it."""
    needed = set(_texts(rule))
    for section, key in WORDS:
        known = {str(one.get(key)) for one in raw.get(section) or []}
        for one in theirs.get(section) or []:
            if str(one.get(key)) in needed - known:
                lent = copy.deepcopy(one)
                if section == "kinds" and heading:
                    lent["heading"] = heading
                raw.setdefault(section, []).append(lent)
                needed |= set(_texts(lent))


def _texts(said: Any) -> Iterator[str]:
    """Every word that stands in something written."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(said, list):
        for one in said:
            yield from _texts(one)
    else:
        yield str(said)


def base_version(draft: PackDraft) -> ProgrammeVersion | None:
    """The version a draft began with."""
    return draft.programme.versions.filter(number=draft.base).first() if draft.programme else None


def pack_of(draft: PackDraft) -> Pack:
    return parse(draft.text)
