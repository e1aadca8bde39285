"""SolverRun: one computation in the background, from the moment it is asked for to its end."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import InstantField, new_public_id
from tongxin.kernel.base.models import Account, School


class SolverRun(models.Model):
    """What is computed lies in the room; here is only how far it has come.

    kind: whose solver, as registered. about: what for, in the room's own words; one run at a time for each. seconds: the
    time limit. options: what was chosen for this run, no names. attempt: how often it was begun; a worker may keep a
    result only under the attempt it began. beat_at: the last sign of life of the worker. bound, best: of the objective,
    larger is better, None while unknown. failure: a sentence for people.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("等着计算")
        RUNNING = "running", _("正在计算")
        DONE = "done", _("算好了")
        STOPPED = "stopped", _("中途停下")
        FAILED = "failed", _("没有算成")

    ACTIVE = (State.QUEUED, State.RUNNING)

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    about = models.CharField(max_length=60)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    seconds = models.PositiveSmallIntegerField()
    options = models.JSONField(default=dict)
    asked_at = InstantField(default=timezone.now, editable=False)
    asked_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField(default=0)
    began_at = InstantField(null=True)
    beat_at = InstantField(null=True)
    ended_at = InstantField(null=True)
    bound = models.BigIntegerField(null=True)
    best = models.BigIntegerField(null=True)
    stop_asked = models.BooleanField(default=False)
    failure = models.TextField(blank=True)

    class Meta:
        db_table = "solver_run"
        verbose_name = verbose_name_plural = _("计算")
        constraints = [
            models.UniqueConstraint(
                fields=["school", "kind", "about"],
                condition=Q(state__in=["queued", "running"]),
                name="solver_run_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "beat_at"], name="solver_run_waiting")]

    @property
    def active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def elapsed(self) -> int:
        """Whole seconds since it began, 0 before."""
        if self.began_at is None:
            return 0
        return max(0, int(((self.ended_at or timezone.now()) - self.began_at).total_seconds()))

    @property
    def gap(self) -> float | None:
        """How much better than the best any result could be, a share; None while unknown."""
        if self.bound is None or self.best is None:
            return None
        return max(0.0, (self.bound - self.best) / max(1, abs(self.bound)))
