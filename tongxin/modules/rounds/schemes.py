"""A school's schemes: those of its programmes, changed in slots as a new version, never under a round that has begun."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.kernel.people.services import account_of
from tongxin.kernel.programmes.pairings import Pairing, checked, made, of_school
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.findings import ERROR, Finding
from tongxin.methods.matching.scheme import DECIDES, LARGEST_WEIGHT

from .models import SchemeText

MOST_PLACES = 200


class Refused(ValueError):
    """The change cannot be taken. findings: what is wrong, each with its line."""

    def __init__(self, sentence: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(sentence)
        self.findings = findings


@dataclass(frozen=True)
class Change:
    """What a school sets: weights by term (0 turns it off), (low, high) by seat, who decides."""

    weights: Mapping[str, int]
    capacities: Mapping[str, tuple[int, int]]
    decides: str


def all_of(school: School, day: date) -> list[Pairing]:
    """Return the pairings of a school in its own newest versions."""
    packs = [pack for _programme, pack in school_packs(school, day)]
    own = newest(school)
    return [made(own[one.name], packs) if one.name in own else one for one in of_school(school, day)]


def named(school: School, name: str, day: date) -> Pairing | None:
    return next((one for one in all_of(school, day) if one.name == name), None)


def newest(school: School) -> dict[str, str]:
    """Return {name: text} of what the school has changed."""
    rows = SchemeText.objects.filter(school=school).order_by("number").values_list("name", "text")
    return dict(rows)


def versions(school: School, name: str) -> list[SchemeText]:
    return list(SchemeText.objects.filter(school=school, name=name).order_by("-number").defer("text"))


def of_text(school: School, text: str, day: date) -> Pairing:
    """Return the pairing of a text that a round keeps."""
    return made(text, [pack for _programme, pack in school_packs(school, day)])


def changed(text: str, change: Change) -> str:
    """Return a scheme's text with some of its numbers changed; its comments do not come along."""
    top = yaml.safe_load(text)
    for term in top.get("terms", ()):
        if term["id"] in change.weights:
            term["weight"] = change.weights[term["id"]]
    for seat in top["seats"]:
        low, high = change.capacities.get(seat["id"], (None, None))
        if low is not None:
            seat["capacity"] = [low, high]
    top["decides"] = change.decides
    return yaml.safe_dump(top, allow_unicode=True, sort_keys=False, width=120)


def refusals(change: Change, pairing: Pairing) -> dict[str, str]:
    """Return {field: sentence} of numbers that cannot be."""
    found = {}
    for name, weight in change.weights.items():
        if not 0 <= weight <= LARGEST_WEIGHT:
            found[f"weight-{name}"] = _("请填 0 到 %(n)d 的整数，0 是不看这一条。") % {"n": LARGEST_WEIGHT}
    for name, (low, high) in change.capacities.items():
        if low > high:
            found[f"low-{name}"] = _("最少 %(low)d 大于最多 %(high)d。请改正其中一个。") % {
                "low": low,
                "high": high,
            }
        elif not 0 <= low <= high <= MOST_PLACES:
            found[f"high-{name}"] = _("请填 0 到 %(n)d 的整数。") % {"n": MOST_PLACES}
    if change.decides not in DECIDES:
        found["decides"] = _("请选一个。")
    return found


@transaction.atomic
def take(school: School, pairing: Pairing, text: str, *, note: str, base: int, by) -> SchemeText | None:
    """Take a text into use for the rounds that begin from now on; the same text again is no new version.

    base: the number of the version that was changed, 0 for the one that comes with the programme. Raises Refused.
    """
    School.objects.select_for_update().get(pk=school.pk)
    last = SchemeText.objects.filter(school=school, name=pairing.name).order_by("-number").first()
    number = last.number if last else 0
    if number != base:
        raise Refused(_("别人刚改过这个方案。您填的没有存，请对照新的一版再改。"))
    errors = tuple(one for one in checked(text) if one.level == ERROR)
    if errors:
        raise Refused(_("方案还有 %(n)d 处要改，改好再存。") % {"n": len(errors)}, errors)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if last is not None and last.sha256 == digest:
        return last
    row = SchemeText.objects.create(
        school=school, name=pairing.name, number=number + 1, title=pairing.title, text=text, sha256=digest,
        note=note, recorded_by=account_of(by),
    )  # fmt: skip
    audit.write(by, "rounds.scheme_taken", row, name=row.name, number=row.number, sha256=digest)
    return row
