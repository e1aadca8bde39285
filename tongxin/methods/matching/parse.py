"""Read a scheme from YAML; what is wrong with it is a finding with file, line and a sentence that says the mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tongxin.methods.cadence.findings import Findings, PackUnreadable
from tongxin.methods.cadence.located import LList, LMap, Place, read_yaml
from tongxin.methods.psychometrics.reading import Reader

from .scheme import (
    DECIDES,
    LARGEST_WEIGHT,
    OF_TWO,
    RULES,
    TERMS,
    Condition,
    Requirement,
    Scheme,
    Seat,
    Term,
)

TOP = (
    "pairing",
    "team",
    "title",
    "seats",
    "require",
    "terms",
    "decides",
    "stable",
    "proposes",
    "change",
    "load",
    # How a school uses it, see use.py.
    "round",
)
SEAT = ("id", "title", "who", "capacity", "count")
RULE = ("id", "title", "kind", "of", "by", "order")
TERM = ("id", "title", "kind", "of", "weight", "between", "most", "order")
TESTS = ("attribute", "is", "at_least", "at_most")
LEAST = "least"


def load_scheme(path: str | Path) -> tuple[Scheme, Findings]:
    """The scheme and what was found. Raises PackUnreadable when it is no YAML, FileNotFoundError when there is none."""
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PackUnreadable("文件不是“UTF-8”编码。请另存后再试。", path.name) from error
    except IsADirectoryError as error:
        raise PackUnreadable("这是文件夹。请写方案文件的路径。", path.name) from error
    return parse_scheme(text, path.name)


def parse_scheme(text: str, file: str = "scheme.yaml") -> tuple[Scheme, Findings]:
    """The same from text. Of a scheme with errors only the findings are worth reading."""
    read = _Parser(file=file)
    return read.scheme(read_yaml(text, file)), read.findings


class _Parser(Reader):
    def scheme(self, value: Any) -> Scheme:
        top = self.mapping(value, Place(self.file, 1), "方案", TOP)
        kind = "team" if "team" in top else "pairing"
        if "team" in top and "pairing" in top:
            self.error(top.at("team"), "kind", "“pairing”（配对）和“team”（组队）只写一个。")
        seats = tuple(
            self._seat(row, place)
            for row, place in self.rows(top.get("seats"), top.at("seats"), "席位（seats）")
        )
        if len(seats) < 2:
            self.error(top.at("seats"), "seats", "席位（seats）至少要写两个，例如导师和学生。")
        self.unique(seats, "席位", lambda seat: seat.place)
        names = [seat.id for seat in seats]
        rules = tuple(
            self._rule(row, place, names)
            for row, place in self.rows(top.get("require"), top.at("require"), "必须满足的（require）")
        )
        terms = tuple(
            self._term(row, place, names)
            for row, place in self.rows(top.get("terms"), top.at("terms"), "看重的（terms）")
        )
        self.unique((*rules, *terms), "条目", lambda one: one.place)
        proposes = self.text(top.get("proposes"), top.at("proposes"), "proposes")
        if proposes and proposes not in names:
            self.error(
                top.at("proposes"), "unknown-seat", f"“{proposes}”不是席位。可以写：{'、'.join(names)}。"
            )
        return Scheme(
            self.id(top.get(kind), top.at(kind), f"方案（{kind}）"),
            self.text(top.get("title"), top.at("title"), "方案的名称"),
            seats,
            rules,
            terms,
            self.choice(top.get("decides"), top.at("decides"), "谁决定（decides）", DECIDES, "computer"),
            self.flag(top.get("stable"), top.at("stable"), "稳定（stable）"),
            proposes,
            self._change(top.get("change"), top.at("change")),
            self._load(top.get("load"), top.at("load"), names),
            kind == "team",
        )

    def _seat(self, row: Any, place: Place) -> Seat:
        spelled = self.mapping(row, place, "席位", SEAT)
        low, high = 0, 1
        limits = spelled.get("capacity")
        if isinstance(limits, int) and not isinstance(limits, bool):
            low = high = self.whole(limits, spelled.at("capacity"), "人数（capacity）", 0) or 0
        elif isinstance(limits, LList) and len(limits) == 2:
            low, high = (
                self.whole(one, spelled.at("capacity"), "人数（capacity）", 0) or 0 for one in limits
            )
        elif limits is not None:
            self.error(
                spelled.at("capacity"),
                "capacity",
                "人数（capacity）要写一个数，或最少和最多两个数，例如 [1, 5]。",
            )
        if low > high:
            self.error(
                spelled.at("capacity"),
                "capacity",
                f"人数（capacity）最少 {low} 大于最多 {high}。请改正其中一个。",
            )
        count = (
            self.whole(spelled["count"], spelled.at("count"), "席位数（count）", 1)
            if "count" in spelled
            else 1
        )
        name = self.id(spelled.get("id"), spelled.at("id"), "席位")
        title = self.text(spelled.get("title"), spelled.at("title"), "席位的名称") or name
        who = self._condition(spelled["who"], spelled.at("who")) if "who" in spelled else None
        return Seat(name, title, who, low, high, count or 1, place)

    def _condition(self, value: Any, where: object) -> Condition:
        if not isinstance(value, LMap) or not value:
            self.error(where, "who", "条件要写成“属性: 值”，或 all、any、not。")
            return Condition("all")
        parts = [self._part(key, value, where) for key in value if key not in TESTS]
        if "attribute" in value:
            parts.append(self._test(value))
        elif any(key in value for key in TESTS):
            self.error(where, "who", "条件里写了 is、at_least 或 at_most，还要写 attribute：比的是哪个属性。")
        return parts[0] if len(parts) == 1 else Condition("all", parts=tuple(parts))

    def _part(self, key: str, value: LMap, where: object) -> Condition:
        at = value.at(key)
        if key in ("all", "any"):
            rows = [self._condition(row, place) for row, place in self.rows(value[key], at, f"“{key}”")]
            return Condition(key, parts=tuple(rows))
        if key == "not":
            return Condition("not", parts=(self._condition(value[key], at),))
        return Condition("is", key, self.texts(value[key], at, f"“{key}”的值"))

    def _test(self, value: LMap) -> Condition:
        name = self.text(value["attribute"], value.at("attribute"), "attribute")
        tests = [key for key in TESTS[1:] if key in value]
        if len(tests) != 1:
            self.error(value.at("attribute"), "who", "attribute 后面要写 is、at_least、at_most 中的一个。")
            return Condition("all")
        kind = tests[0]
        if kind != "is" and self.number(value[kind], value.at(kind), kind) is None:
            return Condition("all")
        return Condition(kind, name, self.texts(value[kind], value.at(kind), kind))

    def _of(
        self, value: Any, where: object, names: list[str], two: bool
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(seats, attributes) of `of: subject`, of `of: {mentor: strengths, student: needs}`."""
        if isinstance(value, LMap):
            strange = [key for key in value if key not in names]
            if strange:
                self.error(
                    value.at(strange[0]),
                    "unknown-seat",
                    f"“{strange[0]}”不是席位。可以写：{'、'.join(names)}。",
                )
            if two and len(value) != 2:
                self.error(where, "of", "“of”要写两个席位各看哪个属性。")
            attributes = tuple(self.text(value[key], value.at(key), f"“{key}”的属性") for key in value)
            return tuple(value), attributes
        text = self.text(value, where, "“of”")
        if two and not text:
            self.error(where, "of", "还缺“of”：看哪个属性。")
        if two and len(names) != 2:
            self.error(where, "of", "席位多于两个时，“of”要写是哪两个席位，例如 {导师: 学科, 学生: 学科}。")
        seats = tuple(names[:2]) if two else tuple(names)
        return seats, tuple(text for _ in seats)

    def _rule(self, row: Any, place: Place, names: list[str]) -> Requirement:
        spelled = self.mapping(row, place, "必须满足的", RULE)
        kind = self.choice(spelled.get("kind"), spelled.at("kind"), "kind", RULES, "same")
        seats, attributes = self._of(spelled.get("of"), spelled.at("of"), names, True)
        name = self.id(spelled.get("id"), spelled.at("id"), "条目")
        title = self.text(spelled.get("title"), spelled.at("title"), "名称") or name
        by = self._float(spelled, "by")
        order = self.texts(spelled.get("order"), spelled.at("order"), "order")
        return Requirement(name, title, kind, _pair(seats), _pair(attributes), by, order, place)

    def _term(self, row: Any, place: Place, names: list[str]) -> Term:
        spelled = self.mapping(row, place, "看重的", TERM)
        kind = self.choice(spelled.get("kind"), spelled.at("kind"), "kind", TERMS, TERMS[0])
        name = self.id(spelled.get("id"), spelled.at("id"), "条目")
        title = self.text(spelled.get("title"), spelled.at("title"), "名称") or name
        weight = self.whole(spelled.get("weight"), spelled.at("weight"), "权重（weight）", 0) or 0
        if weight > LARGEST_WEIGHT:
            self.error(spelled.at("weight"), "weight", f"权重（weight）最大 {LARGEST_WEIGHT}。")
        seats: tuple[str, ...]
        attributes: tuple[str, ...]
        if kind in OF_TWO or kind == "cover":
            seats, attributes = self._of(spelled.get("of"), spelled.at("of"), names, kind != "cover")
            if kind == "cover" and not all(attributes):
                self.error(spelled.at("of"), "of", "还缺“of”：看哪个属性。")
        else:
            seats = self._seats(spelled, names)
            attributes = ()
        between = self._between(spelled)
        most = self._float(spelled, "most") if "most" in spelled else None
        order = self.texts(spelled.get("order"), spelled.at("order"), "order")
        return Term(name, title, kind, weight, seats, attributes, between, most, order, place)

    def _seats(self, spelled: LMap, names: list[str]) -> tuple[str, ...]:
        seats = self.texts(spelled.get("of"), spelled.at("of"), "of") or tuple(names)
        for seat in seats:
            if seat not in names:
                self.error(
                    spelled.at("of"), "unknown-seat", f"“{seat}”不是席位。可以写：{'、'.join(names)}。"
                )
        return seats

    def _float(self, spelled: LMap, key: str) -> float:
        if key not in spelled:
            return 0.0
        return float(self.number(spelled[key], spelled.at(key), key) or 0)

    def _between(self, spelled: LMap) -> tuple[float, float]:
        value, at = spelled.get("between"), spelled.at("between")
        if value is None:
            return 0.0, 0.0
        if not isinstance(value, LList) or len(value) != 2:
            self.error(at, "between", "between 要写两个数，例如 [5, 20]。")
            return 0.0, 0.0
        low, high = (float(self.number(one, at, "between") or 0) for one in value)
        if low > high:
            self.error(at, "between", "between 的两个数写反了。")
        return low, high

    def _change(self, value: Any, where: object) -> int | None:
        if value is None or value == LEAST:
            return None
        return self.whole(value, where, "保留原来的一对算多少（change）", 0)

    def _load(self, value: Any, where: object, names: list[str]) -> tuple[str, str]:
        if value is None:
            return "", ""
        spelled = self.mapping(value, where, "占几个名额（load）", names)
        if len(spelled) != 1:
            self.error(where, "load", "占几个名额（load）只写一个席位和它的属性，例如 {student: hours}。")
            return "", ""
        seat = next(iter(spelled))
        return seat, self.text(spelled[seat], spelled.at(seat), "load")


def _pair(values: tuple[str, ...]) -> tuple[str, str]:
    return (values[0], values[1]) if len(values) == 2 else ("", "")
