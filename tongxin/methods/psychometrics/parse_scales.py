"""Read scales with their bands, rules, norms and worked papers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tongxin.methods.cadence.located import LList, LMap, Place

from .instrument import (
    FORMS,
    METHODS,
    MISSING,
    OWN,
    SEXES,
    Band,
    BandTable,
    Component,
    Golden,
    MissingRule,
    Norm,
    NormRow,
    Person,
    Rule,
    Scale,
)
from .parse_conditions import condition_of
from .reading import Reader

SCALE_KEYS = (
    "id", "title", "items", "of", "method", "counted_from", "multiply", "plus", "digits", "missing", "bands",
)  # fmt: skip
BAND_KEYS = ("id", "title", "rank", "from", "to", "below", "signal")
Known = dict[str, int]


def scales_of(reader: Reader, whole: LMap, known: Known) -> tuple[Scale, ...]:
    found = [
        _scale(reader, row, place, known)
        for row, place in reader.rows(whole.get("scales"), whole.at("scales"), "分量表（scales）")
    ]
    reader.unique(found, "分量表", lambda scale: Place(reader.file, scale.line))
    names = {scale.id for scale in found}
    for scale in found:
        for name in scale.of:
            if name not in names:
                spot = Place(reader.file, scale.line)
                reader.error(spot, "unknown-scale", f"分量表“{scale.id}”由“{name}”合成，但没有这个分量表。")
    return tuple(found)


def _scale(reader: Reader, row: Any, place: Place, known: Known) -> Scale:
    spelled = reader.mapping(row, place, "分量表", SCALE_KEYS)
    at = spelled.at
    name = reader.id(spelled.get("id"), place, "分量表")
    what = f"分量表“{name}”"

    def number(key: str, default: int) -> Fraction:
        if key not in spelled:
            return Fraction(default)
        found = reader.number(spelled[key], at(key), f"{what}的 {key}")
        return Fraction(default) if found is None else found

    return Scale(
        id=name,
        title=reader.words(spelled.get("title"), at("title"), f"{what}的名称"),
        components=_components(reader, spelled.get("items"), at("items"), what, known),
        of=reader.texts(spelled.get("of"), at("of"), f"{what}的 of"),
        method=reader.choice(spelled.get("method"), at("method"), f"{what}的算法（method）", METHODS, "sum"),
        counted_from=int(number("counted_from", 1)),
        multiply=number("multiply", 1),
        plus=number("plus", 0),
        digits=_digits(reader, spelled, what),
        missing=_missing(reader, spelled.get("missing"), at("missing"), what),
        tables=tables_of(reader, spelled.get("bands"), at("bands"), what),
        line=place.line,
    )


def _digits(reader: Reader, spelled: LMap, what: str) -> int | None:
    if "digits" not in spelled:
        return None
    found = reader.whole(spelled["digits"], spelled.at("digits"), f"{what}保留的小数位数（digits）")
    if found is not None and found > 6:
        reader.error(spelled.at("digits"), "number", f"{what}最多保留 6 位小数。")
        return 6
    return found


def _components(reader: Reader, value: Any, place: object, what: str, known: Known) -> tuple[Component, ...]:
    rows = list(value) if isinstance(value, LList) else [] if value is None else [value]
    spots = (
        [value.at(index) for index in range(len(rows))] if isinstance(value, LList) else [place] * len(rows)
    )
    found: list[Component] = []
    for row, spot in zip(rows, spots, strict=True):
        if isinstance(row, LMap):
            spelled = reader.mapping(row, spot, f"{what}的一组题目", ("max", "min"))
            for how in ("max", "min"):
                if how in spelled:
                    items = reader.item_ids(spelled[how], spelled.at(how), what, known)
                    if items:
                        found.append(Component(items, how))
        else:
            found += [Component((item,)) for item in reader.item_ids(row, spot, what, known)]
    return tuple(found)


def _missing(reader: Reader, value: Any, place: object, what: str) -> MissingRule:
    if isinstance(value, str):
        return MissingRule(reader.choice(value, place, f"{what}的缺答规则（missing）", MISSING, MISSING[0]))
    spelled = reader.mapping(value, place, f"{what}的缺答规则（missing）", ("rule", "at_most"))
    if not spelled:
        return MissingRule()
    rule = reader.choice(spelled.get("rule"), spelled.at("rule"), f"{what}的缺答规则", MISSING, MISSING[0])
    at_most = 0
    if "at_most" in spelled:
        at_most = reader.whole(spelled["at_most"], spelled.at("at_most"), f"{what}的 at_most") or 0
    return MissingRule(rule, at_most)


def tables_of(reader: Reader, value: Any, place: object, what: str) -> tuple[BandTable, ...]:
    rows = list(reader.rows(value, place, f"{what}的分级（bands）"))
    if not any(isinstance(row, LMap) and "cuts" in row for row, _ in rows):
        bands = tuple(_band(reader, row, spot, what) for row, spot in rows)
        return (BandTable(bands, line=getattr(place, "line", 1)),) if bands else ()
    tables = []
    for row, spot in rows:
        spelled = reader.mapping(row, spot, f"{what}的一套分级", ("for", "cuts"))
        cuts = reader.rows(spelled.get("cuts"), spelled.at("cuts"), f"{what}的分级（cuts）")
        bands = tuple(_band(reader, band, at, what) for band, at in cuts)
        tables.append(BandTable(bands, reader.group(spelled.get("for"), spelled.at("for")), spot.line))
    return tuple(tables)


def _band(reader: Reader, row: Any, place: Place, what: str) -> Band:
    spelled = reader.mapping(row, place, f"{what}的一级", BAND_KEYS)
    at = spelled.at
    name = reader.id(spelled.get("id"), place, f"{what}的一级")

    def edge(key: str) -> Fraction | None:
        return (
            reader.number(spelled[key], at(key), f"{what}“{name}”的 {key}")
            if spelled.get(key) is not None
            else None
        )

    if "to" in spelled and "below" in spelled:
        reader.error(at("below"), "band", f"{what}“{name}”的 to（含）和 below（不含）只能写一个。")
    rank = reader.whole(spelled.get("rank"), at("rank"), f"{what}“{name}”的轻重（rank，0 为不需关注）")
    high, below = edge("to"), False
    if high is None and "below" in spelled:
        high, below = edge("below"), True
    return Band(
        name,
        reader.words(spelled.get("title"), at("title"), f"{what}“{name}”的名称"),
        rank or 0,
        edge("from"),
        high,
        below and high is not None,
        reader.flag(spelled.get("signal"), at("signal"), "signal"),
    )


def rules_of(reader: Reader, whole: LMap, key: str, known: Known) -> tuple[Rule, ...]:
    names = {"validity": "效度规则", "critical": "关键题目", "patterns": "答题形态"}
    what, keys = names[key], ("id", "title", "when", *(("level",) if key == "validity" else ("rank",)))
    found = []
    for row, place in reader.rows(whole.get(key), whole.at(key), f"{what}（{key}）"):
        spelled = reader.mapping(row, place, what, keys)
        name = reader.id(spelled.get("id"), place, what)
        when = condition_of(reader, spelled.get("when"), spelled.at("when"), f"{what}“{name}”的 when", known)
        title = reader.words(spelled.get("title"), spelled.at("title"), f"{what}“{name}”的名称")
        level, rank = "", 0
        if key == "validity":
            levels = ("invalid", "doubt")
            level = reader.choice(
                spelled.get("level"), spelled.at("level"), f"{what}“{name}”的 level", levels, "invalid"
            )
        else:
            rank = (
                reader.whole(spelled.get("rank"), spelled.at("rank"), f"{what}“{name}”的轻重（rank）", 1) or 1
            )
        if when is not None:
            found.append(Rule(name, when, title, level, rank, place.line))
    reader.unique(found, what, lambda rule: Place(reader.file, rule.line))
    return tuple(found)


def norms_of(reader: Reader, whole: LMap) -> tuple[Norm, ...]:
    found = []
    for row, place in reader.rows(whole.get("norms"), whole.at("norms"), "常模（norms）"):
        spelled = reader.mapping(row, place, "常模", ("id", "title", "source", "year", "n", "for", "scales"))
        at = spelled.at
        name = reader.id(spelled.get("id"), place, "常模")
        what = f"常模“{name}”"
        scales = spelled.get("scales")
        rows: tuple[NormRow, ...] = ()
        if isinstance(scales, LMap):
            rows = tuple(_norm_row(reader, key, scales[key], scales.at(key), what) for key in scales)
        else:
            reader.error(at("scales"), "norm", f"{what}要在 scales 按分量表写 mean 和 sd，或 points。")
        found.append(
            Norm(
                name,
                reader.text(spelled.get("source"), at("source"), f"{what}的来源"),
                (reader.whole(spelled.get("year"), at("year"), f"{what}的年份（year）", 1900) or 0),
                rows,
                reader.words(spelled.get("title"), at("title"), f"{what}的名称"),
                reader.whole(spelled["n"], at("n"), f"{what}的人数（n）", 1) if "n" in spelled else None,
                reader.group(spelled.get("for"), at("for")),
                place.line,
            )
        )
    reader.unique(found, "常模", lambda norm: Place(reader.file, norm.line))
    return tuple(found)


def _norm_row(reader: Reader, scale: str, value: Any, place: Place, what: str) -> NormRow:
    spelled = reader.mapping(value, place, f"{what}的“{scale}”", ("mean", "sd", "points"))
    points: list[tuple[Fraction, Fraction]] = []
    for row, spot in reader.rows(spelled.get("points"), place, f"{what}的 points"):
        pair = [reader.number(cell, spot, what) for cell in row] if isinstance(row, LList) else []
        if len(pair) != 2 or pair[0] is None or pair[1] is None:
            reader.error(spot, "norm", f"{what}的 points 每行写 [分数, 百分位]。")
            continue
        points.append((pair[0], pair[1]))
    mean = reader.number(spelled["mean"], spelled.at("mean"), what) if "mean" in spelled else None
    sd = reader.number(spelled["sd"], spelled.at("sd"), what) if "sd" in spelled else None
    return NormRow(scale, mean, sd, tuple(points))


def golden_of(reader: Reader, whole: LMap, known: Known) -> tuple[Golden, ...]:
    keys = (
        "name",
        "answers",
        "coding",
        "person",
        "scores",
        "bands",
        "critical",
        "patterns",
        "valid",
        "source",
    )
    found = []
    for row, place in reader.rows(whole.get("golden"), whole.at("golden"), "算例（golden）"):
        spelled = reader.mapping(row, place, "算例", keys)
        at = spelled.at
        name = reader.text(spelled.get("name"), at("name"), "算例的名称（name）")
        what = f"算例“{name}”"
        valid = spelled.get("valid")
        scores, bands = (
            found_map if isinstance(found_map := spelled.get(key), LMap) else LMap()
            for key in ("scores", "bands")
        )
        found.append(
            Golden(
                name=name,
                answers=_paper(reader, spelled.get("answers"), at("answers"), what, known),
                coding=reader.text(spelled.get("coding"), at("coding"), f"{what}的记分方式", OWN),
                person=_person(reader, spelled, what),
                scores=tuple(
                    (key, None if value is None else reader.number(value, scores.at(key), f"{what}的“{key}”"))
                    for key, value in scores.items()
                ),
                bands=tuple((key, reader.text(value, bands.at(key), what)) for key, value in bands.items()),
                critical=reader.texts(spelled["critical"], at("critical"), what)
                if "critical" in spelled
                else None,
                patterns=reader.texts(spelled["patterns"], at("patterns"), what)
                if "patterns" in spelled
                else None,
                valid="" if valid is None else reader.text(valid, at("valid"), what),
                source=reader.text(spelled.get("source"), at("source"), f"{what}的来源"),
                line=place.line,
            )
        )
    return tuple(found)


def _paper(reader: Reader, value: Any, place: Place, what: str, known: Known) -> tuple[tuple[str, str], ...]:
    """Answers from a list in the order of the items, or a mapping of items (or "all", or ranges) to codes."""
    if isinstance(value, LList):
        codes = reader.texts(value, place, what)
        if len(codes) > len(known):
            reader.error(place, "golden", f"{what}写了 {len(codes)} 个答案，题目只有 {len(known)} 题。")
        return tuple(zip(known, codes, strict=False))
    if not isinstance(value, LMap):
        reader.error(place, "golden", f"{what}要写 answers：按题目顺序的列表，或“题号: 答案”。")
        return ()
    found: dict[str, str] = {}
    for key in sorted(value, key=lambda key: key != "all"):
        for item in reader.item_ids(key, value.at(key), what, known):
            found[item] = reader.text(value[key], value.at(key), what)
    return tuple((item, found[item]) for item in known if item in found)


def _person(reader: Reader, spelled: LMap, what: str) -> Person:
    keys = ("sex", "age", "grade", "form")
    person = reader.mapping(spelled.get("person"), spelled.at("person"), f"{what}的 person", keys)
    at = person.at
    return Person(
        reader.choice(person["sex"], at("sex"), f"{what}的性别", SEXES, "") if "sex" in person else "",
        reader.whole(person["age"], at("age"), f"{what}的年龄") if "age" in person else None,
        reader.whole(person["grade"], at("grade"), f"{what}的年级") if "grade" in person else None,
        reader.choice(person["form"], at("form"), f"{what}的填写人", FORMS, "") if "form" in person else "",
    )
