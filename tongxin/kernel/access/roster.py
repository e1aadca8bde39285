"""What the register and the facts of people hold about one person: told, counted, erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.base.fields import ALWAYS, NO_END, new_public_id
from tongxin.kernel.base.models import Account, Attribute, Event, Link, Subject
from tongxin.kernel.base.sealing.fields import columns_of
from tongxin.kernel.people.models import Contact, Person, Staff, Student

from .holdings import Erased, Holding, Reader, Section, register

PEOPLE = ("student", "guardian", "staff", "outsider")
NAMELESS = "（已删除）"
LINKS = {
    "enrolled_in": gettext_lazy("班级"),
    "guardian_of": gettext_lazy("监护"),
    "of_family": gettext_lazy("家庭"),
    "branch_member": gettext_lazy("组织关系"),
    "in_department": gettext_lazy("部门"),
    "mentor_of": gettext_lazy("导师"),
    "in_team": gettext_lazy("团队"),
}


def day_words(day: date) -> str:
    return "" if day in (ALWAYS, NO_END) else day.isoformat()


def _register(reader: Reader, subject: Subject) -> list[Section]:
    rows = [(_("姓名"), subject.name)]
    person = Person.objects.filter(pk=subject.pk).first()
    if person is not None:
        rows += [(_("性别"), str(person.get_sex_display())), (_("出生日期"), str(person.birth_date or ""))]
        student = Student.objects.filter(pk=subject.pk).first()
        if student is not None:
            rows += [(_("全国学籍号"), student.pupil_number), (_("学号"), student.local_number)]
        staff = Staff.objects.filter(pk=subject.pk).first()
        if staff is not None:
            rows += [(_("工号"), staff.staff_number), (_("职称"), staff.job_title)]
        contacts = Contact.objects.filter(person=person).order_by("pk")
        rows += [(str(one.get_kind_display()), one.value) for one in contacts]
    links = Link.objects.current().filter(Q(a=subject) | Q(b=subject), kind__in=LINKS)
    told = [
        (str(LINKS[link.kind]), (link.b if link.a_id == subject.pk else link.a).name,
         day_words(link.valid_from), day_words(link.valid_to))
        for link in links.select_related("a", "b").order_by("valid_from", "pk")
    ]  # fmt: skip
    return [
        Section(_("登记的资料"), (_("项目"), _("内容")), [row for row in rows if row[1]]),
        Section(_("班级、监护等关系"), (_("关系"), _("对方"), _("从"), _("到")), told),
    ]


def _facts(reader: Reader, subject: Subject) -> list[Section]:
    person = Person.objects.filter(pk=subject.pk).first()
    rows = [
        (one.name, one.value, day_words(one.valid_from), day_words(one.valid_to))
        for one in Attribute.objects.current().filter(subject=subject).order_by("name", "valid_from")
    ]
    if person is not None and person.id_number:
        rows.insert(0, (_("身份证件号"), person.id_number, "", ""))
    events = [
        (one.kind, one.day.isoformat())
        for one in Event.objects.current().filter(subject=subject, retracted=False).order_by("day")
    ]
    return [
        Section(_("登记的情况"), (_("项目"), _("内容"), _("从"), _("到")), rows),
        Section(_("登记的事件"), (_("事件"), _("日期")), events),
    ]


def _count_people(ids: Sequence[int]) -> dict[int, int]:
    return dict.fromkeys(
        Person.objects.filter(pk__in=ids).exclude(subject__name=NAMELESS).values_list("pk", flat=True), 1
    )


def _count_facts(ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for rows in (Attribute.objects.filter(subject__in=ids), Event.objects.filter(subject__in=ids)):
        for pk in rows.values_list("subject", flat=True):
            found[pk] = found.get(pk, 0) + 1
    for pk in Person.objects.filter(pk__in=ids, id_number__isnull=False).values_list("pk", flat=True):
        found[pk] = found.get(pk, 0) + 1
    return found


def _erase_person(subject: Subject, by: Account | None) -> Erased:
    """Take the name, numbers, contacts and the login away; the nameless row stays, for figures that counted it."""
    subject.name, subject.pinyin, subject.initials = NAMELESS, "", ""
    subject.save(update_fields=["name", "pinyin", "initials"])
    gone = 1 + Contact.objects.filter(person=subject.pk).delete()[0]
    person = Person.objects.select_related("account").filter(pk=subject.pk).first()
    if person is not None:
        account, person.account = person.account, None
        person.sex, person.birth_date = "", None
        person.save(update_fields=["sex", "birth_date", "account"])
        if account is not None and not account.people.exists():
            account.login, account.is_active = f"erased-{new_public_id()}", False
            account.set_unusable_password()
            account.save(update_fields=["login", "is_active", "password"])
    Student.objects.filter(pk=subject.pk).update(pupil_number="", local_number="")
    Staff.objects.filter(pk=subject.pk).update(staff_number="", teaching_subject="", job_title="")
    return Erased(gone, tuple(_others(subject)))


def _others(subject: Subject) -> list[str]:
    """Say which guardians stay behind without any other child here."""
    guardians = Link.objects.filter(kind="guardian_of", b=subject).values("a")
    alone = (
        Subject.objects.filter(pk__in=guardians)
        .exclude(name=NAMELESS)
        .exclude(
            pk__in=Link.objects.filter(kind="guardian_of", a__in=guardians).exclude(b=subject).values("a")
        )
    )
    count = alone.count()
    return [_("还有%(n)d位家长在校没有别的孩子，他们自己的资料要另外删除。") % {"n": count}] if count else []


def _erase_facts(subject: Subject, by: Account | None) -> Erased:
    gone = Attribute.objects.filter(subject=subject).delete()[0]
    person = Person.objects.filter(pk=subject.pk, id_number__isnull=False).first()
    if person is not None:
        person.id_number = ""
        person.save(update_fields=columns_of(Person, ["id_number"]))
        gone += 1
    free = Event.objects.filter(subject=subject, answers=None)
    gone += free.delete()[0]
    left = Event.objects.filter(subject=subject).count()
    kept = (_("有%(n)d件事连着别的登记，只留下事件的名称和日期。") % {"n": left},) if left else ()
    return Erased(gone, kept)


def register_all() -> None:
    register(
        Holding(
            "people.register", gettext_lazy("登记的资料和联系方式"), "K2", _register, _count_people, _erase_person,
            types=PEOPLE, order=900,
        )
    )  # fmt: skip
    register(
        Holding(
            "people.facts", gettext_lazy("登记的情况、事件和证件号"), "K3", _facts, _count_facts, _erase_facts,
            types=PEOPLE, order=20,
        )
    )  # fmt: skip
