"""The worker's round for signals: whoever did not answer is followed by the next, and what cannot wait goes out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from tongxin.exchange.notices import dispatch, topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.base.steady import SteadyClock
from tongxin.kernel.obligations import outbox
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call, ChainStep


def run(clock: SteadyClock) -> int:
    """Do the worker's round: say that its queue still moves, and follow up the calls."""
    outbox.beat()
    signals.call_the_uncalled(clock.latest())
    return follow_up(clock)


def follow_up(clock: SteadyClock) -> int:
    """Call the next where nobody answered in time; return how many calls ran out.

    After a restart the first round catches up with all that is due.
    """
    now = clock.latest()
    ran_out = signals.escalate(now)
    if clock.is_off():
        _say_clock_is_off(int(clock.drift().total_seconds()), now)
    dispatch.run_urgent(timezone.now())
    return ran_out


def _say_clock_is_off(seconds: int, now: datetime) -> None:
    """Tell the administrators and the chain of every school that has one, once a day each."""
    day = timezone.localtime(now).date()
    for school in ChainStep.objects.current().values_list("school", flat=True).distinct().order_by("school"):
        with transaction.atomic():
            told = [_tell_clock(school, person, day.isoformat()) for person in _concerned(school, now)]
            if any(told):
                audit.write(None, "signal.clock_off", school_id=school, seconds=seconds)


def _tell_clock(school: int, person: int, day: str) -> bool:
    _message, new = outbox.put(
        f"clock:{school}:{person}:{day}",
        school_id=school, recipient_id=person, topic=topics.CLOCK_OFF, data={},
    )  # fmt: skip
    return new


def _concerned(school: int, now: datetime) -> set[int]:
    day = timezone.localtime(now).date()
    admins = Link.objects.filter(
        school_id=school, kind="it_admin", superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    return signals.chain_people(school) | set(admins.values_list("a_id", flat=True))


# ------------------------------------------------------------------ what every page of the people concerned says


def _concerns(viewer: Viewer) -> bool:
    """Say whether this viewer would be called, or is a counsellor of a school that has a chain."""
    if viewer.school_id is None or not viewer.may("signals"):
        return False
    chain = signals.chain_people(viewer.school_id)
    return bool(chain) and (viewer.person_id in chain or viewer.may("screening"))


def silent_worker(request: HttpRequest) -> str:
    """Say on every page of theirs that nothing is passed on while the worker is silent."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not viewer.may("signals") or outbox.is_alive() or not _concerns(viewer):
        return ""
    return _(
        "后台没有在运行：没有人回应的提示不会往下转，邮件也发不出。请管理员启动 tongxin worker，并自己打开“关爱”看一看。"
    )


def waiting_for_me(request: HttpRequest) -> str:
    """Say on every page that a child waits for this person."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if viewer.person_id is None or not viewer.may("signals"):
        return ""
    waiting = Call.objects.filter(
        person_id=viewer.person_id, answer=Call.Answer.WAITING, signal__urgent=True
    ).exclude(signal__calls__answer=Call.Answer.TAKEN)
    if not waiting.exists():
        return ""
    link = format_html('<a href="{}">{}</a>', reverse("cases:signals"), _("打开看看是谁"))
    return format_html("{} {}", _("有学生请您现在当面看看。"), link)
