"""`bench io`: a roster from the .xlsx file to committed rows, against openpyxl, a loop and bulk_create.

The reference is what most Django projects do. It runs on a tenth of the file and is multiplied; on that tenth both
ways must leave the same rows. Each run is a process of its own on a database of its own, so that memory is its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

SEED = 5
GENERATOR = 1  # raised when the rows change
TARGET_RATIO = 7.0
TARGET_MB = 500.0
SLACK = 1.5  # a shared two-core machine may be busy
TODAY, SINCE = date(2026, 11, 22), date(2026, 9, 1)
ROWS = {"ci": 10_000, "full": 200_000}
# One row in so many has a wrong check digit: 500 of 200,000.
CORRUPT_EVERY = 400
CLASSES = 40  # of each grade

HEADINGS = (
    "学号",
    "姓名",
    "性别",
    "身份证件号",
    "全国学籍号",
    "年级",
    "班级",
    "民族",
    "出生日期",
    "入学年月",
    "是否住校",
    "家庭住址",
    "监护人",
    "监护人关系",
    "联系电话",
    "备注",
)
FAMILY_NAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英文博宇轩梓涵欣怡子墨一诺浩然雨桐佳琪思远"
PEOPLES = ("汉族", "汉族", "汉族", "汉族", "汉族", "汉族", "回族", "满族", "壮族", "维吾尔族")
COUNTIES = (
    "610102",
    "610113",
    "510104",
    "320102",
    "440103",
    "110101",
    "330106",
    "420106",
    "370102",
    "350102",
)
CHECK_DIGITS, WEIGHTS = "10X98765432", (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bench io`."""
    parser.add_argument("--rows", type=int, default=None, help="名单多少行（完整规模 200000）")
    parser.add_argument("--seed", type=int, default=SEED, help="生成名单的种子")


def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return one line for the whole way and one per phase."""
    rows = args.rows or ROWS[getattr(args, "scale", "ci") or "ci"]
    tenth = max(rows // 10, 1)
    with tempfile.TemporaryDirectory(prefix="tongxin-bench-io-") as scratch:
        folder = Path(scratch)
        whole, part = folder / "whole.xlsx", folder / "part.xlsx"
        digest = write_roster(whole, rows, args.seed)
        write_roster(part, tenth, args.seed)
        ours = _worker("ours", whole, folder / "a")
        ours_part = _worker("ours", part, folder / "b")
        reference = _worker("reference", part, folder / "c")
    same = ours_part["checksum"] == reference["checksum"]
    factor = rows / tenth
    peak = ours["rss_mb"]
    total_s, usual_s = (sum(wall for wall, _cpu in way["phases"].values()) for way in (ours, reference))
    usual_s *= factor
    # By processor time, the child's included: on a shared machine the clock on the wall tells of the others.
    ratio = reference["cpu_s"] * factor / ours["cpu_s"]
    lines = [
        {
            "name": "io import",
            "n": rows,
            "median_s": round(total_s, 3),
            "cpu_s": round(ours["cpu_s"], 3),
            "rss_mb": round(peak, 1),
            "reference": f"openpyxl + loop + bulk_create on {tenth} rows × {factor:g}: {usual_s:.1f} s",
            "ratio": round(ratio, 2),
            "target": TARGET_RATIO,
            "ok": ratio >= TARGET_RATIO / SLACK and peak <= TARGET_MB and same,
            "ratio_by_the_clock": round(usual_s / total_s, 2),
            "target_rss_mb": TARGET_MB,
            "rss_main_mb": round(ours["main_rss_mb"], 1),
            "rss_child_mb": round(ours["child_rss_mb"], 1),
            "accepted": ours["accepted"],
            "left_out": ours["left_out"],
            "rows_in_database": ours["database_rows"],
            "same_rows_as_reference": same,
            "generator": f"{GENERATOR}:{digest}",
        }
    ]
    for phase, usual in [("read and check", "openpyxl and a loop"), ("insert", "bulk_create")]:
        wall, cpu = ours["phases"][phase]
        other_wall, other_cpu = reference["phases"][phase]
        lines.append(
            {
                "name": f"io {phase}",
                "n": rows,
                "median_s": round(wall, 3),
                "cpu_s": round(cpu, 3),
                "rss_mb": round(peak, 1),
                "reference": f"{usual}: {other_wall * factor:.1f} s",
                "ratio": round(other_cpu * factor / cpu, 2),
                "target": "只报告",
                "ok": None,
            }
        )
    return lines


def roster(rows: int, seed: int) -> Iterator[tuple[str, ...]]:
    """Yield invented pupils, all text: names from common characters, identity numbers with their check digit."""
    choose = random.Random(seed)
    used: set[str] = set()
    for number in range(rows):
        grade = number % 3
        born = date(2011, 9, 1) + timedelta(days=365 * (2 - grade) + choose.randrange(365))
        body = ""
        while not body or body in used:
            body = f"{choose.choice(COUNTIES)}{born:%Y%m%d}{choose.randrange(1000):03d}"
        used.add(body)
        digit = CHECK_DIGITS[sum(w * int(c) for w, c in zip(WEIGHTS, body, strict=True)) % 11]
        identity = body + digit
        if number % CORRUPT_EVERY == CORRUPT_EVERY // 2:
            identity = body + ("1" if digit != "1" else "2")
        name = choose.choice(FAMILY_NAMES) + "".join(choose.choices(GIVEN_NAMES, k=choose.choice((1, 2, 2))))
        parent = choose.choice(FAMILY_NAMES) + "".join(choose.choices(GIVEN_NAMES, k=2))
        yield (
            f"{2024 + 2 - grade}{number:07d}",
            name,
            "男" if int(body[16]) % 2 else "女",
            identity,
            f"G{identity}",
            ("七年级", "八年级", "九年级")[grade],
            f"{choose.randint(1, CLASSES)}班",
            choose.choice(PEOPLES),
            born.isoformat(),
            f"{2026 - grade}-09",
            "是" if choose.random() < 0.3 else "否",
            f"示例市学府路{choose.randrange(1, 400)}号{choose.randrange(1, 30)}栋{choose.randrange(101, 2500)}室",
            parent,
            choose.choice(("父亲", "母亲")),
            f"13{choose.randrange(10**9):09d}",
            "",
        )


def write_roster(path: Path, rows: int, seed: int) -> str:
    """Write the roster as Excel would, with shared strings, and return a digest of its content."""
    strings: dict[str, int] = {}
    digest = hashlib.sha256()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as book:
        for name, text in _PARTS.items():
            book.writestr(name, text)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, row in enumerate(_with_headings(rows, seed), start=1):
                digest.update("\t".join(row).encode())
                cells = "".join(
                    f'<c r="{chr(65 + column)}{number}" t="s"><v>{strings.setdefault(text, len(strings))}</v></c>'
                    for column, text in enumerate(row)
                    if text
                )
                sheet.write(f'<row r="{number}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
        with book.open("xl/sharedStrings.xml", "w") as table:
            table.write(f'<sst xmlns="{_MAIN}" uniqueCount="{len(strings)}">'.encode())
            table.write("".join(f"<si><t>{escape(text)}</t></si>" for text in strings).encode())
            table.write(b"</sst>")
    return digest.hexdigest()[:16]


def _with_headings(rows: int, seed: int) -> Iterator[tuple[str, ...]]:
    yield HEADINGS
    yield from roster(rows, seed)


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}


def _worker(way: str, file: Path, data: Path) -> dict[str, Any]:
    """Run one way in a process of its own and return what it measured."""
    data.mkdir()
    environment = os.environ | {
        "TONGXIN_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "tongxin.config.settings",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[3]), *sys.path[:1]]),
    }
    environment.pop("TONGXIN_DATABASE", None)
    command = [sys.executable, "-m", "tongxin.config.commands.bench_io", way, str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def work(way: str, file: Path) -> dict[str, Any]:
    """Import one file one way and return phases in seconds, CPU, memory, counts and a checksum of the rows."""
    import resource

    import django

    django.setup()
    from django.core.management import call_command

    from tongxin.kernel.base.models import School
    from tongxin.kernel.people import services as people

    call_command("migrate", verbosity=0)
    school = School.objects.create(name="量测学校")
    people.set_attribute(people.school_subject(school), "stage", "junior")
    _make_homerooms(school)
    # Loaded before the clock starts: both ways use them, and a server has them in memory.
    from tongxin.exchange.rosters.search_keys import search_keys

    search_keys("吴晓")
    cpu = time.process_time()
    phases, accepted, left_out, before_mb = (_ours if way == "ours" else _reference)(file, school)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    child_mb = used.ru_maxrss / 1024 if way == "ours" else 0.0
    return {
        "phases": phases,
        "cpu_s": time.process_time() - cpu + used.ru_utime + used.ru_stime,
        "rss_mb": max(_peak_mb(), before_mb + child_mb),
        "main_rss_mb": _peak_mb(),
        "child_rss_mb": child_mb,
        "accepted": accepted,
        "left_out": left_out,
        **_state(school),
    }


def _make_homerooms(school: Any) -> None:
    """The classes stand before the clock starts: their number does not grow with the file."""
    from tongxin.kernel.people import services

    for grade, title in [(7, "七年级"), (8, "八年级"), (9, "九年级")]:
        for number in range(1, CLASSES + 1):
            services.make_homeroom(
                school,
                f"{title}{number}班",
                entry_year=2026 - grade + 7,
                number=number,
                grade=grade,
                since=SINCE,
            )


def _state(school: Any) -> dict[str, Any]:
    """Return how many rows there are and a checksum of what they say, without keys and times."""
    from tongxin.kernel.base.models import Attribute, Link, Subject
    from tongxin.kernel.people.models import Contact, Person, Student

    digest, count = hashlib.sha256(), 0
    for rows in [
        Subject.objects.values_list("type", "name", "pinyin", "initials", "present_from", "present_to"),
        Student.objects.values_list("person__subject__name", "local_number", "pupil_number", "entry_year"),
        Link.objects.values_list("kind", "a__name", "b__name", "valid_from", "valid_to"),
        Attribute.objects.values_list("subject__name", "name", "value"),
        Contact.objects.values_list("person__subject__name", "kind", "value"),
    ]:
        # Sorted by the database: a million rows in Python would be more than the import itself held.
        for row in rows.order_by(*range_of(rows)).iterator(chunk_size=5_000):
            digest.update(repr(row).encode())
            count += 1
    # Every ID number is sealed anew each time: the numbers themselves are compared, and in any order.
    read, total = Person._meta.get_field("id_number").read, 0  # type: ignore[union-attr]
    persons = Person.objects.values_list("pk", "id_number", "subject__name", "sex", "birth_date")
    for pk, number, *said in persons.iterator(chunk_size=5_000):
        total += int.from_bytes(hashlib.sha256(repr((said, read(number, pk))).encode()).digest())
        count += 1
    digest.update(repr(total).encode())
    return {"checksum": digest.hexdigest()[:16], "database_rows": count}


def range_of(rows: Any) -> tuple[str, ...]:
    """Return the columns of a values_list query, to sort by all of them."""
    return tuple(rows._fields)


Phases = dict[
    str, tuple[float, float]
]  # seconds by the clock, and of the processor with children that have ended


def _timed(phases: Phases, name: str, do: Callable[[], Any]) -> Any:
    wall, cpu = time.perf_counter(), _cpu_s()
    answer = do()
    phases[name] = (time.perf_counter() - wall, _cpu_s() - cpu)
    return answer


def _cpu_s() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _peak_mb() -> float:
    """Return the most memory this process has held so far, in megabytes.

    getrusage would also count what the parent held when it started this process, so the kernel's own record is read
    where there is one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ours(file: Path, school: Any) -> tuple[Phases, int, int, float]:
    from django.db import transaction

    from tongxin.exchange.rosters.apply import apply
    from tongxin.exchange.rosters.compare import compare
    from tongxin.exchange.rosters.known import read_school
    from tongxin.exchange.rosters.reader import SPOOL_BYTES
    from tongxin.exchange.rosters.roster import check_file

    phases: Phases = {}
    # Rows are looked at only after the child has ended, so its peak meets what this process held before.
    before_mb = _peak_mb() + SPOOL_BYTES / 2**20
    checked = _timed(phases, "read and check", lambda: check_file(file, "students", today=TODAY))

    def insert() -> None:
        with transaction.atomic():
            known = read_school(school, "students", TODAY)
            plan = compare(checked.result, known)
            apply(plan, known, since=SINCE, by=None).as_json()

    _timed(phases, "insert", insert)
    return phases, len(checked.result.records), len(checked.result.left_out), before_mb


def _reference(file: Path, school: Any) -> tuple[Phases, int, int, float]:
    """The usual way: openpyxl, a loop that checks the same things, and bulk_create of model objects."""
    from django.db import transaction

    phases: Phases = {}
    before_mb = _peak_mb()
    good, bad = _timed(phases, "read and check", lambda: _read_usually(file))

    def insert() -> None:
        with transaction.atomic():
            _insert_usually(good, school)

    _timed(phases, "insert", insert)
    return phases, len(good), bad, before_mb


def _read_usually(file: Path) -> tuple[list[dict[str, Any]], int]:
    import re

    import openpyxl

    sheet = openpyxl.load_workbook(file, read_only=True).active
    assert sheet is not None
    lines = sheet.iter_rows(values_only=True)
    headings = next(lines)
    good, bad, seen = [], 0, set[str]()
    for line in lines:
        row = {str(heading): str(value or "").strip() for heading, value in zip(headings, line, strict=False)}
        number = row["身份证件号"]
        try:
            row["born"] = date.fromisoformat(row["出生日期"])  # type: ignore[assignment]
        except ValueError:
            bad += 1
            continue
        if (
            not re.fullmatch(r"[0-9]{17}[0-9X]", number)
            or CHECK_DIGITS[sum(w * int(c) for w, c in zip(WEIGHTS, number, strict=False)) % 11] != number[17]
            or number in seen
            or row["全国学籍号"] != f"G{number}"
            or row["性别"] not in ("男", "女")
            or row["民族"] not in PEOPLES
            or not re.fullmatch(r"1[3-9][0-9]{9}", row["联系电话"])
        ):
            bad += 1
            continue
        seen.add(number)
        good.append(row)
    return good, bad


def _insert_usually(rows: list[dict[str, Any]], school: Any) -> None:
    from tongxin.exchange.rosters.search_keys import search_keys
    from tongxin.kernel.base.models import Attribute, Link, Subject
    from tongxin.kernel.people.models import Contact, Homeroom, Person, Student

    def subject(type_: str, name: str, **more: Any) -> Subject:
        pinyin, initials = search_keys(name)
        return Subject(school=school, type=type_, name=name, pinyin=pinyin, initials=initials, **more)

    rooms = {room.subject.name: room for room in Homeroom.objects.select_related("subject")}
    pupils = [subject("student", row["姓名"], present_from=SINCE) for row in rows]
    parents: dict[tuple[str, str], Subject] = {}
    kin: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row["监护人"], row["联系电话"])
        if key not in parents:
            parents[key] = subject("guardian", row["监护人"])
            kin[key] = "father" if row["监护人关系"] == "父亲" else "mother"
    Subject.objects.bulk_create([*pupils, *parents.values()], batch_size=1_000)
    persons = [
        Person(
            subject=pupil,
            school=school,
            sex="male" if row["性别"] == "男" else "female",
            birth_date=row["born"],
            id_number=row["身份证件号"],
        )
        for pupil, row in zip(pupils, rows, strict=True)
    ]
    persons += [Person(subject=parent, school=school) for parent in parents.values()]
    Person.objects.bulk_create(persons, batch_size=1_000)
    Student.objects.bulk_create(
        [
            Student(
                person_id=pupil.pk,
                school=school,
                local_number=row["学号"],
                pupil_number=row["全国学籍号"],
                entry_year=int(row["入学年月"][:4]),
            )
            for pupil, row in zip(pupils, rows, strict=True)
        ],
        batch_size=1_000,
    )
    links, attributes, contacts = [], [], []
    for pupil, row in zip(pupils, rows, strict=True):
        room = rooms[row["年级"] + row["班级"]]
        parent = parents[row["监护人"], row["联系电话"]]
        links.append(Link(school=school, kind="enrolled_in", a=pupil, b=room.subject, valid_from=SINCE))
        links.append(Link(school=school, kind="guardian_of", a=parent, b=pupil, valid_from=SINCE))
        attributes.append(
            Attribute(school=school, subject=pupil, name="ethnicity", value=row["民族"], valid_from=SINCE)
        )
        boarding = "true" if row["是否住校"] == "是" else "false"
        attributes.append(
            Attribute(school=school, subject=pupil, name="boarding", value=boarding, valid_from=SINCE)
        )
        contacts.append(Contact(school=school, person_id=pupil.pk, kind="address", value=row["家庭住址"]))
    for key, parent in parents.items():
        contacts.append(Contact(school=school, person_id=parent.pk, kind="phone", value=key[1]))
        attributes.append(
            Attribute(school=school, subject=parent, name="kinship", value=kin[key], valid_from=SINCE)
        )
    Link.objects.bulk_create(links, batch_size=1_000)
    Attribute.objects.bulk_create(attributes, batch_size=1_000)
    Contact.objects.bulk_create(contacts, batch_size=1_000)


if __name__ == "__main__":
    print(json.dumps(work(sys.argv[1], Path(sys.argv[2]))))
