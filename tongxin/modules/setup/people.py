"""The people directory: lists by type and group, search by name or pinyin, and a page for each person or group."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.kernel.access import second_factor as factor
from tongxin.kernel.access.context import ROLE_NAMES
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.policy import POSTS, STUDENT_POSTS
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.fields import ALWAYS, FOREVER, NO_END
from tongxin.kernel.base.models import Attribute, Link, Subject
from tongxin.kernel.people.models import Contact, Person
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui import keyset, prepared, tables

from .events import events_of, kinds_of

# Tabs of the directory: type, the link that names a member's group, and that group's type.
TYPES = {
    "student": "enrolled_in",
    "staff": "in_department",
    "guardian": "guardian_of",
    "homeroom": "",
    "branch": "",
    "department": "",
    "team": "",
    "family": "",
    "base": "",
    "enterprise": "",
    "facility": "",
}
# What is neither a person nor a group of the school's own structure.
THINGS = ("team", "family", "base", "enterprise", "facility")
MOST_FOUND = 100


def titles() -> dict[str, str]:
    return {
        "student": _("学生"),
        "staff": _("教职工"),
        "guardian": _("家长"),
        "homeroom": _("班级"),
        "branch": _("党支部"),
        "department": _("部门"),
        "team": _("团队"),
        "family": _("家庭"),
        "base": _("实践基地"),
        "enterprise": _("企业"),
        "facility": _("功能室"),
    }


@allow("people")
def directory(request: HttpRequest) -> HttpResponse:
    """The list of one type; a posted `q` searches names (names do not travel in addresses)."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shown = request.GET.get("type") or request.POST.get("type") or "student"
    shown = shown if shown in TYPES else "student"
    q = request.POST.get("q", "").strip()[:40] if request.method == "POST" else ""
    gone = bool(request.GET.get("gone"))
    group = request.GET.get("group", "")[:22]

    def listed() -> QuerySet[Subject]:
        people = _of_type(viewer, shown, gone=gone)
        return people.filter(_in_group(viewer, TYPES[shown], group)) if group else people

    columns = _columns(shown)
    names = titles()
    fields = ["public_id", "name", "group", "pinyin", "id"]
    if q:
        found = matching(listed(), q).order_by("pinyin", "id").values_list(*fields)[:MOST_FOUND]
        page = keyset.Page(list(found))
    else:
        # An address may name any group, so only lists of no group keep their SQL.
        key = None if group else ("people", viewer.signature, shown, gone)
        page = keyset.page(listed, fields, ["pinyin", "id"], request.GET, key=key, model=Subject)
    table = tables.from_request(
        request,
        columns,
        page.rows,
        keys=fields,
        page=page,
        caption=names[shown],
        empty_title=_("没有找到“%(q)s”") % {"q": q} if q else _("这里还没有人"),
        empty_text=_("换一个字或拼音首字母试试。") if q else _("可以从学校的表格导入，也可以一个一个添加。"),
        empty_url=reverse("setup:person_new", args=[shown]) if viewer.may("people_edit") and not q else "",
        empty_action=_("添加"),
    )
    context = {
        "shown": shown,
        "title": names[shown],
        "q": q,
        "tabs": [
            {"label": title, "url": f"?type={name}", "current": name == shown}
            for name, title in names.items()
            if name not in ("student", "guardian", "family") or _sees(viewer, name)
        ],
        "table": table,
        "groups": _groups(viewer, shown),
        "group": group,
        "gone": gone,
        "may_edit": viewer.may("people_edit"),
        "new_url": reverse("setup:person_new", args=[shown]) if viewer.may("people_edit") else "",
    }
    return render(request, "setup/people.html", context)


def _sees(viewer: Viewer, shown: str) -> bool:
    return not viewer.reach("K2").nothing


def _of_type(viewer: Viewer, shown: str, *, gone: bool) -> QuerySet[Subject]:
    """Return the visible subjects of a type with the name of the group they are in today."""
    day = viewer.day
    people = visible_subjects(viewer).filter(type=shown)
    people = people.filter(present_to__lt=day) if gone else people.filter(present_to__gte=day)
    kind = TYPES[shown]
    if not kind:
        return people.annotate(group=Value(""))
    link = Link.objects.filter(
        a_id=OuterRef("pk"), kind=kind, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    return people.annotate(group=Coalesce(Subquery(link.values("b__name")[:1]), Value("")))


def _in_group(viewer: Viewer, kind: str, public_id: str) -> Q:
    links = Link.objects.filter(
        kind__in=[kind, "branch_member"],
        b__public_id=public_id,
        superseded_at=FOREVER,
        valid_from__lte=viewer.day,
        valid_to__gte=viewer.day,
    )
    return Q(pk__in=links.values("a_id"))


def matching(people: QuerySet[Subject], q: str) -> QuerySet[Subject]:
    """Return those whose name, pinyin or initials hold what was typed."""
    keys = q.lower().replace(" ", "")
    return people.filter(Q(name__icontains=q) | Q(pinyin__startswith=keys) | Q(initials__startswith=keys))


def _columns(shown: str) -> list[tables.Column]:
    link = tables.link_pattern("setup:person", "public_id")
    columns = [
        tables.Column(
            "name", _("姓名") if shown in ("student", "staff", "guardian") else _("名称"), link=link
        )
    ]
    if TYPES[shown]:
        label = {"student": _("班级"), "staff": _("部门"), "guardian": _("孩子")}[shown]
        columns.append(tables.Column("group", label))
    return columns


def _groups(viewer: Viewer, shown: str) -> list[tuple]:
    """Return [(public id, name)] of the groups a list can be narrowed to."""
    wanted = {"student": ["homeroom"], "staff": ["branch", "department"]}.get(shown)
    if not wanted:
        return []
    return prepared.rows(
        ("groups", viewer.signature, shown),
        lambda _at: (
            visible_subjects(viewer)
            .filter(type__in=wanted, present_to__gte=viewer.day)
            .order_by("type", "pinyin", "id")
            .values_list("public_id", "name")
        ),
        {},
    )


@allow("people")
@require_safe
def person(request: HttpRequest, public_id: str) -> HttpResponse:
    """One person or group: what this viewer may know, posts and links with their days, the account."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    subject = get_object_or_404(visible_subjects(viewer), public_id=public_id)
    links, events = links_of(viewer, subject), kinds_of(viewer, subject)
    account = _account(subject) if viewer.may("accounts") else None
    context = {
        "subject": subject,
        "type_title": titles().get(subject.type, ""),
        "present": present_words(subject),
        "posts": [row for row in links if row["is_post"]],
        "links": [row for row in links if not row["is_post"]],
        "attributes": attributes_of(viewer, subject),
        "events": events_of(subject, events),
        "may_record_events": bool(events),
        "details": details(viewer, subject),
        "may_edit": viewer.may("people_edit"),
        "may_accounts": viewer.may("accounts") and subject.type in ("staff", "student", "guardian"),
        "account": account,
        "has_factor": account is not None and viewer.person_id != subject.pk and factor.is_set(account),
        "may_link": may_link(viewer, subject),
        "is_thing": subject.type in THINGS,
        "is_group": subject.type in ("homeroom", "branch", "department", "school"),
        "members_url": reverse("setup:people")
        + {
            "homeroom": f"?type=student&group={subject.public_id}",
            "branch": f"?type=staff&group={subject.public_id}",
            "department": f"?type=staff&group={subject.public_id}",
        }.get(subject.type, ""),
    }
    return render(request, "setup/person.html", context)


def may_link(viewer: Viewer, subject: Subject) -> bool:
    """Say whether there is a link that begins with such a subject."""
    return subject.type in ("student", "staff", "guardian") or bool(links_from(viewer, subject.type))


def links_from(viewer: Viewer, type_: str) -> dict[str, str]:
    """Return the links that programmes declare from a type, with the type at the other end."""
    if viewer.school is None:
        return {}
    return {
        name: link.b
        for _programme, pack in programmes.school_packs(viewer.school, viewer.day)
        for name, link in pack.links.items()
        if link.a == type_ and link.b
    }


def present_words(subject: Subject) -> str:
    if subject.type in THINGS and subject.present_to != NO_END:
        return _("%(day)s停用") % {"day": subject.present_to.isoformat()}
    if subject.type in THINGS:
        return ""
    if subject.present_to != NO_END:
        return _("%(day)s离校") % {"day": subject.present_to.isoformat()}
    if subject.present_from != ALWAYS:
        return _("%(day)s到校") % {"day": subject.present_from.isoformat()}
    return ""


def _account(subject: Subject):
    person = Person.objects.select_related("account").filter(pk=subject.pk).first()
    return person.account if person else None


def link_titles(viewer: Viewer) -> dict[str, str]:
    """Return the Chinese names of posts and links known to this school."""
    words = {post: str(ROLE_NAMES.get(post, post)) for post in POSTS | STUDENT_POSTS}
    words |= {
        "enrolled_in": _("在读"),
        "branch_member": _("组织关系"),
        "in_department": _("所在部门"),
        "guardian_of": _("家长"),
        "teaches": _("任课"),
        "homeroom_liaison": _("第二班主任"),
        "mentor_of": _("成长导师"),
        "master_of": _("师徒结对"),
        "in_team": _("团队成员"),
        "of_family": _("家庭成员"),
    }
    if viewer.school:
        for _programme, pack in reversed(programmes.school_packs(viewer.school, viewer.day)):
            words |= {name: post.title for name, post in pack.posts.items()}
            words |= {name: link.title for name, link in pack.links.items()}
    return words


def links_of(viewer: Viewer, subject: Subject) -> list[dict]:
    """Return the current and past links of a subject whose other end this viewer may see."""
    words = link_titles(viewer)
    rows = (
        Link.objects.filter(Q(a=subject) | Q(b=subject), superseded_at=FOREVER)
        .exclude(kind__in=["enrolled_in", "branch_member", "in_department"] if subject.type in GROUPS else [])
        .select_related("a", "b")
        .order_by("-valid_to", "kind", "valid_from")[:200]
    )
    others = {row.b_id if row.a_id == subject.pk else row.a_id for row in rows}
    seen = set(visible_subjects(viewer).filter(pk__in=others).values_list("pk", flat=True))
    posts = set(POSTS | STUDENT_POSTS) | (
        set(programmes.posts(viewer.school, viewer.day)) if viewer.school else set()
    )
    found = []
    for row in rows:
        other = row.b if row.a_id == subject.pk else row.a
        if other.pk in seen:
            found.append(
                {
                    "link": row,
                    "title": words.get(row.kind, row.kind),
                    "other": other,
                    "outward": row.a_id == subject.pk,
                    "is_post": row.kind in posts,
                    "from": None if row.valid_from == ALWAYS else row.valid_from,
                    "to": None if row.valid_to == NO_END else row.valid_to,
                    "over": row.valid_to < viewer.day,
                }
            )
    return found


GROUPS = ("homeroom", "branch", "department", "school")


def attributes_of(viewer: Viewer, subject: Subject) -> list[dict]:
    """Return the declared attributes this viewer may read of a subject, with today's value."""
    if not viewer.school:
        return []
    declared = programmes.attributes(viewer.school, viewer.day)
    rows = Attribute.objects.filter(
        subject=subject, superseded_at=FOREVER, valid_from__lte=viewer.day, valid_to__gte=viewer.day
    )
    values = {row.name: row.value for row in rows}
    within: dict[str, bool] = {}
    shown = []
    for name, declaration in declared.items():
        if subject.type not in declaration.of:
            continue
        data_class = declaration.data_class or "K3"
        if data_class not in within:
            within[data_class] = visible_subjects(viewer, data_class).filter(pk=subject.pk).exists()
        if within[data_class]:
            shown.append(
                {
                    "name": name,
                    "title": declaration.title,
                    "value": value_words(declaration, values.get(name)),
                    "editable": may_state(viewer, data_class),
                }
            )
    return shown


def may_state(viewer: Viewer, data_class: str) -> bool:
    """Whether a viewer may state facts of a class of those within reach: the roster's are its keepers' alone."""
    return viewer.may("people_edit") or (viewer.may("record") and data_class not in ("K0", "K1"))


def value_words(declaration, value: str | None) -> str:
    if value is None:
        return _("未填")
    if declaration.type == "boolean":
        return _("是") if value == "true" else _("否")
    return declaration.values.get(value, value)


def details(viewer: Viewer, subject: Subject) -> list[tuple[str, str]]:
    """Return what the register says of a person; number and phone only to those who keep it or care for them."""
    person = Person.objects.select_related("student", "staff").filter(pk=subject.pk).first()
    if person is None:
        return []
    rows: list[tuple[str, str]] = []
    if person.sex:
        rows.append((_("性别"), str(person.get_sex_display())))
    student = getattr(person, "student", None)
    staff = getattr(person, "staff", None)
    if staff:
        rows += [
            (_("工号"), staff.staff_number),
            (_("任教学科"), staff.teaching_subject),
            (_("职称"), staff.job_title),
        ]
    may_read = subject.type != "staff" or viewer.may("people_edit") or viewer.person_id == subject.pk
    if may_read:
        if student:
            rows += [(_("全国学籍号"), student.pupil_number), (_("学号"), student.local_number)]
        if person.birth_date:
            rows.append((_("出生日期"), person.birth_date.isoformat()))
        rows += [
            (str(c.get_kind_display()), c.value) for c in Contact.objects.filter(person=person).order_by("pk")
        ]
    return [(label, value) for label, value in rows if value]
