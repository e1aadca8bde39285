"""How a school and its people want to be told."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import InstantField, new_public_id
from tongxin.kernel.base.models import Account, School, Subject


class NoticeSettings(models.Model):
    """A school's choice. Hours are local, 0 to 23; quiet_from = quiet_to means no quiet hours."""

    school = models.OneToOneField(School, primary_key=True, on_delete=models.CASCADE, related_name="+")
    email_on = models.BooleanField(default=False)
    quiet_from = models.PositiveSmallIntegerField(default=21)
    quiet_to = models.PositiveSmallIntegerField(default=7)
    skip_days_off = models.BooleanField(default=True)
    digest_hour = models.PositiveSmallIntegerField(default=7)

    class Meta:
        db_table = "notice_settings"
        verbose_name = verbose_name_plural = _("提醒设置")


class Robot(models.Model):
    """A group robot. sealed, sealed_sign: its key and signing secret, encrypted; hint: the last characters."""

    class Service(models.TextChoices):
        WECOM = "wecom", _("企业微信")
        DINGTALK = "dingtalk", _("钉钉")
        FEISHU = "feishu", _("飞书")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    service = models.CharField(_("哪一种"), max_length=10, choices=Service.choices)
    title = models.CharField(_("哪个群"), max_length=40)
    sealed = models.TextField()
    sealed_sign = models.TextField(blank=True)
    hint = models.CharField(max_length=8)
    active = models.BooleanField(default=True)
    created_at = InstantField(default=timezone.now)
    tried_at = InstantField(null=True)
    trouble = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "notice_robot"
        verbose_name = verbose_name_plural = _("群机器人")

    def __str__(self) -> str:
        return self.title


class Preference(models.Model):
    """How one person wants to be told. muted: only what was escalated leaves the house. since: nothing older does."""

    class Rhythm(models.TextChoices):
        DAILY = "daily", _("每天一封")
        WEEKLY = "weekly", _("每周一封")
        AT_ONCE = "at_once", _("有事就发")

    person = models.OneToOneField(Subject, primary_key=True, on_delete=models.CASCADE, related_name="+")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(max_length=120, blank=True)
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices, default=Rhythm.DAILY)
    muted = models.BooleanField(default=False)
    since = InstantField(default=timezone.now)

    class Meta:
        db_table = "notice_preference"
        verbose_name = verbose_name_plural = _("我的提醒")


class CalendarFeed(models.Model):
    """A person's calendar address. Only the hash of its secret part is kept; public_id is the other part.

    wrong_tries, wrong_since: wrong secrets of late, for throttling.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    secret_hash = models.CharField(max_length=64)
    created_at = InstantField(default=timezone.now)
    used_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    wrong_since = InstantField(null=True)

    class Meta:
        db_table = "calendar_feed"
        verbose_name = verbose_name_plural = _("日历订阅")
        indexes = [models.Index(fields=["person", "revoked_at"], name="feed_of_person")]
