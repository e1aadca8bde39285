"""The school's own calendar; a school without one uses its bureau's."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField
from tongxin.kernel.base.models import School


class SchoolYear(models.Model):
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="school_years")
    name = models.CharField(_("学年"), max_length=20)
    first_day = DayField(_("开始日期"))
    last_day = DayField(_("结束日期"))

    class Meta:
        db_table = "school_year"
        ordering = ["first_day"]
        constraints = [models.UniqueConstraint(fields=["school", "name"], name="school_year_once")]

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    """From the first to the last teaching day; breaks belong to no term."""

    school_year = models.ForeignKey(SchoolYear, on_delete=models.CASCADE, related_name="terms")
    name = models.CharField(_("学期"), max_length=20)
    first_day = DayField(_("第一个上课日"))
    last_day = DayField(_("最后一个上课日"))
    first_teaching_week = DayField(_("第一教学周的周一"))

    class Meta:
        db_table = "term"
        ordering = ["first_day"]

    def __str__(self) -> str:
        return self.name


class DayOverride(models.Model):
    """A day that differs from the ordinary week: a holiday, a make-up working day, a school's own day off."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="day_overrides")
    day = DayField(_("日期"))
    is_school_day = models.BooleanField(_("上课"))
    note = models.CharField(_("说明"), max_length=60, blank=True)

    class Meta:
        db_table = "day_override"
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["school", "day"], name="day_override_once")]
