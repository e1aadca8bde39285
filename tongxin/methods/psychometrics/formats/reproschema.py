"""ReproSchema 1.0: a folder of JSON-LD files, one for the activity, one per item, one per set of answers.

https://www.repronim.org/reproschema/ . Files are a mapping of path to text; languages are written as there (zh-cn).
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from ..instrument import CHOICE, Instrument, Item, Text
from .common import (
    Plain,
    Sets,
    in_one_language,
    is_summed,
    not_read,
    number,
    option,
    scale_from,
    slug,
    terms,
    whole,
)
from .expressions import NotUnderstood, condition, sum_of, written
from .problem import FormatProblem
from .rest import packed, unpacked

CONTEXT = "https://raw.githubusercontent.com/ReproNim/reproschema/main/releases/1.0.0/reproschema"
REST = "tongxin:rest"
INPUTS = {
    "radio": CHOICE, "select": CHOICE, "number": "integer", "float": "decimal", "text": "text", "textarea": "long_text",
    "date": "date", "time": "time", "timeRange": "time", "slider": "slider", "static": "display", "documentUpload": "file",
    "email": "text", "year": "text", "multitext": "long_text", "sign": "file", "save": "display",
}  # fmt: skip
KINDS = {
    "choice": "radio", "open_choice": "radio", "text": "text", "long_text": "textarea", "integer": "number",
    "decimal": "float", "date": "date", "datetime": "date", "time": "time", "slider": "slider", "file": "documentUpload",
    "display": "static", "computed": "number",
}  # fmt: skip
_IDENTIFIER = re.compile(r"^[A-Za-z_]\w*$")
MOST_ITEMS = 2000


def language_here(name: str) -> str:
    """zh-cn → zh-CN. A slip that the library has once (zn-ch) is set right."""
    first, _, region = name.partition("-")
    return "zh-CN" if name == "zn-ch" else f"{first}-{region.upper()}" if region else first


# reading


def read(files: Mapping[str, str], start: str = "") -> tuple[Plain, Any]:
    """(mapping, rest) of the activity in the files; start: its path, found when empty. Raises FormatProblem."""
    parsed: dict[str, Any] = {}
    reader = _Reader(files, parsed)
    start = start or reader.activity()
    activity = reader.json(start, "问卷")
    if not _is(activity, "Activity"):
        raise FormatProblem("这个文件不是 ReproSchema 的问卷（Activity）。请选名字以 _schema 结尾的文件。")
    rest = unpacked(str(activity[REST])) if REST in activity else None
    return reader.read(activity, start), rest


def _is(document: Any, category: str) -> bool:
    found = (document.get("category"), document.get("@type")) if isinstance(document, dict) else ()
    return any(str(word or "").endswith(category) for word in found)


class _Reader:
    def __init__(self, files: Mapping[str, str], parsed: dict[str, Any]) -> None:
        self.files, self.parsed, self.sets = files, parsed, Sets()

    def activity(self) -> str:
        found = sorted(path for path in self.files if path.endswith("_schema"))
        found = [path for path in found if _is(self.json(path, "问卷"), "Activity")]
        if len(found) != 1:
            raise FormatProblem(f"文件夹里有 {len(found)} 份问卷（名字以 _schema 结尾）。请指明是哪一份。")
        return found[0]

    def json(self, path: str, what: str) -> Plain:
        if path in self.parsed:
            return self.parsed[path]
        text = self.files.get(path)
        if text is None:
            raise FormatProblem(f"{what}的文件“{path}”不在文件夹里。请把它放进去。")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FormatProblem(f"{what}的文件“{path}”不是 JSON，读不懂。请从原来的程序重新导出。") from error
        if not isinstance(found, dict):
            raise FormatProblem(f"{what}的文件“{path}”读不懂。请从原来的程序重新导出。")
        self.parsed[path] = found
        return found

    def read(self, activity: Plain, start: str) -> Plain:
        ui = activity.get("ui") if isinstance(activity.get("ui"), dict) else {}
        order = ui.get("order") if isinstance(ui, dict) else None
        if not isinstance(order, list) or not order or len(order) > MOST_ITEMS:
            raise FormatProblem("问卷没有题目的顺序（ui.order）。请从原来的程序重新导出。")
        beside = ui.get("addProperties") if isinstance(ui, dict) else None
        about = {str(row.get("isAbout")): row for row in beside or [] if isinstance(row, dict)}
        items, variables = [], {}
        documents = {}
        for reference in map(str, order):
            document = self.json(_beside(start, reference), f"第“{reference.rsplit('/', 1)[-1]}”题")
            item = self._item(document, reference, _beside(start, reference), about.get(reference, {}))
            documents[item["id"]] = about.get(reference, {})
            variables[str(about.get(reference, {}).get("variableName") or item["id"])] = item["id"]
            items.append(item)
        self._conditions(items, documents, variables)
        scales, reverse = self._scales(activity, start, about, variables, items)
        language = "zh-CN" if all(_speaks(item.get("text"), "zh-CN") for item in items) else "en"
        title = self.words(activity.get("prefLabel")) or str(activity.get("id") or "questionnaire")
        citation = activity.get("citation")
        citation = next(iter(citation.values()), "") if isinstance(citation, dict) else citation
        made = whole(
            slug(str(activity.get("id") or "").removesuffix("_schema"), "questionnaire"),
            title,
            language,
            self.sets,
            items,
            version=str(activity.get("version") or "1"),
            about=self.words(activity.get("description")),
            instructions=self.words(activity.get("preamble")),
            citation=str(citation or "").strip(),
            scales=scales,
            reverse=reverse,
        )
        return {key: in_one_language(part, language) for key, part in made.items()}

    @staticmethod
    def words(value: Any) -> Any:
        if isinstance(value, dict):
            return {language_here(str(key)): " ".join(str(words).split()) for key, words in value.items()
                    if words and not isinstance(words, dict | list)}  # fmt: skip
        return " ".join(str(value or "").split())

    def _item(self, document: Plain, reference: str, path: str, about: Plain) -> Plain:
        name = slug(str(document.get("id") or reference.rsplit("/", 1)[-1]), reference.rsplit("/", 1)[-1])
        ui = document.get("ui") if isinstance(document.get("ui"), dict) else {}
        word = str((ui or {}).get("inputType") or "text")
        if word not in INPUTS:
            raise FormatProblem(f"第“{name}”题的类型“{word}”不认识。可用的有：{'、'.join(INPUTS)}。")
        kind = INPUTS[word]
        made: Plain = {
            "id": name,
            "text": self.words(document.get("question")),
            "kind": "" if kind == CHOICE else kind,
        }
        constraints, at = self._constraints(document, path, name)
        made["format"] = (
            word if word in ("select", "email", "year", "timeRange", "multitext", "sign", "save") else ""
        )
        if kind == CHOICE:
            made["answers"] = self._options(constraints, at, name)
            made["many"] = constraints.get("multipleChoice") is True
        else:
            for key, ours in (("minValue", "low"), ("maxValue", "high")):
                made[ours] = str(constraints[key]) if key in constraints else ""
        item = {key: value for key, value in made.items() if value}
        required = about.get("valueRequired") is True
        if required != (kind == CHOICE):
            item["required"] = required
        return item

    def _constraints(self, document: Plain, path: str, name: str) -> tuple[Plain, str]:
        found = document.get("responseOptions")
        if isinstance(found, str):
            at = _beside(path, found)
            return self.json(at, f"第“{name}”题的选项"), at.rsplit("/", 1)[-1]
        return (found, "") if isinstance(found, dict) else ({}, "")

    def _options(self, constraints: Plain, wanted: str, name: str) -> str:
        listed = constraints.get("choices")
        if not isinstance(listed, list) or not listed:
            raise FormatProblem(f"第“{name}”题没有选项（choices）。请补上选项。")
        rows = []
        for row in listed:
            if not isinstance(row, dict):
                raise FormatProblem(f"第“{name}”题的选项读不懂。请从原来的程序重新导出。")
            text = self.words(row.get("name"))
            value = row.get("value")
            code = (
                str(value)
                if value is not None
                else str(next(iter(text.values()), "") if isinstance(text, dict) else text)
            )
            rows.append(
                option(
                    code, text, number(value) if value is not None and not isinstance(value, str) else None
                )
            )
        return self.sets.name(rows, slug(wanted, "") if wanted else "")

    def _numeric(self, items: list[Plain]) -> dict[str, list[int]]:
        return {
            item["id"]: [row["value"] for row in self.sets.found[item["answers"]]["options"]]
            for item in items
            if item.get("answers")
            and all("value" in row for row in self.sets.found[item["answers"]]["options"])
        }

    def _conditions(self, items: list[Plain], documents: dict[str, Plain], variables: dict[str, str]) -> None:
        numeric = self._numeric(items)
        kinds = {item["id"]: item.get("kind") for item in items}

        def by_number(item: str) -> bool:
            return item in numeric or kinds[item] in ("integer", "decimal", "slider")

        for item in items:
            shown = documents[item["id"]].get("isVis", True)
            if isinstance(shown, bool):
                continue
            try:
                item["show_if"] = condition(str(shown), variables, by_number)
            except NotUnderstood as error:
                raise FormatProblem(
                    f"第“{item['id']}”题的显示条件读不懂，在“{error}”处。请检查 isVis。"
                ) from error

    def _scales(
        self,
        activity: Plain,
        start: str,
        about: dict[str, Plain],
        variables: dict[str, str],
        items: list[Plain],
    ) -> tuple[list[Plain], list[str]]:
        scales: list[Plain] = []
        reverse: list[str] = []
        values = self._numeric(items)
        by_variable = {str(row.get("variableName")): reference for reference, row in about.items()}
        computed = activity.get("compute")
        for row in computed if isinstance(computed, list) else []:
            name, expression = (
                (str(row.get(key) or "") for key in ("variableName", "jsExpression"))
                if isinstance(row, dict)
                else ("", "")
            )
            found = scale_from(
                name,
                self._title(start, by_variable.get(name, ""), name),
                sum_of(expression),
                variables,
                values,
            )
            if found is None:
                raise FormatProblem(not_read(name, expression, variables))
            scales.append(found[0])
            reverse += [item for item in found[1] if item not in reverse]
        return scales, reverse

    def _title(self, start: str, reference: str, name: str) -> Any:
        path = _beside(start, reference)
        return (
            self.words(self.json(path, "分数").get("prefLabel")) if reference and path in self.files else ""
        ) or name


def _speaks(text: Any, language: str) -> bool:
    return isinstance(text, dict) and language in text


def _beside(path: str, reference: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), reference))


# writing


def write(instrument: Instrument, rest: Any = None) -> dict[str, str]:
    """The files by path; the activity's ends with _schema."""
    names = _names(instrument)
    files: dict[str, Any] = {}
    summed = [scale for scale in instrument.scales if is_summed(instrument, scale) and len(scale.items) > 1]
    beside: list[Plain] = []
    for item in instrument.items:
        shown = written(item.show_if, lambda name: names[name], "js") if item.show_if else None
        row: Plain = {
            "isAbout": f"items/{_file(item.id)}",
            "isVis": shown or True,
            "variableName": names[item.id],
        }
        beside.append(row | ({"valueRequired": True} if item.required else {}))
        files[f"items/{_file(item.id)}"] = _item(instrument, item)
    for scale in summed:
        beside.append({"isAbout": f"items/{_file(scale.id)}-score", "isVis": False, "variableName": scale.id})
        files[f"items/{_file(scale.id)}-score"] = _head(f"{scale.id}-score", "Item") | {
            "prefLabel": _said(scale.title, instrument.language),
            "ui": {"readonlyValue": True, "inputType": "number"},
            "responseOptions": {"valueType": ["xsd:integer"]},
        }
    for known in instrument.answers:
        files[_file(known.id)] = _head(known.id, "ResponseOption") | {
            "choices": [
                {
                    "name": _said(o.text, instrument.language),
                    "value": o.value if o.value is not None else o.code,
                }
                for o in known.options
            ],
            "multipleChoice": any(item.many for item in instrument.items if item.answers == known.id),
            "valueType": ["xsd:integer" if len(known.values) == len(known.options) else "xsd:string"],
        }
    activity = _head(f"{instrument.id}_schema", "Activity") | {
        "prefLabel": _said(instrument.title, instrument.language),
        "description": _said(instrument.about, instrument.language),
        "preamble": _said(instrument.instructions, instrument.language),
        "citation": {"en": instrument.citation} if instrument.citation else {},
        "version": instrument.version,
        "ui": {"addProperties": beside, "order": [f"items/{_file(item.id)}" for item in instrument.items], "shuffle": False},
        "compute": [
            {"variableName": scale.id, "jsExpression": " + ".join(
                names[item.id] if taken is None else f"({taken} - {names[item.id]})" for item, taken in terms(instrument, scale))}
            for scale in summed
        ],
    }  # fmt: skip
    if rest is not None:
        activity[REST] = packed(rest)
    files[f"{_file(instrument.id)}_schema"] = activity
    return {
        path: json.dumps(
            {k: v for k, v in document.items() if v not in ("", {}, [])}, ensure_ascii=False, indent=4
        )
        + "\n"
        for path, document in files.items()
    }


def _names(instrument: Instrument) -> dict[str, str]:
    """A JavaScript name per item."""
    return {
        item.id: item.id if _IDENTIFIER.match(item.id) and item.id.isascii() else f"item_{n}"
        for n, item in enumerate(instrument.items, 1)
    }


def _file(name: str) -> str:
    return re.sub(r"[^\w\-.\u4e00-\u9fff]", lambda found: f"_{ord(found[0]):x}_", name)


def _head(name: str, category: str) -> Plain:
    return {
        "@context": CONTEXT,
        "id": name,
        "category": category,
        "schemaVersion": "1.0.0",
        "version": "0.0.1",
    }


def _said(text: Text, language: str) -> Plain:
    return {name.lower(): words for name, words in text.said}


def _item(instrument: Instrument, item: Item) -> Plain:
    known = instrument.answers_by_id.get(item.answers)
    made = _head(item.id, "Item") | {
        "question": _said(item.text, instrument.language),
        "ui": {"inputType": item.format if INPUTS.get(item.format) == item.kind else KINDS[item.kind]},
    }
    if known and item.kind in (CHOICE, "open_choice"):
        made["responseOptions"] = f"../{_file(known.id)}"
    elif item.low or item.high:
        limits = {"minValue": item.low, "maxValue": item.high}
        made["responseOptions"] = {key: value for key, value in limits.items() if value}
    return made
