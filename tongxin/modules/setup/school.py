"""The school's own settings, its calendar, and the first steps."""

from __future__ import annotations

from datetime import date

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.calendar import national, services
from tongxin.kernel.calendar.models import DayOverride, SchoolYear
from tongxin.kernel.calendar.queries import calendar_owner, school_calendar, where_is
from tongxin.kernel.obligations.unrecorded import unrecorded_of
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes.models import Programme
from tongxin.ui.toasts import notify

from . import posts, school_facts
from .people_edit import DATE


class SchoolForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("学校全称"), max_length=80)
    short_name = forms.CharField(label=gettext_lazy("简称"), max_length=30, required=False)
    code = forms.CharField(label=gettext_lazy("学校标识码"), max_length=20, required=False)


def _school(request: HttpRequest) -> School:
    school = request.viewer.school  # type: ignore[attr-defined]
    if school is None:
        raise Http404
    return school


@allow("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    school = _school(request)
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    fields = ("name", "short_name", "code")
    form = SchoolForm(request.POST or None, initial={f: getattr(school, f) for f in fields})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            for field in fields:
                setattr(school, field, form.cleaned_data[field].strip())
            school.save(update_fields=list(fields))
            people.rename(people.school_subject(school), school.name)
            audit.write(viewer, "setup.school_changed", school, school_id=school.pk)
        notify(request, _("已保存。"))
        return redirect("setup:settings")
    context = {"form": form, "school": school, "facts": school_facts.rows(school, viewer.day)}
    return render(request, "setup/settings.html", context)


@allow("settings", "import", "calendar")
@require_safe
def next_steps(request: HttpRequest) -> HttpResponse:
    """What a new school does first, in order, with what is done already."""
    school = _school(request)
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    count = {
        type_: Subject.objects.filter(school=school, type=type_).count()
        for type_ in ("student", "staff", "branch")
    }
    teachers = (
        Link.objects.current()
        .filter(school=school, kind="homeroom_teacher", valid_to__gte=viewer.day)
        .count()
    )
    accounts = Person.objects.filter(school=school, subject__type="staff", account__isnull=False).count()
    adopted = Programme.objects.filter(school=school).exists()
    facts = school_facts.rows(school, viewer.day)
    steps = [
        (
            _("核对校历"),
            _("学期起止、放假和调休上课"),
            reverse("setup:calendar"),
            SchoolYear.objects.filter(school=school).exists(),
        ),
        (
            _("登记学校情况"),
            _("学段、所在地区等，决定哪些要求与本校有关"),
            reverse("setup:school_facts") if viewer.may("people_edit") else reverse("setup:next_steps"),
            all(row.value for row in facts[: len(school_facts.FIRST)]),
        ),
        (
            _("导入教职工名单"),
            _("用学校现有的表格就行"),
            _address("setup:imports", "setup:import_upload"),
            count["staff"] > 1,
        ),
        (
            _("导入学生名册"),
            _("一个年级一张表也行，重复导入不会多出人来"),
            _address("setup:imports", "setup:import_upload"),
            count["student"] > 0,
        ),
        (
            _("建立党支部"),
            _("党员归到支部，党员的要求才算得到人"),
            f"{reverse('setup:people')}?type=branch",
            count["branch"] > 0,
        ),
        (
            _("定班主任和各岗位"),
            _("名单上写了职务的先填好，核对以后一次定下"),
            reverse("setup:posts") if viewer.may("people_edit") else f"{reverse('setup:people')}?type=staff",
            teachers > 0 and not any(seat.needed for seat in posts.empty(viewer)),
        ),
        (
            _("采用方案"),
            _("选一个方案包，名称和数字都可以改"),
            _address("desk:programmes"),
            adopted,
        ),
        (
            _("登记方案要看的情况"),
            _("谁任课、谁新调入……没有登记的，要求不算到他"),
            reverse("setup:facts"),
            adopted and not unrecorded_of(viewer),
        ),
        (_("发开通纸条"), _("老师扫码就能用"), reverse("setup:slips"), accounts > 1),
    ]
    rows = [{"title": t, "text": x, "url": u, "done": d} for t, x, u, d in steps]
    todo = next((row for row in rows if not row["done"]), None)
    return render(request, "setup/next_steps.html", {"steps": rows, "first": todo})


def _address(*names: str) -> str:
    from django.urls import NoReverseMatch

    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return "/"


class YearForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("学年"), max_length=20, help_text=gettext_lazy("例如：2026-2027")
    )
    first_day = forms.DateField(label=gettext_lazy("学年第一天"), widget=DATE)
    last_day = forms.DateField(label=gettext_lazy("学年最后一天"), widget=DATE)
    autumn_first = forms.DateField(label=gettext_lazy("秋季学期第一个上课日"), widget=DATE)
    autumn_last = forms.DateField(label=gettext_lazy("秋季学期最后一个上课日"), widget=DATE)
    spring_first = forms.DateField(label=gettext_lazy("春季学期第一个上课日"), widget=DATE)
    spring_last = forms.DateField(label=gettext_lazy("春季学期最后一个上课日"), widget=DATE)


class DayForm(forms.Form):
    day = forms.DateField(label=gettext_lazy("日期"), widget=DATE)
    what = forms.ChoiceField(
        label=gettext_lazy("这一天"), choices=[("off", gettext_lazy("不上课")), ("on", gettext_lazy("上课"))]
    )
    note = forms.CharField(label=gettext_lazy("说明"), max_length=60, required=False)


@allow("calendar")
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The school years with their terms, and every day that differs from the ordinary week."""
    school = _school(request)
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    owner = calendar_owner(school)
    years = list(SchoolYear.objects.filter(school=owner).prefetch_related("terms").order_by("-first_day"))
    at = where_is(school_calendar(school), viewer.day)
    shown = next((y for y in years if str(y.pk) == request.GET.get("year")), years[0] if years else None)
    context = {
        "years": years,
        "shown": shown,
        "own": owner.pk == school.pk,
        "today": at,
        "days": special_days(school, shown) if shown else [],
        "unknown": [n for n in _numbers(shown) if not national.year(n)[2]] if shown else [],
    }
    return render(request, "setup/calendar.html", context)


def _numbers(year: SchoolYear) -> range:
    return range(year.first_day.year, year.last_day.year + 1)


def special_days(school: School, year: SchoolYear) -> list[dict]:
    """Return the days of a school year that differ from the ordinary week: {"day", "on", "note", "own"}."""
    rows: dict[date, dict] = {}
    for number in _numbers(year):
        off, on, _known = national.year(number)
        for day in off | on:
            rows[day] = {
                "day": day,
                "on": day in on,
                "note": national.holiday_name(day) or (_("调休上课") if day in on else _("放假")),
                "own": False,
            }
    for override in DayOverride.objects.filter(school=school):
        rows[override.day] = {
            "day": override.day,
            "on": override.is_school_day,
            "note": override.note,
            "own": True,
        }
    return [rows[day] for day in sorted(rows) if year.first_day <= day <= year.last_day]


@allow("calendar")
@require_http_methods(["GET", "HEAD", "POST"])
def school_year(request: HttpRequest) -> HttpResponse:
    """Enter or change a school year with its two terms."""
    school = _school(request)
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    known = (
        SchoolYear.objects.filter(school=school, pk=request.GET.get("year") or 0).first()
        if request.GET.get("year", "").isdecimal()
        else None
    )
    form = YearForm(request.POST or None, initial=_year_values(known, viewer.day))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        terms = [
            services.TermDraft(
                _("%(year)d秋") % {"year": data["autumn_first"].year},
                data["autumn_first"],
                data["autumn_last"],
            ),
            services.TermDraft(
                _("%(year)d春") % {"year": data["spring_first"].year},
                data["spring_first"],
                data["spring_last"],
            ),
        ]
        try:
            services.save_school_year(
                school, data["name"].strip(), data["first_day"], data["last_day"], terms, by=viewer
            )
        except services.BadCalendar as error:
            form.add_error(None, str(error))
        else:
            notify(request, _("校历已保存，应做的事按新的日期计算。"))
            return redirect("setup:calendar")
    context = {"form": form, "title": _("学年和学期"), "back": reverse("setup:calendar")}
    return render(request, "setup/form_page.html", context)


def _year_values(known: SchoolYear | None, today: date) -> dict:
    if known is not None:
        values = {"name": known.name, "first_day": known.first_day, "last_day": known.last_day}
        for prefix, term in zip(("autumn", "spring"), known.terms.all(), strict=False):
            values |= {f"{prefix}_first": term.first_day, f"{prefix}_last": term.last_day}
        return values
    start = today.year if today.month >= 6 else today.year - 1
    return {
        "name": f"{start}-{start + 1}",
        "first_day": date(start, 9, 1),
        "last_day": date(start + 1, 8, 31),
    }


@allow("calendar")
@require_http_methods(["GET", "HEAD", "POST"])
def day(request: HttpRequest) -> HttpResponse:
    school = _school(request)
    form = DayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.set_day(school, data["day"], data["what"] == "on", data["note"], by=request.viewer)  # type: ignore[attr-defined]
        notify(request, _("已保存。"))
        return redirect("setup:calendar")
    context = {"form": form, "title": _("放假或调休的一天"), "back": reverse("setup:calendar")}
    return render(request, "setup/form_page.html", context)


@allow("calendar")
@require_POST
def clear_day(request: HttpRequest) -> HttpResponse:
    school = _school(request)
    try:
        which = date.fromisoformat(request.POST.get("day", ""))
    except ValueError as error:
        raise Http404 from error
    services.clear_day(school, which, by=request.viewer)  # type: ignore[attr-defined]
    notify(request, _("这一天又按国家日历计算。"))
    return redirect("setup:calendar")
