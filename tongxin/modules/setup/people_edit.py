"""Add and change people and groups, posts and links, dated facts; let people leave."""

from __future__ import annotations

from datetime import date

from django import forms
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.policy import POSTS, STUDENT_POSTS
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.obligations.queries import obligation_named
from tongxin.kernel.obligations.waivers import may_waive
from tongxin.kernel.people import services as people
from tongxin.kernel.people.guards import Obstacle, PostRefused
from tongxin.kernel.people.models import Contact, Homeroom, Person, Student
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui.toasts import notify

from .people import THINGS, link_titles, links_from, may_state, titles

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class OfSchool(forms.Form):
    """A form that knows who fills it in."""

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.viewer = viewer


class GroupForm(OfSchool):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=80)


class HomeroomForm(GroupForm):
    name = forms.CharField(
        label=gettext_lazy("班级名称"), max_length=80, help_text=gettext_lazy("例如：七年级3班")
    )
    grade = forms.IntegerField(label=gettext_lazy("年级"), min_value=1, max_value=12)
    number = forms.IntegerField(label=gettext_lazy("班号"), min_value=1, max_value=99)
    entry_year = forms.IntegerField(label=gettext_lazy("入学年份"), min_value=2000, max_value=2100)


class PersonForm(OfSchool):
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=40)
    sex = forms.ChoiceField(
        label=gettext_lazy("性别"), required=False, choices=[("", gettext_lazy("未填")), *Person.Sex.choices]
    )
    birth_date = forms.DateField(label=gettext_lazy("出生日期"), required=False, widget=DATE)
    since = forms.DateField(label=gettext_lazy("到校日期"), required=False, widget=DATE)
    phone = forms.CharField(label=gettext_lazy("电话"), max_length=30, required=False)

    def _choices(self, type_: str) -> list[tuple[str, str]]:
        groups = Subject.objects.filter(
            school=self.viewer.school, type=type_, present_to__gte=self.viewer.day
        )
        return [("", _("未填")), *groups.order_by("pinyin", "id").values_list("public_id", "name")]

    def clean_name(self) -> str:
        return "".join(self.cleaned_data["name"].split())


class StudentForm(PersonForm):
    homeroom = forms.ChoiceField(label=gettext_lazy("班级"), required=False)
    pupil_number = forms.RegexField(
        label=gettext_lazy("全国学籍号"),
        required=False,
        regex=r"^[GJL][0-9]{17}[0-9X]$",
        error_messages={"invalid": gettext_lazy("全国学籍号是G、J或L加18位，请核对。")},
    )
    local_number = forms.CharField(label=gettext_lazy("学号"), max_length=30, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["homeroom"].choices = self._choices("homeroom")  # type: ignore[attr-defined]


class StaffForm(PersonForm):
    staff_number = forms.CharField(label=gettext_lazy("工号"), max_length=30, required=False)
    teaching_subject = forms.CharField(label=gettext_lazy("任教学科"), max_length=40, required=False)
    department = forms.ChoiceField(label=gettext_lazy("部门"), required=False)
    branch = forms.ChoiceField(label=gettext_lazy("党支部（党员才填）"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = self._choices("department")  # type: ignore[attr-defined]
        self.fields["branch"].choices = self._choices("branch")  # type: ignore[attr-defined]


class GuardianForm(PersonForm):
    child = forms.CharField(
        label=gettext_lazy("孩子的学号或全国学籍号"),
        max_length=30,
        help_text=gettext_lazy("填一个孩子，其他孩子以后再加。"),
    )

    def clean_child(self) -> Subject:
        number = self.cleaned_data["child"].strip()
        found = Student.objects.filter(school=self.viewer.school)
        student = found.filter(local_number=number).first() or found.filter(pupil_number=number).first()
        if student is None:
            raise forms.ValidationError(_("没有找到这个学号的学生，请核对。"))
        return student.person.subject


FORMS: dict[str, type[OfSchool]] = {
    "student": StudentForm,
    "staff": StaffForm,
    "guardian": GuardianForm,
    "homeroom": HomeroomForm,
    "branch": GroupForm,
    "department": GroupForm,
    **dict.fromkeys(THINGS, GroupForm),
}


@allow("people_edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, type: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if type not in FORMS or viewer.school is None:
        raise Http404
    form = FORMS[type](request.POST or None, viewer=viewer)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                subject = _make(viewer, type, form.cleaned_data)
                audit.write(viewer, "people.added", subject, type=type)
        except IntegrityError:
            form.add_error(None, _("这个号码已经有人用了，请核对后再保存。"))
        else:
            notify(request, _("已添加%(name)s。") % {"name": subject.name})
            return redirect("setup:person", subject.public_id)
    context = {
        "form": form,
        "title": _("添加%(what)s") % {"what": titles()[type]},
        "back": f"{reverse('setup:people')}?type={type}",
    }
    return render(request, "setup/form_page.html", context)


def _make(viewer: Viewer, type: str, data: dict) -> Subject:
    school = viewer.school
    assert school is not None
    if type == "homeroom":
        return people.make_homeroom(
            school, data["name"], entry_year=data["entry_year"], number=data["number"], grade=data["grade"]
        ).subject
    if type == "branch":
        return people.make_branch(school, data["name"]).subject
    if type == "department":
        return people.make_department(school, data["name"]).subject
    if type in THINGS:
        return people.make_subject(school, type, data["name"])
    since = data.get("since") or date.min
    known = {"since": since, "sex": data["sex"], "birth_date": data["birth_date"]}
    if type == "student":
        room = Homeroom.objects.filter(school=school, subject__public_id=data["homeroom"]).first()
        person = people.make_student(
            school,
            data["name"],
            homeroom=room,
            pupil_number=data["pupil_number"],
            local_number=data["local_number"],
            **known,
        ).person
    elif type == "staff":
        person = people.make_staff(
            school,
            data["name"],
            staff_number=data["staff_number"],
            teaching_subject=data["teaching_subject"],
            **known,
        ).person
        for kind, field in (("in_department", "department"), ("branch_member", "branch")):
            group = (
                Subject.objects.filter(school=school, public_id=data[field]).first() if data[field] else None
            )
            if group:
                people.set_link(kind, person.subject, group, since=since, by=viewer.account)
    else:
        person = people.make_guardian(school, data["name"], children=[data["child"]])
    if data.get("phone"):
        Contact.objects.get_or_create(
            school=school, person=person, kind=Contact.Kind.PHONE, value=data["phone"].strip()
        )
    return person.subject


class RenameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("姓名或名称"), max_length=80)


@allow("people_edit")
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    subject = get_object_or_404(visible_subjects(viewer), public_id=public_id)
    form = RenameForm(request.POST or None, initial={"name": subject.name})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            people.rename(subject, form.cleaned_data["name"].strip())
            audit.write(viewer, "people.renamed", subject)
        return redirect("setup:person", public_id)
    context = {"form": form, "title": _("改名"), "back": reverse("setup:person", args=[public_id])}
    return render(request, "setup/form_page.html", context)


class LinkForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("岗位或关系"))
    other = forms.ChoiceField(label=gettext_lazy("在哪里、与谁"))
    since = forms.DateField(label=gettext_lazy("从哪天起"), widget=DATE)
    until = forms.DateField(label=gettext_lazy("到哪天止"), required=False, widget=DATE)
    alone = forms.BooleanField(
        label=gettext_lazy("接替现任"),
        required=False,
        help_text=gettext_lazy("现在担任这个岗位的人到前一天为止。"),
    )

    def clean(self) -> dict:
        data = super().clean() or {}
        if data.get("until") and data.get("since") and data["until"] < data["since"]:
            self.add_error("until", _("结束日期早于开始日期，请改正其中一个。"))
        return data


# What links may be added by hand from a person's page: kind → type at the other end.
HAND_LINKS = {
    "enrolled_in": "homeroom",
    "in_department": "department",
    "branch_member": "branch",
    "teaches": "homeroom",
    "homeroom_liaison": "homeroom",
    "mentor_of": "student",
    "master_of": "staff",
    "in_team": "team",
    "guardian_of": "student",
}


def _kinds_for(viewer: Viewer, subject: Subject) -> dict[str, str]:
    """Return the posts and links this subject can be given, with the type of thing at the other end."""
    assert viewer.school is not None
    declared = links_from(viewer, subject.type)
    if subject.type == "student":
        return (
            {"enrolled_in": "homeroom", "in_team": "team", "of_family": "family"} | STUDENT_POSTS | declared
        )
    if subject.type == "guardian":
        return {"guardian_of": "student", "of_family": "family"} | declared
    if subject.type != "staff":
        return declared
    kinds = dict(POSTS)
    for _p, pack in programmes.school_packs(viewer.school, viewer.day):
        kinds |= {name: post.of for name, post in pack.posts.items()}
        kinds |= {name: link.b for name, link in pack.links.items() if link.a in ("staff", "member")}
    hand = {k: v for k, v in HAND_LINKS.items() if k not in ("enrolled_in", "guardian_of")}
    return kinds | hand


@allow("people_edit")
@require_http_methods(["GET", "HEAD", "POST"])
def add_link(request: HttpRequest, public_id: str) -> HttpResponse:
    """Two steps on one address: choose the post or relation, then where or with whom and from when."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    subject = get_object_or_404(visible_subjects(viewer), public_id=public_id)
    kinds = _kinds_for(viewer, subject)
    if not kinds:
        raise Http404
    words = link_titles(viewer)
    kind = request.POST.get("kind") or request.GET.get("kind") or ""
    if kind not in kinds:
        choices = sorted(((k, words.get(k, k)) for k in kinds), key=lambda c: c[1])
        context = {
            "subject": subject,
            "choices": choices,
            "title": _("岗位或关系"),
            "back": reverse("setup:person", args=[public_id]),
        }
        return render(request, "setup/link_kind.html", context)
    others = (
        visible_subjects(viewer).filter(type=kinds[kind], present_to__gte=viewer.day).exclude(pk=subject.pk)
    )
    form = LinkForm(request.POST or None, initial={"kind": kind, "since": viewer.day})
    form.fields["kind"].choices = [(kind, words.get(kind, kind))]  # type: ignore[attr-defined]
    form.fields["other"].choices = list(others.order_by("pinyin", "id").values_list("public_id", "name"))  # type: ignore[attr-defined]
    waive: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        other = others.get(public_id=data["other"])
        try:
            _link(viewer, subject, kind, other, data)
        except PostRefused as refused:
            for obstacle in refused.obstacles:
                form.add_error(None, obstacle.sentence)
            waive = _waivable(viewer, subject, refused.obstacles)
        else:
            notify(request, _("已保存。"))
            return redirect("setup:person", public_id)
    context = {
        "waive": waive,
        "form": form,
        "title": words.get(kind, kind),
        "back": reverse("setup:person", args=[public_id]),
    }
    return render(request, "setup/form_page.html", context)


def _waivable(viewer: Viewer, subject: Subject, obstacles: list[Obstacle]) -> list[tuple[str, str]]:
    """Return (rule, address) of what stands in the way and this viewer may waive."""
    assert viewer.school is not None
    packs = {p.public_id: pack for p, pack in programmes.school_packs(viewer.school, viewer.day)}
    found = []
    for obstacle in obstacles:
        pack = packs.get(obstacle.programme)
        rule = obligation_named(pack, obstacle.obligation, viewer.day) if pack else None
        if pack and rule and viewer.may("explain") and may_waive(viewer, pack, rule, subject):
            address = reverse("desk:waive", args=[obstacle.programme, rule.id, subject.public_id])
            found.append((rule.title, address))
    return found


@transaction.atomic
def _link(viewer: Viewer, subject: Subject, kind: str, other: Subject, data: dict) -> None:
    until = data["until"] or date.max
    if data["alone"] or kind in ("enrolled_in", "in_department"):
        # A student sits in one homeroom at a time; a successor ends the present holder's term the day before.
        same = Link.objects.current().filter(kind=kind, valid_to__gte=data["since"])
        same = same.filter(a=subject) if kind in ("enrolled_in", "in_department") else same.filter(b=other)
        for old in same.exclude(a=subject, b=other):
            people.end_link(old, date.fromordinal(data["since"].toordinal() - 1), by=viewer.account)
    link = people.set_link(kind, subject, other, since=data["since"], until=until, by=viewer.account)
    audit.write(viewer, "people.linked", link, kind=kind)


@allow("people_edit")
@require_POST
def end_link(request: HttpRequest, public_id: str) -> HttpResponse:
    """End a post or relation with today (the last day that counts)."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    link = get_object_or_404(Link.objects.current(), public_id=public_id, school_id=viewer.school_id)
    people.end_post(link, viewer.day, by=viewer)
    notify(request, _("已结束，今天是最后一天。"))
    back = request.POST.get("person", "")
    return redirect("setup:person", back) if back else redirect("setup:people")


class AttributeForm(forms.Form):
    value = forms.CharField(label=gettext_lazy("内容"), max_length=120)
    since = forms.DateField(label=gettext_lazy("从哪天起"), widget=DATE)


@allow("people_edit", "record")
@require_http_methods(["GET", "HEAD", "POST"])
def attribute(request: HttpRequest, public_id: str, name: str) -> HttpResponse:
    """State a dated fact of a subject; only facts of a class within the viewer's reach."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if viewer.school is None:
        raise Http404
    declaration = programmes.attributes(viewer.school, viewer.day).get(name)
    if declaration is None:
        raise Http404
    data_class = declaration.data_class or "K3"
    reach = visible_subjects(viewer, data_class).filter(type__in=declaration.of)
    if not may_state(viewer, data_class):
        raise Http404
    subject = get_object_or_404(reach, public_id=public_id)
    form = AttributeForm(request.POST or None, initial={"since": viewer.day})
    form.fields["value"] = value_field(declaration)
    if request.method == "POST" and form.is_valid():
        value = form.cleaned_data["value"]
        text = value.isoformat() if isinstance(value, date) else str(value)
        with transaction.atomic():
            row = people.set_attribute(
                subject, name, text, since=form.cleaned_data["since"], by=viewer.account
            )
            audit.write(viewer, "people.attribute_set", row, name=name)
        notify(request, _("已保存。"))
        return redirect("setup:person", public_id)
    context = {"form": form, "title": declaration.title, "back": reverse("setup:person", args=[public_id])}
    return render(request, "setup/form_page.html", context)


def value_field(declaration) -> forms.Field:
    label = declaration.title
    if declaration.type == "boolean":
        return forms.ChoiceField(label=label, choices=[("true", _("是")), ("false", _("否"))])
    if declaration.type in ("choice", "state"):
        return forms.ChoiceField(label=label, choices=list(declaration.values.items()))
    if declaration.type == "integer":
        return forms.IntegerField(label=label)
    if declaration.type == "decimal":
        return forms.DecimalField(label=label, max_digits=12, decimal_places=2)
    if declaration.type == "date":
        return forms.DateField(label=label, widget=DATE)
    return forms.CharField(label=label, max_length=120)


class DepartForm(forms.Form):
    last_day = forms.DateField(label=gettext_lazy("最后一天"), widget=DATE)


@allow("people_edit")
@require_http_methods(["GET", "HEAD", "POST"])
def depart(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    subject = get_object_or_404(visible_subjects(viewer), public_id=public_id)
    form = DepartForm(request.POST or None, initial={"last_day": viewer.day})
    if request.method == "POST" and form.is_valid():
        people.depart(subject, form.cleaned_data["last_day"], by=viewer)
        if subject.type in THINGS:
            notify(request, _("已停用。此后不再有应做的事，以前的记录都在。"))
        else:
            notify(request, _("已办理离校。此后不再有应做的事，以前的记录都在。"))
        return redirect("setup:person", public_id)
    context = {
        "form": form,
        "title": (_("停用%(name)s") if subject.type in THINGS else _("办理%(name)s离校"))
        % {"name": subject.name},
        "lead": _("岗位和关系到这一天为止；以前的记录不会删除。"),
        "back": reverse("setup:person", args=[public_id]),
    }
    return render(request, "setup/form_page.html", context)
