"""Schools, sign-in accounts, and the parent key of everything that rules can count."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import (
    ALWAYS,
    FOREVER,
    NO_END,
    Dated,
    DayField,
    InstantField,
    Superseding,
    SupersedingQuerySet,
    new_public_id,
)


class School(models.Model):
    """A school, or the bureau (parent organisation) over schools."""

    class Kind(models.TextChoices):
        SCHOOL = "school", _("学校")
        BUREAU = "bureau", _("教育局")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices, default=Kind.SCHOOL)
    name = models.CharField(_("学校名称"), max_length=80)
    short_name = models.CharField(_("简称"), max_length=30, blank=True)
    code = models.CharField(_("学校标识码"), max_length=20, blank=True)
    created_at = InstantField(default=timezone.now, editable=False)

    class Meta:
        db_table = "school"
        verbose_name = verbose_name_plural = _("学校")

    def __str__(self) -> str:
        return self.name


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, login: str, password: str | None = None, **extra) -> "Account":
        account = self.model(login=login.strip(), **extra)
        account.set_password(password) if password else account.set_unusable_password()
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """A login. Global; linked to at most one person in each school."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    login = models.CharField(_("登录名"), max_length=60, unique=True)
    is_active = models.BooleanField(_("可以登录"), default=True)
    is_founder = models.BooleanField(_("安装人"), default=False)
    last_seen_at = InstantField(null=True, editable=False)
    language = models.CharField(max_length=10, default="zh-hans")

    USERNAME_FIELD = "login"
    objects = AccountManager()

    class Meta:
        db_table = "account"
        verbose_name = verbose_name_plural = _("账号")

    def __str__(self) -> str:
        return self.login


class SubjectType(models.TextChoices):
    STUDENT = "student", _("学生")
    STAFF = "staff", _("教职工")
    GUARDIAN = "guardian", _("家长")
    HOMEROOM = "homeroom", _("班级")
    BRANCH = "branch", _("党支部")
    DEPARTMENT = "department", _("部门")
    SCHOOL = "school", _("学校")
    OUTSIDER = "outsider", _("校外人员")
    ENTERPRISE = "enterprise", _("企业")
    BASE = "base", _("实践基地")
    COMMUNITY = "community", _("社区")
    TEAM = "team", _("团队")
    FAMILY = "family", _("家庭")
    FACILITY = "facility", _("功能室")
    CASE = "case", _("个案")


class Subject(models.Model):
    """Anything a rule can count for: a person, a homeroom, a branch, the school itself …

    present_from, present_to: the days on which it belongs to the school (arrival and departure).
    pinyin, initials: search keys; surnames read as surnames.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="subjects")
    type = models.CharField(max_length=12, choices=SubjectType.choices)
    name = models.CharField(_("名称"), max_length=80)
    pinyin = models.CharField(max_length=200, blank=True, editable=False)
    initials = models.CharField(max_length=40, blank=True, editable=False)
    present_from = DayField(_("到校日期"), default=ALWAYS)
    present_to = DayField(_("离校日期"), default=NO_END)

    class Meta:
        db_table = "subject"
        verbose_name = verbose_name_plural = _("对象")
        indexes = [
            models.Index(fields=["school", "type", "pinyin", "id"], name="subject_list"),
            models.Index(fields=["school", "type", "present_to", "present_from"], name="subject_present"),
        ]

    def __str__(self) -> str:
        return self.name


class Attribute(Dated, Superseding):
    """A dated value of a subject, declared by a pack or by the people room. No row means unknown."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="attributes")
    name = models.CharField(max_length=40)
    value = models.CharField(max_length=120)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "attribute"
        verbose_name = verbose_name_plural = _("属性")
        indexes = [
            models.Index(
                fields=["school", "name", "subject", "superseded_at", "valid_from", "valid_to", "value"],
                name="attribute_by_name",
            ),
        ]


class Link(Dated, Superseding):
    """A dated relation a → b of a kind: membership, pairing, and also every post somebody holds."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    a = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="links_out")
    b = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="links_in")
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "link"
        verbose_name = verbose_name_plural = _("关系")
        indexes = [
            models.Index(
                fields=["school", "kind", "a", "superseded_at", "valid_from", "valid_to", "b"],
                name="link_by_a",
            ),
            models.Index(
                fields=["school", "kind", "b", "superseded_at", "valid_from", "valid_to", "a"],
                name="link_by_b",
            ),
        ]


class Event(Superseding):
    """Something that happened to a subject: what deadlines run from. Appointments and arrivals need no row here.

    at: the instant, where it is known to the hour. retracted: it turned out not to have happened; such a row supersedes
    the one it takes back, so that whatever was owed because of it is shown as no longer expected. token: made by the
    form, so that a double click or a resend makes one event.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=60)
    day = DayField()
    at = InstantField(null=True, blank=True)
    retracted = models.BooleanField(default=False)
    token = models.CharField(max_length=64, null=True, blank=True, unique=True)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "event"
        verbose_name = verbose_name_plural = _("事件")
        indexes = [
            models.Index(fields=["school", "kind", "subject", "superseded_at", "day"], name="event_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


__all__ = [
    "ALWAYS",
    "FOREVER",
    "NO_END",
    "Account",
    "Attribute",
    "Event",
    "Link",
    "School",
    "Subject",
    "SubjectType",
]
