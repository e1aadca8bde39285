"""LimeSurvey surveys, groups and questions (.lss, .lsg, .lsq), read; surveys written. Versions 3 to 6.

A question of ours is a question of theirs; an array of theirs is a question per line. Ours are marked in
question_attributes, which LimeSurvey keeps and passes over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any
from xml.sax.saxutils import escape as escape_xml

from ..instrument import CHOICE, Instrument, Item
from .common import (
    Plain,
    Sets,
    is_summed,
    lacks,
    not_read,
    number,
    option,
    scale_from,
    slug,
    terms,
    values_of,
    whole,
    without_tags,
)
from .expressions import NotUnderstood, condition, sum_of, written
from .problem import FormatProblem
from .rest import packed, unpacked
from .xml_tables import Row, read_tables

KINDS = {
    "L": CHOICE, "!": CHOICE, "O": CHOICE, "5": CHOICE, "Y": CHOICE, "G": CHOICE, "M": CHOICE, "P": CHOICE, "N": "decimal",
    "S": "text", "T": "long_text", "U": "long_text", "D": "date", "X": "display", "*": "computed", "|": "file",
}  # fmt: skip
ARRAYS = {"F", "A", "B", "C", "E", "H", "K", "Q", ";"}
FIXED: dict[str, list[tuple[str, str, int | None]]] = {
    "5": [(str(n), str(n), n) for n in range(1, 6)],
    "A": [(str(n), str(n), n) for n in range(1, 6)],
    "B": [(str(n), str(n), n) for n in range(1, 11)],
    "Y": [("Y", "Yes", None), ("N", "No", None)],
    "G": [("F", "Female", None), ("M", "Male", None)],
    "C": [("Y", "Yes", None), ("U", "Uncertain", None), ("N", "No", None)],
    "E": [("I", "Increase", None), ("S", "Same", None), ("D", "Decrease", None)],
}  # fmt: skip
MARKS = ("tongxin_id", "tongxin_answers", "tongxin_scale", "tongxin_rest")
VERSION = "641"


# reading


def read(data: bytes) -> tuple[Plain, Any]:
    """(mapping, rest). Raises FormatProblem."""
    kind, languages, tables = read_tables(data)
    if kind not in ("Survey", "Group", "Question"):
        raise FormatProblem(f"这种 LimeSurvey 文件（{kind[:30]}）不是问卷。请导出问卷、题组或题目。")
    return _Reader(languages, tables).read()


class _Reader:
    def __init__(self, languages: list[str], tables: dict[str, list[Row]]) -> None:
        self.tables, self.sets = tables, Sets()
        known = [name for row in tables.get("surveys", ()) if (name := row.get("language"))]
        self.languages = list(dict.fromkeys([*known, *languages])) or ["en"]
        self.items: list[Plain] = []
        self.variables: dict[str, str] = {}
        self.calculated: list[tuple[str, Any, str, bool]] = []
        self.logic: list[tuple[Plain, str, str]] = []
        self.marks: dict[str, dict[str, str]] = {}
        for row in tables.get("question_attributes", ()):
            if row.get("attribute") in MARKS:
                self.marks.setdefault(row.get("qid", ""), {})[row["attribute"]] = row.get("value", "")
        self.words_of = {name: self._words(name, key, column) for name, key, column in (
            ("question_l10ns", "qid", "question"), ("answer_l10ns", "aid", "answer"), ("group_l10ns", "gid", "group_name"))}  # fmt: skip
        self.help_of = self._words("question_l10ns", "qid", "help")

    def _words(self, table: str, key: str, column: str) -> dict[str, Any]:
        """A text, or a text per language, by id; older versions have the words in the row itself."""
        found: dict[str, dict[str, str]] = {}
        base = {
            "question_l10ns": ("questions", "subquestions"),
            "answer_l10ns": ("answers",),
            "group_l10ns": ("groups",),
        }
        for name in (table, *base[table]):
            for row in self.tables.get(name, ()):
                text = without_tags(row.get(column, ""))
                if text and row.get(key):
                    found.setdefault(row[key], {}).setdefault(self._language(row.get("language", "")), text)
        return {name: self._text(said) for name, said in found.items()}

    def _language(self, name: str) -> str:
        return {"zh-Hans": "zh-CN"}.get(name or self.languages[0], name or self.languages[0])

    def _text(self, said: dict[str, str]) -> Any:
        first = self._language(self.languages[0])
        return (
            said[first]
            if list(said) == [first]
            else dict(sorted(said.items(), key=lambda pair: pair[0] != first))
        )

    def read(self) -> tuple[Plain, Any]:
        groups = sorted(self._once("groups", "gid"), key=lambda row: number(row.get("group_order", "0")) or 0)
        order = {row["gid"]: n for n, row in enumerate(groups)}
        sections = [
            {"id": slug(f"g{row['gid']}", "g"), "text": self.words_of["group_l10ns"].get(row["gid"], "")}
            for row in groups
        ]
        questions = [row for row in self._once("questions", "qid") if row.get("parent_qid", "0") in ("0", "")]
        questions.sort(
            key=lambda row: (order.get(row.get("gid", ""), 0), number(row.get("question_order", "0")) or 0)
        )
        # A single group is only where LimeSurvey wants its questions.
        several = len(sections) > 1
        for row in questions:
            self._question(row, f"g{row.get('gid')}" if several and row.get("gid") in order else "")
        if not self.items:
            raise FormatProblem("文件里没有题目。请检查导出的文件。")
        self._conditions()
        scales, reverse = self._scales()
        title = self._title()
        language = self._language(self.languages[0])
        survey = next(iter(self.tables.get("surveys", ())), {})
        name = slug(f"survey-{survey['sid']}" if survey.get("sid") else "", "questionnaire")
        rest = next(
            (unpacked(found["tongxin_rest"]) for found in self.marks.values() if "tongxin_rest" in found),
            None,
        )
        made = whole(
            name, title or name, language, self.sets, self.items, sections=sections if several else [], scales=scales,
            reverse=reverse, about=self._setting("surveyls_description"), instructions=self._setting("surveyls_welcometext"),
        )  # fmt: skip
        return made, rest

    def _once(self, table: str, key: str) -> list[Row]:
        """Rows by id; older versions repeat them per language."""
        found: dict[str, Row] = {}
        for row in self.tables.get(table, ()):
            if row.get(key):
                found.setdefault(row[key], row)
        return list(found.values())

    def _setting(self, column: str) -> Any:
        said = {}
        for row in self.tables.get("surveys_languagesettings", ()):
            text = without_tags(row.get(column, ""))
            if text:
                said[self._language(row.get("surveyls_language", ""))] = text
        return self._text(said) if said else ""

    def _title(self) -> Any:
        return self._setting("surveyls_title") or next(iter(self.words_of["group_l10ns"].values()), "")

    def _question(self, row: Row, section: str) -> None:
        code, kind, qid = row.get("title", ""), row.get("type", ""), row["qid"]
        marks = self.marks.get(qid, {})
        if "tongxin_scale" in marks:
            text = self.words_of["question_l10ns"].get(qid, "")
            self.calculated.append(
                (marks["tongxin_scale"], self._help(qid) or "", text if isinstance(text, str) else "", True)
            )
            return
        if kind not in KINDS and kind not in ARRAYS:
            raise FormatProblem(
                f"题目“{code}”的类型“{kind}”还不能读入。可用的有：{'、'.join([*KINDS, *sorted(ARRAYS)])}。"
            )
        if kind in ARRAYS:
            self._array(row, section)
            return
        item = self._start(
            row, marks.get("tongxin_id", code), self.words_of["question_l10ns"].get(qid, ""), section
        )
        item["note"] = self._help(qid)
        if KINDS[kind] == CHOICE:
            wanted = marks.get("tongxin_answers", "")
            options = self._subquestions(qid, code) if kind in ("M", "P") else self._options(qid, kind, code)
            item |= {
                "answers": self.sets.name(options, slug(wanted, "") if wanted else ""),
                "many": kind in ("M", "P"),
            }
            if row.get("other") == "Y":
                item["kind"] = "open_choice"
            item["format"] = {"!": "dropdown", "5": "5", "Y": "yesno", "G": "G"}.get(kind, "")
        else:
            item["kind"] = KINDS[kind]
            if kind == "*":
                item["formula"] = {"language": "limesurvey", "text": str(item.get("text") or "")}
        self._keep(item, row, code)

    def _help(self, qid: str) -> Any:
        return self.help_of.get(qid, "")

    def _start(self, row: Row, name: str, text: Any, section: str) -> Plain:
        return {"id": slug(name, f"q{len(self.items) + 1}"), "text": text, "section": section}

    def _keep(self, item: Plain, row: Row, code: str) -> None:
        made = {key: value for key, value in item.items() if value}
        required = row.get("mandatory", "N") in ("Y", "S")
        if required != ("answers" in made):
            made["required"] = required
        if any(known["id"] == made["id"] for known in self.items):
            raise FormatProblem(f"题目“{code}”用了两次。请改成不同的编号。")
        self.items.append(made)
        self.variables[code] = made["id"]
        relevance = row.get("relevance", "").strip()
        if relevance not in ("", "1"):
            self.logic.append((made, relevance, code))

    def _array(self, row: Row, section: str) -> None:
        code, kind, qid = row.get("title", ""), row["type"], row["qid"]
        lines = self._lines(qid)
        if not lines:
            raise FormatProblem(f"题目“{code}”是一张表，但没有小题。请补上小题。")
        answers = ""
        if kind not in ("K", "Q", ";"):
            answers = self.sets.name(self._options(qid, kind, code))
        for line in lines:
            text = self.words_of["question_l10ns"].get(line["qid"], "")
            item = self._start(row, f"{code}_{line.get('title', '')}", text, section)
            if answers:
                item["answers"] = answers
            else:
                item["kind"] = "decimal" if kind == "K" else "text"
            self._keep(item, row, f"{code}_{line.get('title', '')}")

    def _lines(self, qid: str) -> list[Row]:
        rows = {row["qid"]: row for table in ("questions", "subquestions") for row in self._once(table, "qid")
                if row.get("parent_qid") == qid and row.get("scale_id", "0") in ("0", "")}  # fmt: skip
        return sorted(rows.values(), key=lambda row: number(row.get("question_order", "0")) or 0)

    def _subquestions(self, qid: str, code: str) -> list[Plain]:
        rows = [
            option(line.get("title", ""), self.words_of["question_l10ns"].get(line["qid"], ""), None)
            for line in self._lines(qid)
        ]
        if not rows:
            raise FormatProblem(f"题目“{code}”没有选项。请补上选项。")
        return rows

    def _options(self, qid: str, kind: str, code: str) -> list[Plain]:
        if kind in FIXED:
            return [option(*found) for found in FIXED[kind]]
        rows = [row for row in self.tables.get("answers", ()) if row.get("qid") == qid]
        once = {row.get("code", ""): row for row in reversed(rows)}
        ordered = sorted(once.values(), key=lambda row: number(row.get("sortorder", "0")) or 0)
        if not ordered:
            raise FormatProblem(f"题目“{code}”没有选项。请补上选项。")
        weights = [number(row.get("assessment_value", "0")) for row in ordered]
        codes = [row.get("code", "") for row in ordered]
        if any(weights):
            values: list[int | None] = weights
        else:
            plain = [number(text) if str(number(text)) == text else None for text in codes]
            values = plain if None not in plain else [None] * len(plain)
        words = self.words_of["answer_l10ns"]
        return [
            option(text, words.get(row.get("aid", ""), "") or without_tags(row.get("answer", "")), value)
            for text, row, value in zip(codes, ordered, values, strict=True)
        ]

    def _conditions(self) -> None:
        values, kinds = (
            values_of(self.items, self.sets),
            {item["id"]: item.get("kind") for item in self.items},
        )

        def by_number(name: str) -> bool:
            return name in values or kinds[name] in ("decimal", "integer", "slider", "computed")

        for item, relevance, code in self.logic:
            try:
                item["show_if"] = condition(relevance.strip("{} \n"), self.variables, by_number)
            except NotUnderstood as error:
                raise FormatProblem(
                    f"题目“{code}”的显示条件（relevance）读不懂，在“{error}”处。请改写或去掉。"
                ) from error

    def _scales(self) -> tuple[list[Plain], list[str]]:
        scales: list[Plain] = []
        reverse: list[str] = []
        for name, title, expression, _ in self.calculated:
            found = scale_from(
                name,
                title,
                sum_of(expression.strip("{} \n")),
                self.variables,
                values_of(self.items, self.sets),
            )
            if found is None and not lacks(expression.strip("{} \n"), self.variables):
                continue  # the values of its answers stand in the difference beside
            if found is None:
                raise FormatProblem(not_read(name, expression.strip("{} \n"), self.variables))
            scales.append(found[0])
            reverse += [item for item in found[1] if item not in reverse]
        return scales, reverse


# writing


def write(instrument: Instrument, rest: Any = None) -> str:
    """A survey (.lss) with a group per section."""
    return _Writer(instrument, rest).write()


class _Writer:
    def __init__(self, instrument: Instrument, rest: Any) -> None:
        self.instrument, self.rest = instrument, rest
        self.language = {"zh-CN": "zh-Hans"}.get(instrument.language, instrument.language)
        self.tables: dict[str, list[Row]] = {}
        self.codes = {
            item.id: item.id if re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", item.id) else f"Q{n}X"
            for n, item in enumerate(instrument.items, 1)
        }
        self.next = 1

    def add(self, table: str, **row: object) -> None:
        self.tables.setdefault(table, []).append({key: str(value) for key, value in row.items()})

    def number(self) -> int:
        self.next += 1
        return self.next - 1

    def write(self) -> str:
        instrument = self.instrument
        used = [s for s in instrument.sections if any(item.section == s.id for item in instrument.items)]
        groups = {section.id: n for n, section in enumerate(used, 2)}
        texts = {1: str(instrument.title)} | {groups[s.id]: str(s.text) or s.id for s in used}
        needed = sorted({groups.get(item.section, 1) for item in instrument.items})
        for n in needed:
            self.add("groups", gid=n, sid=1, group_order=n, randomization_group="", grelevance="")
            self.add(
                "group_l10ns",
                id=n,
                gid=n,
                group_name=escape(texts[n]),
                description="",
                language=self.language,
            )
        for order, item in enumerate(instrument.items):
            self._item(item, groups.get(item.section, 1), order)
        own = {item.id for item in instrument.items if item.formula}
        for order, scale in enumerate(instrument.scales, len(instrument.items)):
            if is_summed(instrument, scale) and len(scale.items) > 1 and scale.id not in own:
                self._score(scale, needed[-1], order)
        self.add(
            "surveys",
            sid=1,
            admin="",
            language=self.language,
            format="G",
            anonymized="N",
            active="N",
            assessments="Y",
        )
        self.add("surveys_languagesettings", surveyls_survey_id=1, surveyls_language=self.language,
                 surveyls_title=escape(str(instrument.title)), surveyls_description=escape(str(instrument.about)),
                 surveyls_welcometext=escape(str(instrument.instructions)))  # fmt: skip
        return _document(self.tables, self.language)

    def _question(
        self, kind: str, code: str, group: int, order: int, text: str, note: str, **more: object
    ) -> int:
        qid = self.number()
        row = {"qid": qid, "parent_qid": 0, "sid": 1, "gid": group, "type": kind, "title": code, "preg": "", "other": "N",
               "mandatory": "N", "encrypted": "N", "question_order": order, "scale_id": 0, "same_default": 0,
               "relevance": 1, "question_theme_name": "", "modulename": "", "same_script": 0}  # fmt: skip
        self.add("questions", **(row | more))
        self.add(
            "question_l10ns",
            id=qid,
            qid=qid,
            question=escape(text),
            help=escape(note),
            script="",
            language=self.language,
        )
        return qid

    def _mark(self, qid: int, name: str, value: str) -> None:
        self.add("question_attributes", qid=qid, attribute=name, value=value, language="")

    def _item(self, item: Item, group: int, order: int) -> None:
        known = self.instrument.answers_by_id.get(item.answers)
        shown = (
            written(item.show_if, lambda name: f"{self.codes[name]}.NAOK", "limesurvey")
            if item.show_if
            else None
        )
        kinds = {kind: letter for letter, kind in reversed(KINDS.items())} | {
            "integer": "N", "decimal": "N", "datetime": "D", "time": "S", "slider": "N", "open_choice": "L", CHOICE: "L",
            "long_text": "T"}  # fmt: skip
        kind = "M" if item.many and known else kinds[item.kind]
        more = {"mandatory": "Y" if item.required else "N", "other": "Y" if item.kind == "open_choice" else "N",
                "relevance": shown or "1"}  # fmt: skip
        text = item.formula[1] if item.formula and kind == "*" else str(item.text)
        qid = self._question(kind, self.codes[item.id], group, order, text, str(item.note), **more)
        if self.codes[item.id] != item.id:
            self._mark(qid, "tongxin_id", item.id)
        if order == 0 and self.rest is not None:
            self._mark(qid, "tongxin_rest", packed(self.rest))
        if known and item.kind in (CHOICE, "open_choice"):
            self._mark(qid, "tongxin_answers", known.id)
            self._answers(qid, known, many=kind == "M", group=group)

    def _answers(self, qid: int, known: Any, many: bool, group: int) -> None:
        codes = [
            o.code if re.fullmatch(r"[A-Za-z0-9]{1,5}", o.code) else f"A{n}"
            for n, o in enumerate(known.options, 1)
        ]
        for n, (code, chosen) in enumerate(zip(codes, known.options, strict=True), 1):
            text = escape(str(chosen.text))
            if many:
                sub = self.number()
                self.add("subquestions", qid=sub, parent_qid=qid, sid=1, gid=group, type="T", title=code, question_order=n,
                         scale_id=0, mandatory="N", relevance=1)  # fmt: skip
                self.add(
                    "question_l10ns",
                    id=sub,
                    qid=sub,
                    question=text,
                    help="",
                    script="",
                    language=self.language,
                )
            else:
                aid = self.number()
                self.add(
                    "answers",
                    aid=aid,
                    qid=qid,
                    code=code,
                    sortorder=n,
                    assessment_value=chosen.value or 0,
                    scale_id=0,
                )
                self.add("answer_l10ns", id=aid, aid=aid, answer=text, language=self.language)

    def _score(self, scale: Any, group: int, order: int) -> None:
        total = " + ".join(
            f"{self.codes[item.id]}.value" if taken is None else f"({taken} - {self.codes[item.id]}.value)"
            for item, taken in terms(self.instrument, scale)
        )
        qid = self._question("*", f"S{order}X", group, order, f"{{{total}}}", str(scale.title))
        self._mark(qid, "tongxin_scale", scale.id)
        self._mark(qid, "hidden", "1")


def _document(tables: dict[str, list[Row]], language: str) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<document>", " <LimeSurveyDocType>Survey</LimeSurveyDocType>",
             f" <DBVersion>{VERSION}</DBVersion>", f" <languages><language>{escape_xml(language)}</language></languages>"]  # fmt: skip
    for name, rows in tables.items():
        lines += [
            f" <{name}>",
            "  <fields>",
            *(f"   <fieldname>{key}</fieldname>" for key in _keys(rows)),
            "  </fields>",
            "  <rows>",
        ]
        for row in rows:
            lines += [
                "   <row>",
                *(f"    <{key}>{_cell(value)}</{key}>" for key, value in row.items()),
                "   </row>",
            ]
        lines += ["  </rows>", f" </{name}>"]
    return "\n".join([*lines, "</document>", ""])


def _keys(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _cell(value: str) -> str:
    plain = "".join(letter for letter in value if letter in "\t\n" or letter >= " ")
    return "<![CDATA[" + plain.replace("]]>", "]]]]><![CDATA[>") + "]]>" if plain else ""
