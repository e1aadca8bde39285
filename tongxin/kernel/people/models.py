"""People and the groups they belong to. Each row stands on a Subject, which rules count."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.base.sealing.fields import BlindIndexField, SealedTextField


class OnSubject(models.Model):
    """Mixin: the row's key is its subject's key."""

    subject = models.OneToOneField(Subject, primary_key=True, on_delete=models.CASCADE)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.subject.name

    @property
    def name(self) -> str:
        return self.subject.name

    @property
    def public_id(self) -> str:
        return self.subject.public_id


class Person(OnSubject):
    """Anybody: student, staff, guardian, or somebody from outside."""

    class Sex(models.TextChoices):
        MALE = "male", _("男")
        FEMALE = "female", _("女")

    account = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="people",
        verbose_name=_("账号"),
    )
    sex = models.CharField(_("性别"), max_length=6, choices=Sex.choices, blank=True)
    birth_date = DayField(_("出生日期"), null=True, blank=True)
    id_number = SealedTextField(_("身份证件号"), data_class="K3", row="subject_id")
    id_number_index = BlindIndexField(source="id_number")

    class Meta:
        db_table = "person"
        verbose_name = verbose_name_plural = _("人员")
        constraints = [
            models.UniqueConstraint(
                fields=["school", "account"], condition=Q(account__isnull=False), name="one_person_per_school"
            ),
        ]
        indexes = [
            models.Index(
                fields=["school", "id_number_index"],
                name="person_id_number_index",
                condition=~Q(id_number_index=""),
            ),
        ]


class Student(models.Model):
    """What only a student has."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil_number = models.CharField(_("全国学籍号"), max_length=20, blank=True)
    local_number = models.CharField(_("学号"), max_length=30, blank=True)
    entry_year = models.PositiveSmallIntegerField(_("入学年份"), null=True, blank=True)

    class Meta:
        db_table = "student"
        verbose_name = verbose_name_plural = _("学生")
        constraints = [
            models.UniqueConstraint(
                fields=["school", "pupil_number"], condition=~Q(pupil_number=""), name="pupil_number_once"
            ),
            models.UniqueConstraint(
                fields=["school", "local_number"], condition=~Q(local_number=""), name="local_number_once"
            ),
        ]


class Staff(models.Model):
    """What only a member of staff has."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    staff_number = models.CharField(_("工号"), max_length=30, blank=True)
    teaching_subject = models.CharField(_("任教学科"), max_length=40, blank=True)
    job_title = models.CharField(_("职称"), max_length=40, blank=True)

    class Meta:
        db_table = "staff"
        verbose_name = verbose_name_plural = _("教职工")
        constraints = [
            models.UniqueConstraint(
                fields=["school", "staff_number"], condition=~Q(staff_number=""), name="staff_number_once"
            ),
        ]


class Contact(models.Model):
    """A way to reach a person."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("电话")
        EMAIL = "email", _("邮箱")
        ADDRESS = "address", _("住址")

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PHONE)
    value = models.CharField(max_length=120)

    class Meta:
        db_table = "contact"
        verbose_name = verbose_name_plural = _("联系方式")
        constraints = [models.UniqueConstraint(fields=["person", "kind", "value"], name="contact_once")]


class Homeroom(OnSubject):
    """A class as a cohort: it keeps its entry year and number while its grade rises."""

    entry_year = models.PositiveSmallIntegerField(_("入学年份"))
    number = models.PositiveSmallIntegerField(_("班号"))
    track = models.CharField(_("专业或类型"), max_length=40, blank=True)

    class Meta:
        db_table = "homeroom"
        verbose_name = verbose_name_plural = _("班级")


class Branch(OnSubject):
    """A Party branch; `parent` is the general branch it belongs to."""

    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    class Meta:
        db_table = "branch"
        verbose_name = verbose_name_plural = _("党支部")


class Department(OnSubject):
    class Meta:
        db_table = "department"
        verbose_name = verbose_name_plural = _("部门")
