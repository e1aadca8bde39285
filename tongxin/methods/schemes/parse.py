"""Read a scheme from YAML. Whatever is written, the answer is a Scheme and findings with file and line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tongxin.methods.cadence.findings import Finding, PackUnreadable
from tongxin.methods.cadence.located import LMap, located, read_yaml
from tongxin.methods.psychometrics.reading import Reader

from .durations import minutes_of
from .scheme import (
    CLASSES,
    COLOURS,
    CONSENTS,
    DOES,
    PHASES,
    RANKS,
    TRIGGERS,
    TYPES,
    WHO,
    Closing,
    Field,
    Form,
    Level,
    Move,
    Scheme,
    State,
    Trigger,
)

KEYS = (
    "scheme", "title", "version", "about", "source", "levels", "triggers", "respond", "follow", "renew", "states", "forms",
    "closing",
)  # fmt: skip
MOST_BYTES = 500_000


def is_scheme(path: Path) -> bool:
    """Does the file say that it is a scheme; cheap, for telling it from a pack."""
    if path.is_dir() or path.suffix not in (".yaml", ".yml"):
        return False
    try:
        with path.open(encoding="utf-8") as file:
            return any(line.startswith("scheme:") for line in file)
    except (OSError, UnicodeDecodeError):
        return False


def load_scheme(path: str | Path) -> tuple[Scheme, list[Finding]]:
    """The scheme of a file with what its reader found. Raises PackUnreadable."""
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PackUnreadable("文件太大，不像分级方案。", str(path))
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise PackUnreadable("这不是文字文件。请用 UTF-8 编码保存。", str(path)) from error
    return scheme_from_text(text, str(path))


def scheme_from_text(text: str, file: str = "") -> tuple[Scheme, list[Finding]]:
    if len(text) > MOST_BYTES:
        raise PackUnreadable("文件太大，不像分级方案。", file)
    return scheme_from_dict(read_yaml(text, file), file)


def scheme_from_dict(raw: Any, file: str = "") -> tuple[Scheme, list[Finding]]:
    document = located(raw, file)
    if not isinstance(document, LMap):
        raise PackUnreadable("分级方案要写成“名称: 值”的几行，第一行是 scheme。", file)
    reader = Reader(file)
    whole = reader.mapping(document, document, "分级方案", KEYS)
    at = whole.at
    levels = sorted(_levels(reader, whole), key=lambda level: level.rank)
    scheme = Scheme(
        id=reader.id(whole.get("scheme"), at("scheme"), "方案（scheme）"),
        title=reader.text(whole.get("title"), at("title"), "名称（title）"),
        version=reader.text(whole.get("version"), at("version"), "版本（version）", "1"),
        about=reader.text(whole.get("about"), at("about"), "说明（about）"),
        source=reader.text(whole.get("source"), at("source"), "出处（source）"),
        levels=tuple(levels),
        triggers=tuple(_triggers(reader, whole)),
        respond=by_rank(reader, whole.get("respond"), at("respond"), "多久内有人回应（respond）"),
        follow=by_rank(reader, whole.get("follow"), at("follow"), "多久跟进一次（follow）"),
        renew=by_rank(reader, whole.get("renew"), at("renew"), "多久要重新定级（renew）"),
        states=tuple(_states(reader, whole)),
        forms=tuple(_forms(reader, whole)),
        closing=_closing(reader, whole),
        file=file,
        raw=document,
    )
    return scheme, sorted(set(reader.findings))


def by_rank(reader: Reader, value: Any, where: object, what: str) -> dict[int, int]:
    """Minutes by rank of {5: 10 min, 4: 30 min}."""
    found: dict[int, int] = {}
    spelled = reader.mapping(value, where, what, map(str, RANKS))
    for key, written in spelled.items():
        minutes = minutes_of(reader.text(written, spelled.at(key), what))
        if minutes is None:
            reader.error(
                spelled.at(key), "duration", f"{what}要写成 10 min、4 h 或 3 d 的样子，现在是“{written}”。"
            )
        elif key in map(str, RANKS):
            found[int(key)] = minutes
    return found


def _rank(reader: Reader, row: LMap, what: str) -> int:
    rank = reader.whole(row.get("rank"), row.at("rank"), f"{what}的轻重（rank）", 1)
    if rank is not None and rank not in RANKS:
        reader.error(row.at("rank"), "rank", f"{what}的轻重（rank）要写 1 到 5，5 最重。")
        return RANKS[-1]
    return rank or RANKS[-1]


def _levels(reader: Reader, whole: LMap) -> Iterable[Level]:
    for row, place in reader.rows(whole.get("levels"), whole.at("levels"), "等级（levels）"):
        one = reader.mapping(row, place, "等级", ("rank", "label", "name", "colour", "means"))
        yield Level(
            rank=_rank(reader, one, "等级"),
            label=reader.text(one.get("label"), one.at("label"), "等级的叫法（label）"),
            name=reader.text(one.get("name"), one.at("name"), "等级的名称（name）"),
            colour=reader.choice(one.get("colour"), one.at("colour"), "颜色（colour）", COLOURS, "grey"),
            means=reader.text(one.get("means"), one.at("means"), "等级的含义（means）"),
            line=place.line,
        )


def _triggers(reader: Reader, whole: LMap) -> Iterable[Trigger]:
    for row, place in reader.rows(whole.get("triggers"), whole.at("triggers"), "触发条件（triggers）"):
        one = reader.mapping(row, place, "触发条件", ("trigger", "title", "kind", "rank"))
        yield Trigger(
            id=reader.id(one.get("trigger"), one.at("trigger"), "触发条件"),
            title=reader.text(one.get("title"), one.at("title"), "触发条件的说法（title）"),
            kind=reader.choice(one.get("kind"), one.at("kind"), "触发条件的种类（kind）", TRIGGERS, "event"),
            rank=_rank(reader, one, "触发条件"),
            line=place.line,
        )


def _states(reader: Reader, whole: LMap) -> Iterable[State]:
    known = ("state", "title", "phase", "within", "papers", "also", "then", "moves", "follow")
    for row, place in reader.rows(whole.get("states"), whole.at("states"), "环节（states）"):
        one = reader.mapping(row, place, "环节", known)
        yield State(
            id=reader.id(one.get("state"), one.at("state"), "环节"),
            title=reader.text(one.get("title"), one.at("title"), "环节的名称（title）"),
            phase=reader.choice(one.get("phase"), one.at("phase"), "环节的阶段（phase）", PHASES, "open"),
            within=by_rank(reader, one.get("within"), one.at("within"), "环节的期限（within）"),
            papers=reader.texts(one.get("papers"), one.at("papers"), "要有的材料（papers）"),
            also=reader.texts(one.get("also"), one.at("also"), "还可以写的材料（also）"),
            then=reader.text(one.get("then"), one.at("then"), "齐了以后去哪里（then）"),
            moves=tuple(_moves(reader, one)),
            follow=reader.flag(one.get("follow"), one.at("follow"), "要不要定期跟进（follow）"),
            line=place.line,
        )


def _who(reader: Reader, row: LMap, what: str, default: tuple[str, ...]) -> tuple[str, ...]:
    if "who" not in row:
        return default
    said = reader.texts(row.get("who"), row.at("who"), what)
    return tuple(reader.choice(word, row.at("who"), what, WHO, "owner") for word in said)


def _moves(reader: Reader, state: LMap) -> Iterable[Move]:
    for row, place in reader.rows(state.get("moves"), state.at("moves"), "可以转到的环节（moves）"):
        one = reader.mapping(row, place, "转环节", ("to", "who"))
        to = reader.text(one.get("to"), one.at("to"), "转到哪里（to）")
        yield Move(to, _who(reader, one, "谁可以转（who）", WHO), place.line)


def _forms(reader: Reader, whole: LMap) -> Iterable[Form]:
    for row, place in reader.rows(whole.get("forms"), whole.at("forms"), "表单（forms）"):
        one = reader.mapping(row, place, "表单", ("form", "title", "does", "consent", "leads", "fields"))
        consent = reader.text(one.get("consent"), one.at("consent"), "要有的同意（consent）")
        if consent:
            consent = reader.choice(
                consent, one.at("consent"), "要有的同意（consent）", CONSENTS, CONSENTS[0]
            )
        yield Form(
            id=reader.id(one.get("form"), one.at("form"), "表单"),
            title=reader.text(one.get("title"), one.at("title"), "表单的名称（title）"),
            does=reader.choice(one.get("does"), one.at("does"), "表单的作用（does）", DOES, "note"),
            consent=consent,
            leads=reader.text(one.get("leads"), one.at("leads"), "写完去哪里（leads）"),
            fields=tuple(_fields(reader, one)),
            line=place.line,
        )


def _fields(reader: Reader, form: LMap) -> Iterable[Field]:
    known = ("field", "title", "type", "class", "required", "options", "help")
    for row, place in reader.rows(form.get("fields"), form.at("fields"), "表单的各项（fields）"):
        one = reader.mapping(row, place, "表单项", known)
        yield Field(
            id=reader.id(one.get("field"), one.at("field"), "表单项"),
            title=reader.text(one.get("title"), one.at("title"), "表单项的问题（title）"),
            type=reader.choice(one.get("type"), one.at("type"), "表单项的类型（type）", TYPES, "text"),
            data_class=reader.choice(one.get("class"), one.at("class"), "密级（class）", CLASSES, "K4d"),
            required=reader.flag(one.get("required"), one.at("required"), "必填（required）"),
            options=_options(reader, one),
            help=reader.text(one.get("help"), one.at("help"), "提示（help）"),
            line=place.line,
        )


def _options(reader: Reader, row: LMap) -> tuple[tuple[str, str], ...]:
    value, where = row.get("options"), row.at("options")
    if isinstance(value, LMap):
        return tuple(
            (code, reader.text(words, value.at(code), "选项（options）")) for code, words in value.items()
        )
    return tuple((words, words) for words in reader.texts(value, where, "选项（options）"))


def _closing(reader: Reader, whole: LMap) -> Closing:
    one = reader.mapping(
        whole.get("closing"), whole.at("closing"), "结案（closing）", ("who", "second_person")
    )
    second = one.get("second_person")
    return Closing(
        who=_who(reader, one, "谁可以同意结案（who）", Closing().who),
        second_person=second is None
        or reader.flag(second, one.at("second_person"), "要第二个人同意（second_person）"),
        line=whole.at("closing").line,
    )
