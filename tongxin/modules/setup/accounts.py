"""Printed one-time slips that open accounts, one or a whole group at a time; locking and opening accounts."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access import services as access
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.people.models import Person
from tongxin.ui.qr import qr
from tongxin.ui.toasts import notify

WITH_ACCOUNTS = ("staff", "student", "guardian")
MOST_AT_ONCE = 400


@allow("accounts")
@require_POST
def slip(request: HttpRequest, public_id: str) -> HttpResponse:
    """Make a slip for one person and show the sheet to print. The code can be seen only now."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    person = get_object_or_404(_people(viewer), subject__public_id=public_id)
    try:
        return _sheet(request, [person])
    except access.SameIssuer:
        return _two_people(request, public_id)


@allow("accounts")
@require_POST
def factor_slip(request: HttpRequest, public_id: str) -> HttpResponse:
    """Print a slip with which somebody who lost the phone sets the second factor anew."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    person = get_object_or_404(_people(viewer), subject__public_id=public_id)
    if person.pk == viewer.person_id:
        raise Http404
    try:
        made, code = access.issue_factor_slip(person, by=viewer)
    except access.SlipNotValid:
        notify(request, _("这个账号还没有设第二步验证，不用重设。"))
        return redirect("setup:person", public_id)
    except access.SameIssuer:
        return _two_people(request, public_id)
    return render(
        request, "setup/factor_slip.html", {"person": person, "code": code, "until": made.expires_at}
    )


def _two_people(request: HttpRequest, public_id: str) -> HttpResponse:
    """One person alone must not be able to take over a guarded account."""
    notify(
        request, _("开通纸条和重设验证的纸条要由两个人分别打印。您刚打印过其中一张，另一张请别的管理员打印。")
    )
    return redirect("setup:person", public_id)


@allow("accounts")
@require_http_methods(["GET", "HEAD", "POST"])
def slips(request: HttpRequest) -> HttpResponse:
    """Choose a group (all staff, a class, a branch); print slips for those who have not signed in yet."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    groups = visible_subjects(viewer).filter(
        type__in=["homeroom", "branch", "department"], present_to__gte=viewer.day
    )
    if request.method == "POST":
        people = list(_chosen(viewer, request.POST.get("group", ""))[: MOST_AT_ONCE + 1])
        if len(people) > MOST_AT_ONCE:
            notify(request, _("一次最多打印%(n)d张，请按班级分开打印。") % {"n": MOST_AT_ONCE})
        elif people:
            return _sheet(request, people)
        else:
            notify(request, _("这一组的人都已经开通，不用再打印。"))
        return redirect("setup:slips")
    context = {"groups": groups.order_by("type", "pinyin", "id"), "most": MOST_AT_ONCE}
    return render(request, "setup/slips.html", context)


def _people(viewer: Viewer):
    if viewer.school_id is None:
        raise Http404
    return Person.objects.select_related("subject", "account", "school").filter(
        school_id=viewer.school_id,
        subject__type__in=WITH_ACCOUNTS,
        subject__present_to__gte=viewer.day,
        subject__in=visible_subjects(viewer),
    )


def _chosen(viewer: Viewer, group: str):
    """Return the people of a group who never signed in: "staff", or the public id of a class, branch, department."""
    people = _people(viewer).filter(account__last_login=None).order_by("subject__pinyin", "pk")
    if group == "staff":
        return people.filter(subject__type="staff")
    subject = get_object_or_404(Subject, public_id=group, school_id=viewer.school_id)
    members = Link.objects.filter(
        b=subject, superseded_at=FOREVER, valid_from__lte=viewer.day, valid_to__gte=viewer.day,
        kind__in=["enrolled_in", "branch_member", "in_department"],
    )  # fmt: skip
    return people.filter(pk__in=members.values("a_id"))


@transaction.atomic
def _sheet(request: HttpRequest, people: list[Person]) -> HttpResponse:
    address = request.build_absolute_uri(reverse("setup:activate"))
    rows = []
    for person in people:
        made, code = access.issue_slip(person, by=request.viewer)  # type: ignore[attr-defined]
        rows.append(
            {
                "person": person,
                "login": made.account.login,
                "code": code,
                "qr": qr(f"{address}?code={code}"),
                "until": made.expires_at,
            }
        )
    return render(request, "setup/slip_sheet.html", {"rows": rows, "address": address})


@allow("accounts")
@require_POST
def account_active(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    person = get_object_or_404(_people(viewer), subject__public_id=public_id)
    if person.account is None or person.pk == viewer.person_id:
        raise Http404
    active = request.POST.get("active") == "1"
    access.set_active(person, active, by=viewer)
    notify(request, _("已恢复账号。") if active else _("已停用账号，正在使用的会马上退出。"))
    return redirect("setup:person", public_id)
