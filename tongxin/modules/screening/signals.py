"""What in a paper has to be looked at, and the signals written with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.signals import services
from tongxin.kernel.signals.models import Signal
from tongxin.kernel.signals.services import URGENT_RANK
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.methods.psychometrics.scoring import Scored
from tongxin.ui import prepared

from .describing import say
from .instruments import ready
from .models import Paper, Sitting, SittingForm

ORIGIN = "paper"
CRITICAL, BAND, PATTERN, TEXT = "critical", "band", "pattern", "text"


@dataclass(frozen=True)
class Found:
    """Something in a paper that has to be looked at. rule: its name in the instrument; rank: how severe."""

    kind: str
    rule: str
    rank: int
    form: int
    scale: str = ""

    @property
    def urgent(self) -> bool:
        return self.kind in (CRITICAL, TEXT) or self.rank >= URGENT_RANK

    def source(self, paper: Paper) -> str:
        return f"{paper.public_id}:{self.form}:{self.kind}:{self.scale}:{self.rule}"[:160]


def found_in(instrument: Instrument, form: int, scored: Scored) -> list[Found]:
    """Return all that a scored paper shows, whatever its quality: critical items act even on a careless paper."""
    ranks = {rule.id: rule.rank for rule in (*instrument.critical, *instrument.patterns)}
    found = [Found(CRITICAL, rule, ranks[rule], form) for rule in scored.critical]
    found += [Found(PATTERN, rule, ranks[rule], form) for rule in scored.patterns]
    found += [Found(TEXT, item, URGENT_RANK, form) for item in scored.texts]
    found += [
        Found(BAND, band.id, band.rank, form, scale) for scale, band in scored.bands.items() if band.signal
    ]
    return found


def raise_from(paper: Paper, found: Iterable[Found], now: datetime, by=None) -> list[Signal]:
    """Write the signals that are not on file yet, each with its first call; inside the transaction of the answer.

    Nothing lowers what is on file: a worse answer is another signal, a milder one changes nothing.
    """
    wanted = {one.source(paper): one for one in found}
    if not wanted:
        return []
    known = {source for (source,) in prepared.rows("sources", _sources, {"paper": paper.pk})}
    made = []
    for source, one in wanted.items():
        if source in known:
            continue
        signal = Signal(
            school_id=paper.school_id, student_id=paper.student_id, origin=ORIGIN, origin_id=paper.pk,
            bundle=bundle(paper.sitting_id), source=source, urgent=one.urgent,
            what={"kind": one.kind, "rule": one.rule, "scale": one.scale, "rank": one.rank, "form": one.form},
        )  # fmt: skip
        services.put(signal, one.rank, now, by)
        made.append(signal)
    return made


def bundle(sitting: int) -> str:
    """Return what the signals of one sitting have in common."""
    return f"sitting:{sitting}"


def _sources(at):
    return Signal.objects.filter(origin=ORIGIN, origin_id=at["paper"]).values_list("source")


def of_paper(paper: Paper):
    return Signal.objects.filter(origin=ORIGIN, origin_id=paper.pk)


def of_sitting(sitting: Sitting):
    return Signal.objects.filter(school=sitting.school_id, origin=ORIGIN, bundle=bundle(sitting.pk))


def called_for(paper: Paper) -> bool:
    """Say whether a paper asked for somebody at once."""
    return of_paper(paper).filter(urgent=True).exists()


# ------------------------------------------------------------------ what the queue says of them


def sentences(_viewer: Viewer, signals: Sequence[Signal]) -> list[tuple[int, str]]:
    """Return (rank, what it is) of opened signals of papers, in their order."""
    forms = SittingForm.objects.select_related("text").in_bulk([signal.what["form"] for signal in signals])
    found = []
    for signal in signals:
        form = forms.get(signal.what["form"])
        instrument = ready(form.text).instrument if form else None
        title = f"{instrument.short or say(instrument.title)}：" if instrument else ""
        found.append((signal.what["rank"], title + _sentence(signal.what, instrument)))
    return found


def _sentence(what: dict, instrument: Instrument | None) -> str:
    kind, rule = what["kind"], what["rule"]
    if kind == TEXT:
        return _("第%(item)s题里写了要有人看的话") % {"item": rule}
    if instrument is None:
        return _("量表已经不在了")
    if kind == BAND:
        scale = instrument.scale_by_id.get(what["scale"])
        bands = [band for table in scale.tables for band in table.bands] if scale else []
        words = next((say(band.title) for band in bands if band.id == rule), rule)
        return _("%(scale)s得分在“%(band)s”") % {
            "scale": say(scale.title) if scale else what["scale"],
            "band": words,
        }
    rules = instrument.critical if kind == CRITICAL else instrument.patterns
    words = next((say(one.title) for one in rules if one.id == rule), "") or rule
    if kind == CRITICAL:
        return _("关键题目：%(what)s") % {"what": words}
    return _("几题合起来：%(what)s") % {"what": words}
