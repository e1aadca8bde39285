"""列表页：十万人、两百万条记录，和普通写法的 Django 列表页相比。

Builds two schools in a throw-away SQLite database – one that holds nearly all the rows, one of ordinary size – signs
their secretaries in and asks for list pages through the whole application. The reference is the same page with its
list as it is usually written (model instances, a Django template, OFFSET and COUNT), timed in turn with ours. Checked
first: a page shows rows of its own school only. The ordinary school is reported without a gate.
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

LARGE, ORDINARY = "large", "ordinary"
PEOPLE = {"ci": {LARGE: 5_000, ORDINARY: 1_300}, "full": {LARGE: 98_700, ORDINARY: 1_300}}
ENTRIES = {"ci": {LARGE: 90_000, ORDINARY: 10_000}, "full": {LARGE: 1_974_000, ORDINARY: 26_000}}
CLASSES_AT_MOST = 40
ROUNDS = {"ci": 15, "full": 40}
PAGE = 50
WANTED_RATIO = 3.0
DEEP_OVER_FIRST = 1.3
SLACK = 1.5  # a shared machine of two cores

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

    lists = {"台账": (reverse("desk:ledger"), "ledger"), "人员": (reverse("setup:people"), "people")}
    worlds = {size: build(size) for size in (LARGE, ORDINARY)}
    clients = {size: signed_in(world) for size, world in worlds.items()}
    small = {name: queries(clients[LARGE], address) for name, (address, _) in lists.items()}
    for size, world in worlds.items():
        insert(world, 2, PEOPLE[args.scale][size], ENTRIES[args.scale][size])
    analyse()
    rows = []
    for name, (address, kind) in lists.items():
        rows += measure_list(name, address, kind, worlds[LARGE], clients[LARGE], args.scale, small[name])
        times = in_turn(clients[ORDINARY], [address, f"/usual/{kind}/"], ROUNDS[args.scale])
        check_scope(clients[ORDINARY], address, worlds[ORDINARY])
        n = worlds[ORDINARY].count(kind)
        ours, usual = times[address], times[f"/usual/{kind}/"]
        rows.append(row(f"{name}第一页，普通学校", n, ours, usual, "普通写法", None))
    return rows


def measure_list(
    name: str, address: str, kind: str, world: "World", client: Any, scale: str, when_small: int
) -> list[dict[str, Any]]:
    """Return the rows of one list in the large school: first page, a deep page, and how the two compare."""
    check_scope(client, address, world)
    check_same_words(client, address, f"/usual/{kind}/")
    deep, usual, deep_usual = (
        f"{address}?after={world.deep_cursor(kind)}",
        f"/usual/{kind}/",
        f"/usual/{kind}/?page={world.deep_page(kind)}",
    )
    counted = queries(client, address), queries(client, deep)
    times = in_turn(client, [address, deep, usual, deep_usual], ROUNDS[scale])
    n = world.count(kind)
    first = row(f"{name}第一页", n, times[address], times[usual], "普通写法", WANTED_RATIO)
    first |= {"queries": counted[0], "queries_when_small": when_small}
    first["ok"] = first["ok"] and {when_small} == set(counted)
    depth = statistics.median(times[deep].cpu) / statistics.median(times[address].cpu)
    compared = row(f"{name}深处比第一页", n, times[deep], times[address], "第一页", None)
    compared |= {"ratio": depth, "target": f"≤ {DEEP_OVER_FIRST}", "ok": depth <= DEEP_OVER_FIRST * SLACK}
    page = f"{name}第 {world.deep_page(kind)} 页"
    return [first, row(page, n, times[deep], times[deep_usual], "普通写法", WANTED_RATIO), compared]


class Times:
    """Wall and CPU seconds of one page, request by request."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    @property
    def median(self) -> float:
        return statistics.median(self.wall)


def row(name: str, n: int, ours: Times, other: Times, reference: str, target: float | None) -> dict[str, Any]:
    ratio = statistics.median(other.cpu) / statistics.median(ours.cpu)  # wall says how busy the machine is
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


# What the two pages page and choose columns by differs; everything else must be on both.
_OWN_PARTS = re.compile(
    r'<nav class="pager.*?</nav>|<nav aria-label="[^"]*">.*?</nav>|<div class="table-tools.*?</div></div>|<[^>]*>',
    re.S,
)


def check_same_words(client: Any, address: str, usual: str) -> None:
    """Stop unless the ordinary page says all that ours says: frame, filters and rows."""
    ours, other = (
        sorted(_OWN_PARTS.sub(" ", client.get(page).content.decode()).split()) for page in (address, usual)
    )
    if ours != other:
        raise RuntimeError(f"{address}: {sorted(set(ours) ^ set(other))[:20]} stand on one page only")


class World:
    """One school of the bench, its reader and the kinds of its entries: (kind, data class, part)."""

    def __init__(self, school: Any, secretary: Any, kinds: list[tuple[str, str, str]]) -> None:
        self.school, self.secretary, self.kinds = school, secretary, kinds

    def rows(self, kind: str) -> tuple[Any, list[str]]:
        """Return the rows of a list and their order, without rules of access."""
        from tongxin.kernel.base.models import Subject
        from tongxin.kernel.ledger.models import Entry

        if kind == "ledger":
            return Entry.objects.filter(school=self.school), ["-day", "-pk"]
        return Subject.objects.filter(school=self.school, type="student"), ["pinyin", "id"]

    def count(self, kind: str) -> int:
        return self.rows(kind)[0].count()

    def deep_page(self, kind: str) -> int:
        """Return the number of the page three quarters down."""
        return max(self.count(kind) * 3 // 4 // PAGE, 2)

    def deep_cursor(self, kind: str) -> str:
        """Return the cursor to the page that the usual list calls number `deep_page`."""
        from urllib.parse import quote

        from django.core import signing

        from tongxin.ui import keyset

        found, order = self.rows(kind)
        at = (self.deep_page(kind) - 1) * PAGE - 1
        values = found.order_by(*order).values_list(*(column.removeprefix("-") for column in order))[at]
        plain = [value if isinstance(value, int | str) else str(value) for value in values]
        return quote(signing.dumps([order, plain], salt=keyset.SALT, compress=True))


def build(size: str) -> World:
    """Make a school with its reader and a few rows, enough for one full page of each list."""
    from tongxin.kernel.base.models import Account, School
    from tongxin.kernel.people import services as people
    from tongxin.kernel.people.models import Person
    from tongxin.kernel.programmes.queries import current_pack
    from tongxin.kernel.programmes.services import adopt

    school = School.objects.create(name={LARGE: "测速大校", ORDINARY: "测速中学"}[size])
    today = date.today()
    since = date(today.year - 3, 9, 1)
    staff = people.make_staff(school, "王书记", since=since)
    account = Account.objects.create_user(f"secretary-{size}")
    Person.objects.filter(pk=staff.person.pk).update(account=account)
    people.appoint(staff.person.subject, "secretary", people.school_subject(school), since=since)
    pack = current_pack(adopt(school, "three-platforms-five-integrations", today.year, by=account))
    kinds = [
        (name, kind.data_class or "K1", part.name)
        for name, kind in pack.kinds.items()
        for part in kind.parts[:1]
        if {"staff", "student", "member"} & set(part.of)
    ]
    world = World(school, account, kinds[:6])
    insert(world, 1, PAGE * 2, PAGE * 3)
    return world


def analyse() -> None:
    """Let SQLite look at its indexes, as the nightly upkeep does."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def insert(world: World, batch: int, people: int, entries: int) -> None:
    """Insert students in classes, and entries with two participants each, for one school, in plain SQL."""
    from django.db import connection, transaction

    school = world.school.pk
    rooms = max(min(people // 40, CLASSES_AT_MOST), 1)
    today = date.today().toordinal()
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


def signed_in(world: World) -> Any:
    """Return a browser whose session stands as after a sign-in."""
    from django.test import Client

    from tongxin.kernel.access import middleware

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(world.secretary)
    session = client.session
    session[middleware.SEEN] = int(time.time())
    session[middleware.SCHOOL] = world.school.pk
    session.save()
    return client
