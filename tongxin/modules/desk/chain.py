"""Who asks a duty above the school, and who made it stricter: the chain that every reader sees."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.obligations.queries import Asked
from tongxin.kernel.programmes.packs import at_hand, parse_in_words
from tongxin.kernel.programmes.queries import active_programmes, texts_around
from tongxin.methods.cadence.explaining import source_words
from tongxin.methods.cadence.precedence import Asker, above, below
from tongxin.methods.cadence.tree import Obligation
from tongxin.methods.cadence.words import sentence

from .numbers import language


@dataclass(frozen=True)
class Step:
    """One rule of the chain. relation: how it stands to the rule of the page; sentence: what it asks; url: its own
    page where the school works with its programme, else empty."""

    relation: str
    title: str
    sentence: str
    source: str
    url: str


def chain(asked: Asked, rule: Obligation) -> list[Step]:
    """Return the rules that one tightens, from near to far, and then those that tighten it; nothing where it stands alone.

    Only packs that the school works with, that stand above it or that are on offer can be named.
    """
    pack = asked.pack
    worked_with = texts_around(asked.programme.school, asked.as_of)
    upwards = list(above(pack, rule, at_hand(worked_with, parse_in_words)))
    own = {found.slug: found for found in map(parse_in_words, worked_with)}
    tightening = list(below(pack, rule, own))
    if not upwards and not tightening:
        return []
    running = active_programmes(asked.programme.school, asked.as_of).values_list("pack", "public_id")
    here = dict(reversed(running))
    return [
        *(_step(_("这一项收紧了"), one, here) for one in upwards),
        *(_step(_("又被收紧为"), one, here) for one in tightening),
    ]


def _step(relation: str, asker: Asker, here: dict[str, str]) -> Step:
    at = here.get(asker.pack.slug)
    url = reverse("desk:duty", args=[at, asker.rule.id]) if at else ""
    asks = sentence(asker.pack, asker.rule, language()) if asker.rule.evaluable else asker.rule.later
    return Step(relation, asker.rule.title, asks, source_words(asker.pack, asker.rule, language()), url)
