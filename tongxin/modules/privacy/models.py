"""Requests of people about their own data and incidents, whose words lie sealed; registers that name no child."""

from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.base.sealing.fields import SealedTextField


class RightsRequest(models.Model):
    """Somebody asks about a person's data: to see, copy, correct, delete or take it along. Answered in writing in time.

    subject: whose data. asked_by: the person or a guardian. answer: what was done, or why not.
    """

    class Kind(models.TextChoices):
        ACCESS = "access", _("查看")
        COPY = "copy", _("要一份副本")
        CORRECT = "correct", _("更正")
        DELETE = "delete", _("删除")
        TRANSFER = "transfer", _("转给另一所学校")

    class State(models.TextChoices):
        OPEN = "open", _("待答复")
        DONE = "done", _("已办理")
        REFUSED = "refused", _("没有同意")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Channel(models.TextChoices):
        PAPER = "paper", _("书面")
        ONLINE = "online", _("网上")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("要求"), max_length=8, choices=Kind.choices)
    channel = models.CharField(max_length=6, choices=Channel.choices)
    words = SealedTextField(_("说明"), data_class="K3", year="received_on")
    received_on = DayField(_("收到的日期"))
    due_on = DayField(_("最晚答复"))
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    answer = SealedTextField(_("答复"), data_class="K3", year="received_on")
    answered_on = DayField(null=True)
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = InstantField(default=timezone.now)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "rights_request"
        verbose_name = verbose_name_plural = _("个人信息请求")
        indexes = [
            models.Index(fields=["school", "state", "due_on"], name="rights_request_due"),
            models.Index(fields=["subject", "-received_on"], name="rights_request_of"),
        ]


class Incident(models.Model):
    """Data got, or may have got, into wrong hands. people: how many it concerns; told_*: when who was told."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    happened_on = DayField(_("发生的日期"))
    found_on = DayField(_("发现的日期"))
    people = models.PositiveIntegerField(_("涉及多少人"))
    what = SealedTextField(_("经过和影响"), data_class="K3", year="found_on")
    measures = SealedTextField(_("采取的措施"), data_class="K3", year="found_on")
    told_authority_on = DayField(_("报告主管部门的日期"), null=True, blank=True)
    told_people_on = DayField(_("告知本人和监护人的日期"), null=True, blank=True)
    closed_on = DayField(_("处理完的日期"), null=True, blank=True)
    recorded_at = InstantField(default=timezone.now)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "incident"
        verbose_name = verbose_name_plural = _("信息安全事件")
        indexes = [models.Index(fields=["school", "-found_on", "-id"], name="incident_list")]


class Assessment(models.Model):
    """What was thought through before sensitive data was used: which, why, what it may do to a child, what guards it."""

    class Outcome(models.TextChoices):
        GO = "go", _("可以做")
        CHANGED = "changed", _("改了再做")
        NO = "no", _("不做")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("要做的事"), max_length=80)
    data = models.TextField(_("用到的信息"), max_length=1000)
    why = models.TextField(_("目的和必要"), max_length=1000)
    effect = models.TextField(_("影响和风险"), max_length=2000)
    measures = models.TextField(_("保护措施"), max_length=2000)
    outcome = models.CharField(_("结论"), max_length=7, choices=Outcome.choices)
    people = models.CharField(_("参加的人"), max_length=200)
    done_on = DayField(_("评估的日期"))
    next_on = DayField(_("下次评估"), null=True, blank=True)
    recorded_at = InstantField(default=timezone.now)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "impact_assessment"
        verbose_name = verbose_name_plural = _("影响评估")
        indexes = [models.Index(fields=["school", "-done_on", "-id"], name="assessment_list")]

    def __str__(self) -> str:
        return self.title

    def is_open(self, day: date) -> bool:
        return self.next_on is not None and self.next_on <= day


class Sharing(models.Model):
    """Data that somebody outside the school got: who, what, why, until when. count: how many people it concerns."""

    class Kind(models.TextChoices):
        GIVEN = "given", _("提供给对方")
        ENTRUSTED = "entrusted", _("委托对方处理")
        TOGETHER = "together", _("共同处理")
        REPORTED = "reported", _("按规定上报")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    to = models.CharField(_("给了谁"), max_length=80)
    kind = models.CharField(_("方式"), max_length=9, choices=Kind.choices)
    data = models.TextField(_("哪些信息"), max_length=1000)
    count = models.PositiveIntegerField(_("涉及多少人"))
    why = models.TextField(_("目的和依据"), max_length=1000)
    paper = models.CharField(_("合同或批准"), max_length=200, blank=True)
    from_on = DayField(_("从哪天起"))
    until_on = DayField(_("约定到哪天"), null=True, blank=True)
    ended_on = DayField(_("归还或删除的日期"), null=True, blank=True)
    recorded_at = InstantField(default=timezone.now)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "sharing"
        verbose_name = verbose_name_plural = _("对外提供")
        indexes = [models.Index(fields=["school", "-from_on", "-id"], name="sharing_list")]

    def __str__(self) -> str:
        return self.to

    def is_open(self, day: date) -> bool:
        return self.ended_on is None and self.until_on is not None and self.until_on < day
