"""A school whose pupils all sit down at once: consents given, a chain staffed, a sitting of forty questions open."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

ITEMS, OPTIONS, SCALES = 40, 5, 8
PER_ROOM = 45
NO_END, FOREVER = 3652059, 253402300799999999


@dataclass(frozen=True)
class Hall:
    """seats: what each pupil's cookie holds."""

    school: Any
    sitting: Any
    students: list[int]
    seats: list[str]


def text() -> str:
    """Return an invented instrument: forty questions, eight scales with bands, a sign of carelessness, an alarm."""
    size = ITEMS // SCALES
    lines = [
        "instrument: hall",
        "title: 测速量表",
        'version: "1"',
        "short: CS",
        "about: 只用来测速，题目是编造的。",
        "instructions: 请按实际情况选。",
        "minutes: 10",
        "forms: [student]",
        "licence: {name: 随程序, wording: shipped, holder: 同心}",
        "citation: 编造。",
        "sources: [{what: 编造, document: 本文件}]",
        "answers:",
        "  agree:",
        "    options:",
    ]
    lines += [f"      - {{value: {value}, text: 第{value}档}}" for value in range(1, OPTIONS + 1)]
    lines.append("items:")
    lines += [f"  - {{id: {number}, text: 编造的第 {number} 题}}" for number in range(1, ITEMS + 1)]
    lines.append("scales:")
    for scale in range(SCALES):
        first, top = scale * size + 1, size * OPTIONS
        lines += [
            f"  - id: s{scale}",
            f"    title: 第{scale}方面",
            f"    items: [{first}-{first + size - 1}]",
            "    bands:",
            f"      - {{id: usual, title: 一般, rank: 0, from: {size}, to: {top - 2}}}",
            f"      - {{id: high, title: 偏高, rank: 2, from: {top - 1}, to: {top}, signal: true}}",
        ]
    lines += [
        "validity:",
        "  - {id: all-one, title: 全选最低, level: doubt, when: {all: [{items: 1-40, at_most: 1}]}}",
        "critical:",
        "  - {id: alarm, title: 需要马上有人看, rank: 4, when: {item: 40, at_least: 5}}",
        "golden:",
        "  - {name: 全选最低, answers: {all: 1}, scores: {s0: 5}, bands: {s0: usual}, critical: []}",
        "  - {name: 全选最高, answers: {all: 5}, scores: {s7: 25}, bands: {s7: high}, critical: [alarm]}",
        "  - {name: 中间, answers: {all: 3}, scores: {s3: 15}, bands: {s3: usual}, critical: []}",
    ]
    return "\n".join(lines) + "\n"


def answers(choice: random.Random) -> dict[str, str]:
    """Return the answers of one invented pupil; two in a thousand ask for somebody at once."""
    found = {str(number): str(choice.randint(1, OPTIONS)) for number in range(1, ITEMS)}
    return found | {str(ITEMS): "5" if choice.random() < 0.002 else str(choice.randint(1, OPTIONS - 1))}


def build(pupils: int, *, per_page: int = ITEMS) -> Hall:
    """Fill an empty installation: pupils with a guardian who said yes, in classes, each with a paper just begun."""
    from django.utils import timezone

    from tongxin.kernel.base.models import Account, School
    from tongxin.kernel.consent import services as consent
    from tongxin.kernel.consent.models import Purpose
    from tongxin.kernel.people import services as people
    from tongxin.kernel.signals.models import ChainStep
    from tongxin.modules.screening import instruments
    from tongxin.modules.screening.models import Sitting, SittingForm
    from tongxin.modules.screening.seats import Ticket

    school = School.objects.create(name="测速中学")
    account = Account.objects.create_user("counsellor")
    today = timezone.localdate()
    since = date(today.year - 1, 9, 1)
    whole = people.school_subject(school)
    for number, post in enumerate(("counsellor", "deputy_secretary", "secretary"), 1):
        staff = people.make_staff(school, f"联系人{number}", since=since)
        people.appoint(staff.person.subject, post, whole, since=since)
        ChainStep.objects.create(school=school, number=number, person=staff.person.subject, firm=number == 3)
    consent.publish_text(school, Purpose.SCREENING, "收集什么、谁能看、怎样撤回。", renews=True, by=account)
    students, rooms = _people(school.pk, pupils)
    made = instruments.add(school, text(), by=account, shipped=True)
    sitting = Sitting.objects.create(
        school=school, title="开考", state=Sitting.State.OPEN, first_day=today - timedelta(days=1),
        last_day=today + timedelta(days=5), rooms=rooms, per_page=per_page,
    )  # fmt: skip
    SittingForm.objects.create(sitting=sitting, number=1, text=made)
    _begin(sitting, students)
    seats = [
        Ticket(sitting.public_id, f"s{number}", SittingForm.Form.STUDENT.value, f"s{number}").sealed()
        for number in range(1, pupils + 1)
    ]
    return Hall(school, sitting, students, seats)


def _begin(sitting: Any, students: list[int]) -> None:
    from django.db import transaction
    from django.utils import timezone

    from tongxin.kernel.base import rows
    from tongxin.modules.screening.models import Paper, SittingForm

    now, form = timezone.now(), SittingForm.Form.STUDENT
    with transaction.atomic():
        for student in students:
            rows.insert(
                Paper(
                    public_id=f"q{student}", school_id=sitting.school_id, sitting_id=sitting.pk, student_id=student,
                    form=form, respondent_id=student, started_at=now,
                )
            )  # fmt: skip


def _people(school: int, pupils: int) -> tuple[list[int], list[int]]:
    """Insert pupils, their guardians and consents, and their classes, in plain SQL; return pupils and classes."""
    from django.db import connection, transaction

    rooms = max(pupils // PER_ROOM, 1)
    values: dict[str, Any] = {
        "school": school, "pupils": pupils, "rooms": rooms, "end": NO_END, "forever": FOREVER,
        "birth": date.today().toordinal() - 12 * 365,
    }  # fmt: skip
    helper = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many) "
    subject = (
        "INSERT INTO subject (public_id, school_id, type, name, pinyin, initials, present_from, present_to) "
        "SELECT :letter || i, :school, :type, :name || i, printf('p%07d', i), 'p', 1, :end FROM n"
    )
    link = (
        "INSERT INTO link (public_id, school_id, kind, a_id, b_id, valid_from, valid_to, recorded_at, superseded_at) "
        "SELECT :letter || i, :school, :kind, :a + i - 1, :b + (i - 1) % :targets, 1, :end, 1, :forever FROM n"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        raw = cursor.connection.cursor()

        def do(sql: str, many: int = pupils, **more: Any) -> None:
            raw.execute(helper + sql, {**values, "many": many, **more})

        def first(kind: str) -> int:
            return raw.execute("SELECT min(id) FROM subject WHERE type = ?", (kind,)).fetchone()[0]

        do(subject, rooms, letter="r", type="homeroom", name="班")
        do(subject, letter="s", type="student", name="学生")
        do(subject, letter="g", type="guardian", name="家长")
        room, student, guardian = first("homeroom"), first("student"), first("guardian")
        do(
            "INSERT INTO person (subject_id, sex, birth_date, account_id, school_id, id_number, id_number_index) "
            "SELECT :student + i - 1, 'male', :birth, NULL, :school, NULL, '' FROM n",
            student=student,
        )
        do(link, letter="e", kind="enrolled_in", a=student, b=room, targets=rooms)
        do(link, letter="f", kind="guardian_of", a=guardian, b=student, targets=pupils)
        do(
            "INSERT INTO consent (public_id, school_id, student_id, purpose, what, who_id, text_id, channel, at, recorded_at) "
            "SELECT 'c' || i, :school, :student + i - 1, 'screening', 'given', :guardian + i - 1, t.id, 'paper', "
            "t.published_at + 1, t.published_at + 1 FROM n, (SELECT id, published_at FROM consent_text LIMIT 1) t",
            student=student,
            guardian=guardian,
        )
        do(
            "INSERT INTO attribute (school_id, subject_id, name, value, valid_from, valid_to, recorded_at, superseded_at) "
            "SELECT :school, :room + i - 1, 'grade', '7', 1, :end, 1, :forever FROM n",
            rooms,
            room=room,
        )
    return list(range(student, student + pupils)), list(range(room, room + rooms))


def main() -> None:
    """Fill the installation that TONGXIN_DATA names; print what clients need as a line of JSON."""
    import json
    import sys

    from tongxin.config.command_line import set_up_django

    set_up_django()
    from tongxin.config.commands.setup import prepare

    prepare()
    made = build(int(sys.argv[1]))
    json.dump({"seats": made.seats}, sys.stdout)
