"""Who holds which post, which posts nobody holds, and one form that fills them: the duties of the staff list are proposed."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.policy import POSTS, STUDENT_POSTS
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Link, Subject
from tongxin.kernel.calendar.models import SchoolYear
from tongxin.kernel.people import services as people
from tongxin.kernel.people.guards import PostRefused
from tongxin.kernel.programmes.queries import school_packs
from tongxin.ui.toasts import notify

from .people import link_titles
from .people_edit import DATE

# What every school needs, whichever programmes it works with.
ALWAYS_NEEDED = (
    "secretary", "administrator", "office", "care_leader", "counsellor", "it_admin", "security_admin", "audit_admin",
    "homeroom_teacher",
)  # fmt: skip
PLACES = ("school", "branch", "department", "homeroom")
# Of what belongs to somebody, by the kind of link that says so.
MEMBERSHIP = {"branch": "branch_member", "department": "in_department"}
# How staff lists call those who hold a post, where they do not write its title.
CALLED = {
    "secretary": "党总支书记 党委书记 党支部书记 总支书记 书记",
    "deputy_secretary": "党总支副书记 党委副书记 党支部副书记 副书记",
    "administrator": "校长 副校长 教导主任 教务主任 政教主任 德育主任 总务主任 教导处主任 教务处主任 政教处主任 德育处主任",
    "office": "办公室主任 校办主任 党政办主任 办公室",
    "counsellor": "心理教师 专职心理教师 心理健康教师 心理老师",
    "part_time_counsellor": "兼职心理教师",
    "branch_secretary": "支部书记 党支部书记",
    "branch_committee": "支委 组织委员 宣传委员 纪检委员",
    "union_organiser": "工会主席",
    "women_organiser": "妇女主任 妇委会主任 女工委员",
    "league_organiser": "团委书记 团支部书记 团总支书记",
    "pioneers_organiser": "大队辅导员 少先队辅导员 少先队大队辅导员",
    "department_head": "教研组长 教研室主任 系主任",
}
_PARTS = re.compile(r"[、，,/;；兼和 ]+")


@dataclass
class Seat:
    """One post in one place. needed: how many rules of the programmes rest on the post; proposed: names from the list."""

    post: str
    title: str
    place: Subject
    needed: int
    holders: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)

    @property
    def field_name(self) -> str:
        return f"{self.post}-{self.place.public_id}"

    @property
    def label(self) -> str:
        return self.title if self.place.type == "school" else f"{self.title} · {self.place.name}"


def seats(viewer: Viewer) -> list[Seat]:
    """Every post that the school needs, in every place of its kind, those most leaned upon first."""
    assert viewer.school is not None
    kinds, needed = _posts(viewer)
    words, day = link_titles(viewer), viewer.day
    places = defaultdict(list)
    for one in visible_subjects(viewer).filter(type__in=PLACES, present_to__gte=day).order_by("pinyin", "pk"):
        places[one.type].append(one)
    found = [
        Seat(post, words.get(post, post), place, needed[post])
        for post, of in kinds.items()
        for place in places[of]
    ]
    by_key = {(seat.post, seat.place.pk): seat for seat in found}
    holding = Link.objects.filter(
        school=viewer.school, kind__in=kinds, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    for kind, place, name in holding.order_by("a__pinyin").values_list("kind", "b", "a__name"):
        if (kind, place) in by_key:
            by_key[kind, place].holders.append(name)
    _propose(viewer, found)
    order = list(kinds)
    return sorted(found, key=lambda seat: (-seat.needed, order.index(seat.post), seat.place.pinyin))


def _posts(viewer: Viewer) -> tuple[dict[str, str], dict[str, int]]:
    """Return the posts with the kind of place each is held in, and how many rules rest on each."""
    assert viewer.school is not None
    kinds = {post: POSTS[post] for post in ALWAYS_NEEDED}
    needed: dict[str, int] = defaultdict(int)
    for _programme, pack in school_packs(viewer.school, viewer.day):
        kinds |= {name: post.of for name, post in pack.posts.items()}
        for rule in pack.obligations:
            for name in rule.bearer.names if rule.evaluable else ():
                needed[name] += 1
    return {name: of for name, of in kinds.items() if of in PLACES and name not in STUDENT_POSTS}, needed


def _propose(viewer: Viewer, found: list[Seat]) -> None:
    """Put the names of those whose duty in the staff list is a post into its empty seats."""
    duties = Attribute.objects.filter(
        school=viewer.school, name="duty", superseded_at=FOREVER, valid_from__lte=viewer.day,
        valid_to__gte=viewer.day, subject__in=visible_subjects(viewer).filter(type="staff"),
    )  # fmt: skip
    said = list(duties.order_by("subject__pinyin").values_list("subject", "subject__name", "value"))
    if not said:
        return
    homes: dict[tuple[str, int], int] = {
        (kind, a): b
        for kind, a, b in Link.objects.filter(
            school=viewer.school, kind__in=MEMBERSHIP.values(), superseded_at=FOREVER,
            valid_from__lte=viewer.day, valid_to__gte=viewer.day, a__in=[pk for pk, _name, _said in said],
        ).values_list("kind", "a", "b")
    }  # fmt: skip
    with translation.override("zh-hans"):  # staff lists are in Chinese, whatever language the page has
        written = link_titles(viewer)
    for seat in found:
        if seat.holders:
            continue
        called = {written.get(seat.post, ""), *CALLED.get(seat.post, "").split()}
        home = MEMBERSHIP.get(seat.place.type)
        seat.proposed = [
            name
            for pk, name, duty in said
            if called & set(_PARTS.split(duty)) and (home is None or homes.get((home, pk)) == seat.place.pk)
        ]
        if seat.place.type == "homeroom":
            seat.proposed = []


def empty(viewer: Viewer) -> list[Seat]:
    """The seats that nobody holds."""
    return [seat for seat in seats(viewer) if not seat.holders]


class PostsForm(forms.Form):
    """A line of names for each empty seat; several names are parted by 、."""

    def __init__(self, vacant: list[Seat], staff: dict[str, list[Subject]], since: date, data: Any = None):
        super().__init__(data)
        self.vacant, self.staff = vacant, staff
        self.fields["since"] = forms.DateField(
            label=gettext_lazy("从哪天起"), widget=DATE, initial=since,
            help_text=gettext_lazy("一般写开学第一天，这样本学期的要求从头算。"),
        )  # fmt: skip
        for seat in vacant:
            self.fields[seat.field_name] = forms.CharField(
                label=seat.label, required=False, max_length=200, initial="、".join(seat.proposed),
                widget=forms.TextInput(attrs={"list": "staff-names", "autocomplete": "off"}),
            )  # fmt: skip
        self.given: list[tuple[Seat, Subject]] = []

    def lines(self) -> list[tuple[Seat, forms.BoundField]]:
        return [(seat, self[seat.field_name]) for seat in self.vacant]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for seat in self.vacant:
            for name in filter(None, re.split(r"[、，,;； ]+", data.get(seat.field_name) or "")):
                self._named(seat, name)
        if not self.errors and not self.given:
            raise forms.ValidationError(_("还没有填姓名。请至少给一个岗位填上人。"))
        return data

    def _named(self, seat: Seat, name: str) -> None:
        found = self.staff.get(name, [])
        if len(found) == 1:
            self.given.append((seat, found[0]))
        elif found:
            said = _("有%(n)d位“%(name)s”，请到本人的页面上加岗位。") % {"n": len(found), "name": name}
            self.add_error(seat.field_name, said)
        else:
            self.add_error(seat.field_name, _("教职工里没有“%(name)s”。请核对姓名。") % {"name": name})


@allow("people_edit")
@require_http_methods(["GET", "HEAD", "POST"])
def posts(request: HttpRequest) -> HttpResponse:
    """Fill the posts that nobody holds, all of it or nothing, and read who holds the others."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    every = seats(viewer)
    vacant = [seat for seat in every if not seat.holders]
    staff: dict[str, list[Subject]] = defaultdict(list)
    for one in (
        visible_subjects(viewer).filter(type="staff", present_to__gte=viewer.day).order_by("pinyin", "pk")
    ):
        staff[one.name].append(one)
    form = PostsForm(vacant, staff, _begin(viewer), request.POST or None)
    if request.method == "POST" and form.is_valid() and _appoint(viewer, form):
        n = len(form.given)
        notify(request, ngettext("已定好%(n)d个岗位。", "已定好%(n)d个岗位。", n) % {"n": n})
        return redirect("setup:posts")
    context = {
        "form": form,
        "vacant": vacant,
        "names": list(staff),
        "held": [seat for seat in every if seat.holders],
        "back": reverse("setup:people") + "?type=staff",
    }
    return render(request, "setup/posts.html", context)


def _begin(viewer: Viewer) -> date:
    """The day from which a school usually states its posts: the first of its school year."""
    assert viewer.school is not None
    year = SchoolYear.objects.filter(
        school=viewer.school, first_day__lte=viewer.day, last_day__gte=viewer.day
    ).first()
    return year.first_day if year else viewer.day


def _appoint(viewer: Viewer, form: PostsForm) -> bool:
    """Give every post of the form; where one is refused none is given and its line says why."""
    refused = False
    with transaction.atomic():
        for seat, person in form.given:
            try:
                people.appoint(
                    person, seat.post, seat.place, since=form.cleaned_data["since"], by=viewer.account
                )
            except PostRefused as said:
                refused = True
                form.add_error(seat.field_name, str(said))
        if refused:
            transaction.set_rollback(True)
    return not refused
