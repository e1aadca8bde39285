"""The ledger 台账: what really happened, written once. Nothing that counts is overwritten."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import (
    FOREVER,
    DayField,
    InstantField,
    Superseding,
    SupersedingQuerySet,
    new_public_id,
)
from tongxin.kernel.base.models import Account, Event, School, Subject
from tongxin.kernel.base.sealing.fields import SealedTextField

_LIVE = Q(superseded_at=FOREVER)


class Entry(Superseding):
    """One activity of a kind.

    day: its (last) day; start_day: its first. title: a short line without names of children.
    note: free text, sealed; only for kinds of class K0–K3. supersedes: the entry this one corrects.
    about, about_event: the entry or event it answers (a follow-up, a report within so many hours).
    token: made by the form, so that a double click or a resend makes one entry.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(_("类别"), max_length=60)
    title = models.CharField(_("标题"), max_length=120)
    start_day = DayField(_("开始日期"))
    day = DayField(_("日期"))
    at = InstantField(null=True, blank=True)
    mode = models.CharField(_("方式"), max_length=40, blank=True)
    theme = models.CharField(_("主题"), max_length=80, blank=True)
    place = models.CharField(_("地点"), max_length=80, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    note = SealedTextField(_("记录"), data_class="@data_class", year="day")
    data_class = models.CharField(max_length=4, default="K1")
    heading = models.CharField(_("台账条目"), max_length=40, blank=True)
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    about = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="answers")
    about_event = models.ForeignKey(
        Event, null=True, blank=True, on_delete=models.PROTECT, related_name="answers"
    )
    withdrawn_reason = models.CharField(_("撤回原因"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=40, blank=True)
    token = models.CharField(max_length=64, null=True, blank=True, unique=True)

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "entry"
        verbose_name = verbose_name_plural = _("台账记录")
        indexes = [
            models.Index(fields=["school", "-day", "-id"], name="entry_list", condition=_LIVE),
            models.Index(fields=["school", "kind", "-day", "-id"], name="entry_by_kind", condition=_LIVE),
            models.Index(
                fields=["school", "heading", "-day", "-id"], name="entry_by_heading", condition=_LIVE
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Participation(Superseding):
    """One person or thing in one part of an activity: the one big table.

    hours and every amount in `extra` are hundredths. via: the group this person stood in for (their class …).
    absent: belonged to the group but was not there; never counts.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="participations")
    kind = models.CharField(max_length=60)
    part = models.CharField(max_length=40)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="participations", db_index=False
    )
    via = models.ForeignKey(
        Subject, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    start_day = DayField()
    day = DayField()
    at = InstantField(null=True, blank=True)
    mode = models.CharField(max_length=40, blank=True)
    theme = models.CharField(max_length=80, blank=True)
    place = models.CharField(max_length=80, blank=True)
    counterpart = models.ForeignKey(
        Subject, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    hours = models.IntegerField(default=0)
    extra = models.JSONField(default=dict, blank=True)
    absent = models.BooleanField(default=False)

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "participation"
        verbose_name = verbose_name_plural = _("参与")
        indexes = [
            models.Index(
                fields=[
                    "school",
                    "kind",
                    "part",
                    "subject",
                    "day",
                    "superseded_at",
                    "absent",
                    "mode",
                    "theme",
                    "hours",
                    "entry",
                ],
                name="participation_scan",
            ),
            models.Index(fields=["subject", "kind", "day"], name="participation_of"),
            # A class that was there has forty rows through it, and one of its own.
            models.Index(
                fields=["school", "kind", "part"],
                name="participation_itself",
                condition=models.Q(via__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["entry", "part", "subject"], name="participation_once"),
        ]


class Evidence(Superseding):
    """A proof of an activity: bytes in a private folder under a random name, hashed and cleaned of metadata."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="evidence")
    type = models.CharField(_("类型"), max_length=40)
    file = models.CharField(max_length=80, unique=True)
    original_name = models.CharField(_("文件名"), max_length=120, blank=True)
    content_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "evidence"
        verbose_name = verbose_name_plural = _("佐证材料")
        indexes = [models.Index(fields=["entry", "type", "superseded_at"], name="evidence_of_entry")]
