"""What must not stand anywhere in the tree."""

import ast
import re

import pytest

from .tree import ROOT, product_modules, short, texts, tracked

HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "deb." + "debian.org",
    "cdn." + "jsdelivr",
]
MACHINE = [str(ROOT.parent) + "/", "/ro" + "ot/"]
# Where rows may be written past a model's save(): there the audit row is written in the same transaction.
WRITERS = {"services.py"}
WRITING_FILES = {
    "tongxin/config/recovery.py": "a restored installation ends all sessions",
    "tongxin/exchange/rosters/apply.py": "runs inside services.confirm, which writes the audit row of the import",
    "tongxin/exchange/rosters/undo.py": "runs inside services.take_back, which writes the audit row of the undo",
    "tongxin/kernel/access/erasing.py": "the service of holds and erasing; it writes its audit rows itself",
    "tongxin/kernel/access/roster.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/kernel/ledger/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/cases/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/screening/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/home_visits/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/home_visits/answers.py": "the service of planned visits; it writes its audit rows itself",
    "tongxin/modules/home_visits/planning.py": "the service of rounds; it writes its audit rows itself",
    "tongxin/modules/home_visits/recording.py": "the service of records; it writes its audit rows itself",
    "tongxin/modules/mentoring/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/teams/contests.py": "the service of contests; it writes its audit rows itself",
    "tongxin/modules/teams/forming.py": "the service of proposals and teams; it writes its audit rows itself",
    "tongxin/modules/teams/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/teams/planning.py": "the service of a team's steps; it writes its audit rows itself",
    "tongxin/modules/teams/pool.py": "the service of topics; it writes its audit rows itself",
    "tongxin/modules/network/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/rounds/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/rounds/saying.py": "the service of wishes and answers; it writes its audit rows itself",
    "tongxin/modules/rounds/importing.py": "the service of imported wishes; it writes its audit row itself",
    "tongxin/kernel/signals/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/exchange/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/modules/privacy/holdings.py": "erases inside erasing.erase, which writes the audit row first",
    "tongxin/kernel/access/second_factor.py": "the service of the second factor; it writes its audit rows itself",
    "tongxin/kernel/base/sealing/rotation.py": "seals the same value under another key; kernel/audit/keys.py notes it",
    "tongxin/kernel/obligations/consequences.py": "the service of decisions; it writes their audit rows itself",
    "tongxin/kernel/obligations/outbox.py": "leases and confirms of messages, which witness nothing by themselves",
    "tongxin/kernel/obligations/reasons.py": "the service of reasons; it writes their audit rows itself",
    "tongxin/kernel/obligations/waivers.py": "the service of waivers; it writes their audit rows itself",
    "tongxin/kernel/signals/chain.py": "the service of the chain; it writes its audit row itself",
    "tongxin/modules/cases/capacity.py": "the service of the counsellors' hours; it writes its audit row itself",
    "tongxin/modules/network/durations.py": "the service of the conditions in force; it writes its audit row itself",
    "tongxin/modules/screening/papers.py": "the service of papers; it writes their audit rows itself",
    "tongxin/modules/screening/sittings.py": "the service of sittings; it writes their audit rows itself",
    "tongxin/modules/setup/first_run.py": "the founder's own account, in the transaction of the first run",
}
WRITING_FOLDERS = {
    "tongxin/demo/": "builds invented people",
    "tongxin/testing/": "builds invented people",
    "tongxin/config/commands/bench_": "measures on throw-away databases",
}
QUERYSET_WORDS = {"objects", "filter", "exclude", "all", "select_for_update", "current", "_base_manager"}


def test_no_path_of_a_machine_and_no_registry_stands_in_the_tree():
    found = [
        f"{short(path)}: {word}" for path, text in texts() for word in (*MACHINE, *HOSTS) if word in text
    ]
    assert found == []


def test_no_large_file_slips_in():
    assert [short(path) for path in tracked() if path.stat().st_size > 6 * 2**20] == []


def test_nothing_unfinished_is_left_behind():
    words = ["TO" + "DO", "FIX" + "ME", "raise Not" + "ImplementedError"]
    found = [
        f"{short(path)}: {word}"
        for path, text in texts()
        if path.suffix in {".py", ".html", ".jinja", ".js", ".css", ".yaml"} and "vendor" not in path.parts
        for word in words
        if re.search(rf"\b{word}\b", text)
    ]
    assert found == []


def test_templates_and_own_assets_name_no_outside_host():
    address = re.compile(r"""(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+""", re.IGNORECASE)
    names = re.compile(r"http://www\.w3\.org/[^\s\"']*")  # names of XML vocabularies; nothing is fetched
    found = [
        f"{short(path)}: {hit}"
        for path, text in texts()
        if path.suffix in {".html", ".jinja", ".css", ".js", ".svg"}
        and "tongxin" in path.parts
        and "vendor" not in path.parts
        for hit in address.findall(names.sub("", text))
    ]
    assert found == []


def writes(tree):
    """Yield the lines that write many rows at once or delete rows."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr
        if name in {"bulk_create", "bulk_update"} or (
            name in {"update", "delete"} and reads_rows(node.func.value)
        ):
            yield node.lineno, name


def reads_rows(node):
    """Tell whether an expression is a queryset, as far as its own words show."""
    return any((isinstance(part, ast.Attribute) and part.attr in QUERYSET_WORDS) for part in ast.walk(node))


def test_rows_are_changed_in_bulk_only_where_the_audit_row_is_written():
    found = [
        f"{short(path)}:{line} {name}"
        for path, tree in product_modules()
        if path.name not in WRITERS
        and short(path) not in WRITING_FILES
        and not short(path).startswith(tuple(WRITING_FOLDERS))
        for line, name in writes(tree)
    ]
    assert found == []


def test_logs_carry_ids_and_never_names_or_words_of_people():
    private = re.compile(
        r"name|title|note|phone|mobile|login|address|answer|score|text|password|id_number|pupil"
    )
    found = []
    for path, tree in product_modules():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in {"debug", "info", "warning", "error", "exception", "critical"}:
                continue
            if "log" not in ast.unparse(node.func.value).lower():
                continue
            said = [part.attr for a in node.args for part in ast.walk(a) if isinstance(part, ast.Attribute)]
            found += [f"{short(path)}:{node.lineno} {word}" for word in said if private.search(word)]
    assert found == []


def rooms():
    """Return the folders that hold a room: Python packages of ours with code in them."""
    floors = ["kernel/*", "modules/*", "methods/*", "exchange", "insight", "ui", "config", "demo"]
    folders = [
        folder for floor in floors for folder in sorted((ROOT / "tongxin").glob(floor)) if folder.is_dir()
    ]
    return [
        f
        for f in folders
        if f.name not in {"__pycache__", "tests"} and any(p.stem != "__init__" for p in f.glob("*.py"))
    ]


@pytest.mark.parametrize("room", rooms(), ids=short)
def test_every_room_keeps_its_tests_beside_its_code(room):
    assert list(room.rglob("tests/test_*.py")), "no tests in this room"


def test_test_names_are_sentences():
    short_names = [
        f"{short(path)}: {node.name}"
        for path in sorted([*ROOT.glob("tongxin/**/tests/test_*.py"), *ROOT.glob("tests/**/test_*.py")])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.name.count("_") < 2
    ]
    assert short_names == []
