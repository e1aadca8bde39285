"""A copy of everything about one person: a zip of what every room holds, as a workbook and a letter that explains it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.exchange import outgoing
from tongxin.exchange.documents.blocks import Block, Document, Listing, Paragraph, Signature
from tongxin.exchange.documents.bundle import Member
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access import holdings, openings, policy
from tongxin.kernel.access.holdings import Holding, Section
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import School, Subject

SEALED = ("K4", "K5")
# What of the sealed classes somebody takes home without another word. What was said with a counsellor, a crisis, and what is
# exceptional is handed over by a person who explains it: a phone at home has more than one reader.
ALONE = ("K4a", "K4b")


@dataclass(frozen=True)
class Copy:
    """What a copy holds. left_out: titles of what this reader may not open; somebody else gives it."""

    number: str
    told: tuple[tuple[Holding, tuple[Section, ...]], ...]
    left_out: tuple[str, ...]


def parts(viewer: Viewer, person: Subject) -> tuple[list[Holding], list[Holding]]:
    """Return (what this reader may tell, what not) of all that is held about a person."""
    own = person.pk in (viewer.person_id, *viewer.children)
    may: list[Holding] = []
    may_not: list[Holding] = []
    for one in holdings.of_type(person.type):
        (may if _within(viewer, person, one.data_class, own) else may_not).append(one)
    return may, may_not


def _within(viewer: Viewer, person: Subject, data_class: str, own: bool) -> bool:
    if data_class.startswith(SEALED):
        reach = viewer.sealed_reach(data_class)
        if own:
            return data_class in ALONE and person.pk in reach.people
        return reach.school or bool(openings.open_now(viewer, data_class, {person.pk}))
    if own and person.pk == viewer.person_id:
        return True
    return visible_subjects(viewer, data_class).filter(pk=person.pk).exists()


def collect(viewer: Viewer, person: Subject) -> Copy:
    """Open and tell all that this reader may, with one audit row for the copy and one for each opening of sealed values.

    Raises reading.StepUpNeeded and OutOfReach from the door.
    """
    may, may_not = parts(viewer, person)
    own = person.pk in (viewer.person_id, *viewer.children)
    reader = holdings.Reader(viewer, "own" if own else "copy")
    with transaction.atomic():
        number = outgoing.note(
            viewer,
            "privacy.copied",
            person,
            purpose="own" if own else "copy",
            classes=_classes(may),
            left_out=_classes(may_not),
        )
        told = tuple((one, tuple(one.tell(reader, person))) for one in may)
    return Copy(number, told, tuple(dict.fromkeys(str(one.title) for one in may_not)))


def _classes(found: list[Holding]) -> list[str]:
    return [name for name in policy.CLASSES if name in {one.data_class for one in found}]


def members(copy: Copy, school: School, person: Subject, day: str) -> list[Member]:
    """Return the files of the zip: the explanation first, then a workbook for each kind of content."""
    files = [Member((), f"{_('说明')}.docx", write_word(_explanation(copy, school, person, day)))]
    for one, sections in copy.told:
        sheets = [
            Sheet(
                section.title, [Column(title) for title in section.columns], section.rows, note=section.note
            )
            for section in sections
        ]
        if any(section.rows for section in sections):
            content = write_workbook(sheets, export_id=copy.number, author=school.name)
            files.append(Member((), f"{one.title}.xlsx", content))
    return files


def _explanation(copy: Copy, school: School, person: Subject, day: str) -> Document:
    listed = [
        f"{one.title}（{sum(len(section.rows) for section in sections)}）" for one, sections in copy.told
    ]
    blocks: list[Block] = [
        Paragraph(
            _("这是%(school)s保存的、关于%(name)s的个人信息的副本。")
            % {"school": school.name, "name": person.name}
        ),
        Listing(listed, numbered=True),
        *(
            [
                Paragraph(
                    _("下面的内容由心理教师另外给出或当面说明：%(what)s。")
                    % {"what": "、".join(copy.left_out)}
                )
            ]
            if copy.left_out
            else []
        ),
        Paragraph(
            _(
                "有不对的，可以要求更正；不需要再保存的，可以要求删除；对答复不满意，可以向教育局或网信部门投诉。"
            )
        ),
        Paragraph(_("里面有敏感信息，请妥善保管，不要转发。")),
        Signature(school.name, day),
    ]
    return Document(_("个人信息副本说明"), blocks, export_id=copy.number, author=school.name)
