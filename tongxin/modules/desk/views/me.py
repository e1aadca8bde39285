"""我的: who I am here, what I logged, language, sign out; and the short guide by role."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tongxin.kernel.access import policy
from tongxin.kernel.access.context import ROLE_NAMES
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.programmes.queries import posts as declared_posts

from .links import named_url


@allow()
def me(request: Request) -> HttpResponse:
    viewer = request.viewer
    logged = Entry.objects.current().filter(school_id=viewer.school_id, recorded_by=viewer.account).count()
    return render(
        request,
        "desk/me.html",
        {
            "posts": _posts(viewer),
            "logged": logged,
            "password_url": named_url("setup:change_password"),
            "factor_url": named_url("setup:second_factor") if viewer.needs_second_factor else "",
            "people_url": named_url("setup:people") if viewer.may("people") else "",
        },
    )


def _posts(viewer: Viewer) -> list[str]:
    """Return the posts held today, each with where: 班主任（七年级1班）."""
    if viewer.school is None:
        return []
    held = {at for places in viewer.posts.values() for at in places}
    names = dict(Subject.objects.filter(pk__in=held).values_list("pk", "name"))
    titles = {name: post.title for name, post in declared_posts(viewer.school, viewer.day).items()}
    lines = []
    for post in viewer.posts:
        if post in policy.POSTS or post in titles or post == "homeroom_liaison":
            title = titles.get(post) or str(ROLE_NAMES.get(post, ""))
            for at in sorted(viewer.posts[post]):
                if title and at in names:
                    school = policy.POSTS.get(post) == "school"
                    lines.append(title if school else f"{title}（{names[at]}）")
    return lines


@allow()
def help_pages(request: Request) -> HttpResponse:
    """The guide: what one does here, in the order of the day, for the roles this person has."""
    viewer = request.viewer
    return render(
        request,
        "desk/help.html",
        {
            "may_record": viewer.may("record"),
            "leads": viewer.may("gaps"),
            "edits": viewer.may("programme_edit"),
            "office": viewer.may("export"),
            "imports": viewer.may("import"),
            "bureau": viewer.may("bureau"),
        },
    )
