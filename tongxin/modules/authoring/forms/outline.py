"""The outline, the phases and months, and the words of a programme: posts, attributes, relations, events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tongxin.methods.cadence.bounds import Asked
from tongxin.methods.cadence.occasions import ByAnnounced
from tongxin.methods.cadence.pack import Pack

from .tables import (
    MOST_LETTERS_ANNOUNCED,
    MOST_VALUES,
    Column,
    TableForm,
    changed,
    data_classes,
    of_types,
    types_of,
    values_text,
    with_values,
)

LINE = re.compile(r"^\s*([0-9A-Za-z][0-9A-Za-z.]{0,11})[、\s]+(\S.{0,79})$")
DAY = re.compile(r"^(\+1\s*)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")


class AboutForm(forms.Form):
    """What the programme is called, where it is written, which questions it answers."""

    title = forms.CharField(max_length=60)
    document = forms.CharField(max_length=120, required=False)
    problems = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), required=False)
    goals = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), required=False)
    headings = forms.CharField(widget=forms.Textarea(attrs={"rows": 10}))

    def __init__(self, pack: Pack, data: Any = None):
        super().__init__(data, initial={
            "title": pack.title, "document": pack.source.document, "problems": "\n".join(pack.problems),
            "goals": "\n".join(pack.goals),
            "headings": "\n".join(f"{h.number} {h.title}" for h in pack.all_headings()),
        })  # fmt: skip
        # What the lines do not show, such as where a heading is written.
        self.kept = {
            str(raw["heading"]): {key: value for key, value in raw.items() if key != "children"}
            for raw in _flat(pack.raw.get("headings") or [])
        }
        labels = {"title": _("方案名称"), "document": _("依据的文件"), "problems": _("要解决的问题，每行一条"),
                  "goals": _("目标，每行一条"), "headings": _("提纲（就是台账的目录），每行一条：编号、空格、标题")}  # fmt: skip
        for name, label in labels.items():
            self.fields[name].label = label
        self.fields["title"].error_messages["required"] = _("请填写方案名称。")
        self.fields["headings"].error_messages["required"] = _("提纲至少要有一条。")

    def clean_headings(self) -> list[dict[str, Any]]:
        """The outline as a tree: "1.2" lies below "1"."""
        top: list[dict[str, Any]] = []
        known: dict[str, dict[str, Any]] = {}
        for number, line in enumerate(self.cleaned_data["headings"].splitlines(), start=1):
            if not line.strip():
                continue
            found = LINE.match(line)
            if not found:
                raise forms.ValidationError(_("第%(n)d行看不懂。请写成“1.1 标题”。") % {"n": number})
            if found[1] in known:
                raise forms.ValidationError(_("编号“%(number)s”写了两次。") % {"number": found[1]})
            item = {**self.kept.get(found[1], {}), "heading": found[1], "title": found[2].strip()}
            known[found[1]] = item
            above = known.get(found[1].rpartition(".")[0])
            (above.setdefault("children", []) if above else top).append(item)
        return top

    def apply(self, raw: dict[str, Any]) -> None:
        cleaned = self.cleaned_data
        raw["title"], raw["headings"] = cleaned["title"].strip(), cleaned["headings"]
        source = raw["source"] if isinstance(raw.get("source"), dict) else {}
        raw["source"] = {**source, "document": cleaned["document"].strip()}
        for key, singular in (("problems", "problem"), ("goals", "goal")):
            old = raw.get(key) or []
            titled = {item.get("title") if isinstance(item, dict) else str(item): item for item in old}
            lines = [line.strip() for line in cleaned[key].splitlines() if line.strip()]
            raw[key] = [
                titled.get(line, {singular: f"{singular}-{at}", "title": line})
                for at, line in enumerate(lines, 1)
            ]


def _flat(headings: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for heading in headings:
        yield heading
        yield from _flat(heading.get("children") or [])


class PlanTables:
    """Phases and months of the plan."""

    def __init__(self, pack: Pack, data: Any = None):
        self.pack = pack
        plan = pack.raw.get("plan") or {}
        self.raw_phases = list(plan.get("phases") or [])
        self.raw_months = list(plan.get("months") or [])
        owners = [("", "—"), *((name, post.title) for name, post in pack.posts.items())]
        phases = [{"title": str(p.get("title", "")), "from": str(p.get("from", "")), "to": str(p.get("to", ""))}
                  for p in self.raw_phases]  # fmt: skip
        self.items = [(m.get("month"), item) for m in self.raw_months for item in m.get("items") or []]
        rows = [{"title": str(i.get("title", "")), "month": str(month), "owner": str(i.get("owner", "")),
                 "from": str(i.get("from", "")), "due": str(i.get("due", ""))} for month, i in self.items]  # fmt: skip
        months = [(str(n), _("%(n)d月") % {"n": n}) for n in range(1, 13)]
        self.phases = TableForm("phases", (Column("title", _("阶段")), Column("from", _("从（月-日）"), width="short"),
                                           Column("to", _("到（月-日）"), width="short")), phases, data)  # fmt: skip
        self.months = TableForm("months", (Column("title", _("要做的事")), Column("month", _("月份"), months),
                                           Column("owner", _("负责"), owners), Column("from", _("从"), width="short"),
                                           Column("due", _("到"), width="short")), rows, data)  # fmt: skip

    @property
    def tables(self) -> list[tuple[str, TableForm]]:
        return [(_("阶段"), self.phases), (_("按月的安排"), self.months)]

    def is_valid(self) -> bool:
        if not (self.phases.is_valid() and self.months.is_valid()):
            return False
        for table, names in ((self.phases, ("from", "to")), (self.months, ("from", "due"))):
            for row in table.rows():
                for name in names:
                    if not DAY.match(row[name]):
                        sentence = _("“%(title)s”的日期要写成月-日，例如 03-31；下一年的写 +1 01-31。")
                        table.add_error(None, sentence % {"title": row["title"]})
        return not (self.phases.errors or self.months.errors)

    def apply(self, raw: dict[str, Any]) -> None:
        plan = raw.setdefault("plan", {}) or {}
        raw["plan"] = plan
        plan["phases"] = [
            {**(self.raw_phases[int(row["place"])] if row["place"] else {}), "phase": at, "title": row["title"],
             "from": row["from"], "to": row["to"]}
            for at, row in enumerate(self.phases.rows(), start=1)
        ]  # fmt: skip
        kept = [item for _month, item in self.items]
        rows = self.months.rows()
        items = changed(
            kept, [{key: value for key, value in row.items() if key != "month"} for row in rows], "item"
        )
        months: dict[int, list[dict[str, Any]]] = {}
        for row, item in zip(rows, items, strict=True):
            months.setdefault(int(row["month"] or 1), []).append(item)
        known = {month.get("month"): month for month in self.raw_months}
        begins = 9 if self.pack.programme_year == "school" else 1
        plan["months"] = [
            {**known.get(month, {}), "month": month, "items": months[month]}
            for month in sorted(months, key=lambda month: (month - begins) % 12)
        ]


class WordTables:
    """Posts, attributes, relations, events and announced numbers and days that rules may speak of."""

    def __init__(self, pack: Pack, data: Any = None):
        raw = pack.raw
        self.raw = {name: list(raw.get(name) or []) for name in ("posts", "attributes", "links", "events")}
        self.raw["announced"] = [*(raw.get("announced") or []), *undeclared(pack)]
        posts = [("", "—"), *((name, post.title) for name, post in pack.posts.items())]
        types = [("boolean", _("是或否")), ("integer", _("整数")), ("decimal", _("小数")), ("choice", _("几个值之一")),
                 ("date", _("日期")), ("text", _("文字"))]  # fmt: skip
        of, classes = of_types(), data_classes()
        self.posts = TableForm("posts", (Column("title", _("岗位")), Column("of", _("在哪里任"), of),
                                         Column("superior", _("空缺时由谁接"), posts)), self._rows("posts", ("title", "of", "superior")), data)  # fmt: skip
        self.attributes = TableForm(
            "attributes", (Column("title", _("属性")), Column("of", _("谁的"), of), Column("type", _("怎么填"), types),
                           Column("values", _("可选的值，用顿号隔开"), most=MOST_VALUES), Column("class", _("涉及什么"), classes)),
            [{**row, "of": (types_of(item) or ["student"])[0], "values": values_text(item)}
             for item, row in zip(self.raw["attributes"], self._rows("attributes", ("title", "type", "class")), strict=True)], data,
        )  # fmt: skip
        self.links = TableForm("links", (Column("title", _("关系，例如“成长导师”")), Column("a", _("甲方"), of), Column("b", _("乙方"), of),
                                         Column("class", _("涉及什么"), classes)), self._rows("links", ("title", "a", "b", "class")), data)  # fmt: skip
        self.events = TableForm(
            "events", (Column("title", _("事件，例如“请假返校”")), Column("of", _("谁的"), of), Column("class", _("涉及什么"), classes)),
            [{**row, "of": (types_of(item) or ["student"])[0]}
             for item, row in zip(self.raw["events"], self._rows("events", ("title", "class")), strict=True)], data,
        )  # fmt: skip
        self.announced = TableForm(
            "announced",
            (
                Column("title", _("由学校公布的数或日期，例如“第二次汇报日”")),
                Column("title_en", _("英文名称")),
            ),
            self._rows("announced", ("title", "title_en")),
            data,
        )

    def _rows(self, key: str, names: tuple[str, ...]) -> list[dict[str, str]]:
        return [{name: str(item.get(name) or "") for name in names} for item in self.raw[key]]

    @property
    def tables(self) -> list[tuple[str, TableForm]]:
        return [
            (_("岗位"), self.posts),
            (_("属性"), self.attributes),
            (_("关系"), self.links),
            (_("事件"), self.events),
            (_("待公布的数和日期"), self.announced),
        ]

    def is_valid(self) -> bool:
        told = [table.is_valid() for _title, table in self.tables]  # every table says what is wrong in it
        return all(told)

    def apply(self, raw: dict[str, Any]) -> None:
        raw["posts"] = changed(self.raw["posts"], self.posts.rows(), "post")
        raw["links"] = changed(self.raw["links"], self.links.rows(), "link")
        for key, singular, table in (
            ("attributes", "attribute", self.attributes),
            ("events", "event", self.events),
        ):
            rows = table.rows()
            items = changed(
                self.raw[key],
                [{k: v for k, v in row.items() if k not in ("of", "values")} for row in rows],
                singular,
            )
            for at, (row, item) in enumerate(zip(rows, items, strict=True)):
                before = types_of(item)
                item["of"] = before if row["of"] in before[:1] else [row["of"]]
                if row.get("type") == "choice":
                    items[at] = with_values(item, row.get("values", ""))
            raw[key] = items
        raw["announced"] = changed(
            self.raw["announced"], self.announced.rows(), "announced", most=MOST_LETTERS_ANNOUNCED
        )
        for key in ("events", "announced"):
            if not raw[key]:
                raw.pop(key)


def undeclared(pack: Pack) -> list[dict[str, Any]]:
    """The announced numbers and days that rules ask for and that have no title yet, under their own names."""
    asked: dict[str, None] = {}
    for rule in pack.obligations:
        asked.update(dict.fromkeys(one.announced for one in rule.periods if isinstance(one, ByAnnounced)))
        limits = [
            limit
            for item in rule.requirements()
            for limit in item.bound.ends()
            if isinstance(limit, Asked) and not limit.post
        ]
        asked.update(dict.fromkeys(limit.attribute.removeprefix("announced:") for limit in limits))
    return [{"announced": name, "title": name} for name in asked if name not in pack.announced]
