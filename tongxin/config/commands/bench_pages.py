"""列表页：十万人、两百万条记录，和普通写法的 Django 列表页相比。

Builds a district in a throw-away SQLite database, signs a secretary in and asks for list pages through the whole
application. The reference is the page as it is usually written – model instances, a Django template, OFFSET and COUNT –
inside the same frame, timed in turn with ours. Checked first: a page shows rows of its own school only.
"""

import argparse
import os
import re
import resource
import statistics
import tempfile
import time
from datetime import date
from typing import Any

SCHOOLS = 20
PEOPLE_PER_SCHOOL = 5_000
ENTRIES_PER_SCHOOL = {"ci": 2_500, "full": 100_000}
PEOPLE_IN = {"ci": 500, "full": PEOPLE_PER_SCHOOL}
ROUNDS = {"ci": 15, "full": 40}
PER_ROOM = 40
PAGE = 50
WANTED_RATIO = 3.0
DEEP_OVER_FIRST = 1.3
SLACK = 1.5  # a shared machine of two cores
TODAY = date.today

HELPER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many) "
FOREVER = 253402300799999999
NO_END = 3652059


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=6, help="编造数据用的种子")


def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    from tongxin.config.command_line import set_up_django

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TONGXIN_DATA"] = folder
        os.environ.pop("TONGXIN_DATABASE", None)
        set_up_django()
        from django.db import connection
        from django.test.utils import override_settings

        from tongxin.config.commands.setup import prepare

        prepare()
        try:
            with override_settings(ROOT_URLCONF="tongxin.config.bench_urls", LOGGING_CONFIG=None):
                return _measure(args)
        finally:
            connection.close()


def _measure(args: argparse.Namespace) -> list[dict[str, Any]]:
    from django.urls import reverse

    world = build(args.scale)
    client = signed_in(world.secretary)
    pages = {
        "台账": (reverse("desk:ledger"), "ledger", world.deep_entry),
        "人员": (reverse("setup:people"), "people", world.deep_person),
    }
    before = {name: queries(client, first) for name, (first, _, _) in pages.items()}
    fill(world, args.scale)
    rows = []
    for name, (first, reference, deep_cursor) in pages.items():
        check_scope(client, first, world)
        deep = f"{first}?after={deep_cursor()}"
        usual = f"/usual/{reference}/"
        deep_usual = f"{usual}?page={world.deep_page(reference)}"
        counted = queries(client, first), queries(client, deep)
        times = in_turn(client, [first, deep, usual, deep_usual], ROUNDS[args.scale])
        n = world.rows[reference]
        rows.append(row(f"{name}第一页", n, times[first], times[usual], "普通列表第一页", WANTED_RATIO))
        rows.append(row(f"{name}深处一页", n, times[deep], times[deep_usual], "普通列表同一页", WANTED_RATIO))
        depth = times[deep].median / times[first].median
        rows.append(
            row(f"{name}深处比第一页", n, times[deep], times[first], "第一页", None)
            | {"ratio": depth, "target": f"≤ {DEEP_OVER_FIRST}", "ok": depth <= DEEP_OVER_FIRST * SLACK}
        )
        same = len({before[name], *counted}) == 1
        rows[-3] |= {"queries": counted[0], "queries_when_small": before[name], "ok": rows[-3]["ok"] and same}
    return rows


class Times:
    """Wall and CPU seconds of one page, request by request."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    @property
    def median(self) -> float:
        return statistics.median(self.wall)


def row(name: str, n: int, ours: Times, other: Times, reference: str, target: float | None) -> dict[str, Any]:
    ratio = other.median / ours.median
    return {
        "name": name,
        "n": n,
        "median_s": ours.median,
        "cpu_s": statistics.median(ours.cpu),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "reference": reference,
        "reference_s": other.median,
        "ratio": ratio,
        "target": f"≥ {target}" if target else None,
        "ok": ratio >= target / SLACK if target else None,
    }


def in_turn(client: Any, addresses: list[str], rounds: int) -> dict[str, Times]:
    """Ask for every address once per round, so that a busy moment of the machine falls on all alike."""
    times = {address: Times() for address in addresses}
    for number in range(rounds + 2):
        for address in addresses:
            wall, cpu = time.perf_counter(), time.process_time()
            response = client.get(address)
            spent = time.perf_counter() - wall, time.process_time() - cpu
            if response.status_code != 200:
                raise RuntimeError(f"{address}: {response.status_code}")
            if number >= 2:  # templates are compiled by then
                times[address].wall.append(spent[0])
                times[address].cpu.append(spent[1])
    return times


def queries(client: Any, address: str) -> int:
    """Return how many queries a page makes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code}")
    return len(captured)


def check_scope(client: Any, address: str, world: "World") -> None:
    """Stop unless the page shows a whole page of rows, all of the reader's own school."""
    from tongxin.kernel.base.models import Subject
    from tongxin.kernel.ledger.models import Entry

    text = client.get(address).content.decode()
    shown = set(re.findall(r"/([esp]-\d+-\d+)/", text))
    found = list(Subject.objects.filter(public_id__in=shown).values_list("school_id", flat=True))
    found += list(Entry.objects.filter(public_id__in=shown).values_list("school_id", flat=True))
    if len(found) < PAGE or set(found) != {world.school.pk}:
        raise RuntimeError(f"{address}: {len(found)} rows of schools {set(found)}")


class World:
    """What the bench knows of its district."""

    def __init__(self, school: Any, secretary: Any, kinds: list[tuple[str, str, str]]) -> None:
        self.school, self.secretary, self.kinds = school, secretary, kinds
        self.rows: dict[str, int] = {}

    def deep_page(self, reference: str) -> int:
        """Return the number of a page three quarters down the reader's own school."""
        return max(self.rows[f"own {reference}"] * 3 // 4 // PAGE, 2)

    def deep_entry(self) -> str:
        from tongxin.kernel.ledger.models import Entry

        return self._cursor(Entry.objects.filter(superseded_at=FOREVER), ["-day", "-pk"], "ledger")

    def deep_person(self) -> str:
        from tongxin.kernel.base.models import Subject

        return self._cursor(Subject.objects.filter(type="student"), ["pinyin", "id"], "people")

    def _cursor(self, queryset: Any, order: list[str], reference: str) -> str:
        """Return the cursor to the page that the usual list calls number `deep_page`."""
        from urllib.parse import quote

        from django.core import signing

        from tongxin.ui import keyset

        at = (self.deep_page(reference) - 1) * PAGE - 1
        names = [column.removeprefix("-") for column in order]
        values = queryset.filter(school=self.school).order_by(*order).values_list(*names)[at]
        plain = [value if isinstance(value, int | str) else str(value) for value in values]
        return quote(signing.dumps([order, plain], salt=keyset.SALT, compress=True))


def build(scale: str) -> World:
    """Make the schools, the reader and a few rows, enough for one full page of each list."""
    from tongxin.kernel.base.models import Account, School
    from tongxin.kernel.people import services as people
    from tongxin.kernel.people.models import Person
    from tongxin.kernel.programmes.queries import current_pack
    from tongxin.kernel.programmes.services import adopt

    bureau = School.objects.create(kind=School.Kind.BUREAU, name="测速区教育局")
    schools = [School.objects.create(name=f"测速第{n}中学", parent=bureau) for n in range(1, SCHOOLS + 1)]
    school = schools[SCHOOLS // 2]
    since = date(TODAY().year - 3, 9, 1)
    staff = people.make_staff(school, "王书记", since=since)
    account = Account.objects.create_user("secretary")
    Person.objects.filter(pk=staff.person.pk).update(account=account)
    people.appoint(staff.person.subject, "secretary", people.school_subject(school), since=since)
    programme = adopt(school, "three-platforms-five-integrations", TODAY().year, by=account)
    pack = current_pack(programme)
    kinds = [
        (name, kind.data_class or "K1", part.name)
        for name, kind in pack.kinds.items()
        for part in kind.parts[:1]
        if {"staff", "student", "member"} & set(part.of)
    ]
    world = World(school, account, kinds[:6])
    insert(world, school.pk, 1, PAGE * 2, PAGE * 2)
    return world


def fill(world: World, scale: str) -> None:
    """Add the rest of the district's rows and let SQLite look at its indexes."""
    from django.db import connection

    from tongxin.kernel.base.models import School, Subject
    from tongxin.kernel.ledger.models import Entry

    for school in School.objects.filter(kind=School.Kind.SCHOOL):
        insert(world, school.pk, 2, PEOPLE_IN[scale], ENTRIES_PER_SCHOOL[scale])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    own = {"school": world.school}
    world.rows = {
        "ledger": Entry.objects.count(),
        "people": Subject.objects.count(),
        "own ledger": Entry.objects.filter(**own).count(),
        "own people": Subject.objects.filter(type="student", **own).count(),
    }


def insert(world: World, school: int, batch: int, people: int, entries: int) -> None:
    """Insert students in classes, and entries with two participants each, for one school, in plain SQL."""
    from django.db import connection, transaction

    rooms = max(people // PER_ROOM, 1)
    today = TODAY().toordinal()
    values = {
        "school": school,
        "batch": batch,
        "rooms": rooms,
        "today": today,
        "end": NO_END,
        "forever": FOREVER,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        raw = cursor.connection.cursor()

        def do(sql: str, many: int, **more: Any) -> None:
            raw.execute(sql.replace("WITH n ", HELPER), {**values, "many": many, **more})

        subject = (
            "WITH n INSERT INTO subject (public_id, school_id, type, name, pinyin, initials, present_from, present_to) "
            "SELECT printf('%s-%d-%d', :letter, :school, i + :batch * 1000000), :school, :type, printf(:name, i), "
            "printf('xuesheng%07d', (i * 7919) % 1000003), 'xs', 1, :end FROM n"
        )
        do(subject, rooms, letter="p", type="homeroom", name=f"{batch}级%d班")
        do(subject, people, letter="s", type="student", name="学生%d")
        first = raw.execute(
            "SELECT min(id) FROM subject WHERE school_id = ? AND type = 'student' AND public_id LIKE ?",
            (school, f"s-{school}-{batch}%"),
        ).fetchone()[0]
        room = raw.execute(
            "SELECT min(id) FROM subject WHERE school_id = ? AND type = 'homeroom' AND public_id LIKE ?",
            (school, f"p-{school}-{batch}%"),
        ).fetchone()[0]
        do(
            "WITH n INSERT INTO link (public_id, school_id, kind, a_id, b_id, valid_from, valid_to, recorded_at, superseded_at) "
            "SELECT printf('l-%d-%d', :school, i + :batch * 1000000), :school, 'enrolled_in', :first + i - 1, "
            ":room + i % :rooms, 1, :end, 1, :forever FROM n",
            people,
            first=first,
            room=room,
        )
        for at, (kind, data_class, part) in enumerate(world.kinds):
            many = entries // len(world.kinds)
            do(
                "WITH n INSERT INTO entry (public_id, school_id, kind, title, start_day, day, mode, theme, place, extra, note, "
                "data_class, heading, withdrawn_reason, source, recorded_at, superseded_at) "
                "SELECT printf('e-%d-%d', :school, i * 10 + :at + :batch * 10000000), :school, :kind, '活动', "
                ":today - (i * 31) % 900, :today - (i * 31) % 900, '', '', '', '{}', '', :class, '', '', '', 1, :forever FROM n",
                many,
                kind=kind,
                at=at,
                **{"class": data_class},
            )
            do(
                "INSERT INTO participation (school_id, entry_id, kind, part, subject_id, start_day, day, mode, theme, place, "
                "hours, extra, absent, recorded_at, superseded_at) "
                "SELECT e.school_id, e.id, e.kind, :part, :first + (e.id * 2 + k.k) % :people, e.day, e.day, '', '', '', "
                "0, '{}', 0, 1, :forever FROM entry e, (SELECT 0 AS k UNION SELECT 1) k "
                "WHERE e.school_id = :school AND e.kind = :kind AND e.public_id LIKE :mark",
                many,
                part=part,
                kind=kind,
                people=people,
                first=first,
                mark=f"e-{school}-{batch}%",
            )


def signed_in(account: Any) -> Any:
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(account)
    return client
