"""FHIR R4 Questionnaire (JSON): https://hl7.org/fhir/R4/questionnaire.html, with the SDC extensions for scores.

Options become contained value sets with ordinal values, sums become items with a calculatedExpression.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..conditions import COMPARISONS, Condition, ItemIs, Several
from ..instrument import CHOICE, AnswerSet, Instrument, Item, Section, Text
from .common import Plain, Sets, is_summed, not_read, number, option, scale_from, slug, terms, whole
from .expressions import sum_of
from .problem import FormatProblem
from .rest import packed, unpacked

HL7 = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
ORDINAL = (HL7 + "ordinalValue", HL7 + "itemWeight", HL7 + "questionnaire-ordinalValue")
CALCULATED = SDC + "calculatedExpression"
VARIABLE = HL7 + "variable"
TRANSLATION = HL7 + "translation"
REST = "urn:tongxin:instrument:rest"
TERM_SYSTEM = "urn:tongxin:instrument:answers:"
SCORE, INSTRUCTIONS = "score:", "_instructions"
KINDS = {
    "choice": CHOICE, "open-choice": "open_choice", "string": "text", "text": "long_text", "integer": "integer",
    "decimal": "decimal", "date": "date", "dateTime": "datetime", "time": "time", "attachment": "file",
    "display": "display", "url": "text", "quantity": "decimal", "reference": "text",
}  # fmt: skip
TYPES = {
    "choice": "choice", "open_choice": "open-choice", "text": "string", "long_text": "text", "integer": "integer",
    "decimal": "decimal", "date": "date", "datetime": "dateTime", "time": "time", "file": "attachment",
    "display": "display", "slider": "integer", "computed": "decimal",
}  # fmt: skip
_FHIR_ID = re.compile(r"^[A-Za-z0-9\-.]{1,64}$")
_VARIABLE = re.compile(r"iif\(\s*%(\w+)\.exists\(\)\s*,\s*%\1\s*,\s*0\s*\)")
_ANY = re.compile(r"^\s*iif\(\s*%\w+\s*,(.*),\s*\{\}\s*\)\s*$", re.DOTALL)
_LINK = re.compile(r"linkId\s*=\s*'([^']+)'")
DEEPEST = 8


# reading


def read(text: str) -> tuple[Plain, Any]:
    """(mapping, rest). Raises FormatProblem."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatProblem("这不是 JSON 文件，读不懂。请从原来的程序重新导出。") from error
    if not isinstance(document, dict) or document.get("resourceType") != "Questionnaire":
        raise FormatProblem("这不是 FHIR 问卷（resourceType 不是 Questionnaire）。请选问卷文件。")
    return _Reader(document).read(), _rest_of(document)


def _rest_of(document: Plain) -> Any:
    for found in _extensions(document, REST):
        return unpacked(str(found.get("valueString", "")))
    return None


def _extensions(element: Any, *urls: str) -> list[Plain]:
    listed = element.get("extension") if isinstance(element, dict) else None
    rows = listed if isinstance(listed, list) else []
    return [row for row in rows if isinstance(row, dict) and row.get("url") in urls]


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class _Reader:
    def __init__(self, document: Plain) -> None:
        self.document = document
        self.language = str(document.get("language") or "en")
        self.sets, self.items, self.sections = Sets(), [], []  # type: ignore[var-annotated]
        self.instructions: Any = ""
        self.calculated: list[tuple[str, Any, Plain, bool]] = []
        self.links: list[str] = []
        self.conditions: list[tuple[Plain, Plain]] = []
        self.value_sets = self._contained()

    def read(self) -> Plain:
        document = self.document
        self._walk(_texts(document.get("item")), "", 0)
        if not self.items:
            raise FormatProblem("问卷里没有题目。请检查导出的文件。")
        self._conditions()
        scales, reverse = self._scales()
        names = [document.get("id"), document.get("name"), document.get("title")]
        name = next((slug(str(text), "") for text in names if text and slug(str(text), "")), "questionnaire")
        copyright_ = str(document.get("copyright") or "").strip()
        return whole(
            name,
            self._words(document, "title") or str(document.get("name") or name),
            self.language,
            self.sets,
            self.items,
            version=str(document.get("version") or "1"),
            about=str(document.get("description") or "").strip(),
            instructions=self.instructions,
            licence={"name": copyright_} if copyright_ else {},
            sections=self.sections,
            scales=scales,
            reverse=reverse,
        )

    def _contained(self) -> dict[str, Plain]:
        found = {}
        for row in _texts(self.document.get("contained")):
            if isinstance(row, dict) and row.get("resourceType") == "ValueSet":
                found[f"#{row.get('id')}"] = row
                if row.get("url"):
                    found[str(row["url"])] = row
        return found

    def _words(self, element: Plain, key: str) -> Any:
        """A text, or a text per language where there are translations."""
        text = (
            " ".join(str(element.get(key) or "").split())
            if key != "copyright"
            else str(element.get(key) or "")
        )
        beside = element.get(f"_{key}")
        found = {self.language: text} if text else {}
        for row in _extensions(beside, TRANSLATION):
            parts = {part.get("url"): part for part in _texts(row.get("extension")) if isinstance(part, dict)}
            language = parts.get("lang", {}).get("valueCode")
            content = parts.get("content", {}).get("valueString") or parts.get("content", {}).get(
                "valueMarkdown"
            )
            if language and content:
                found[str(language)] = str(content)
        return found if len(found) > 1 else text

    def _walk(self, rows: list[Any], section: str, depth: int) -> None:
        if depth > DEEPEST:
            raise FormatProblem(f"分段“{section}”嵌套太深。请少嵌套几层。")
        for row in rows:
            if not isinstance(row, dict) or not row.get("linkId"):
                raise FormatProblem(
                    f"第 {len(self.items) + 1} 题没有编号（linkId）。请从原来的程序重新导出。"
                )
            name, kind = str(row["linkId"]), str(row.get("type"))
            if name in self.links:
                raise FormatProblem(f"编号“{name}”用了两次。请改成不同的编号。")
            self.links.append(name)
            if kind == "group":
                self._section(row, name, section)
                self._walk(_texts(row.get("item")), slug(name, f"s{len(self.sections)}"), depth + 1)
                continue
            if name == INSTRUCTIONS:
                self.instructions = self._words(row, "text")
            elif name.startswith(SCORE):
                self._calculation(row, name.removeprefix(SCORE), hidden=True)
            else:
                self._item(row, name, kind, section)
            self._walk(_texts(row.get("item")), section, depth + 1)

    def _section(self, row: Plain, name: str, parent: str) -> None:
        words = self._words(row, "text")
        made = {
            "id": slug(name, f"s{len(self.sections) + 1}"),
            "text": words,
            "parent": parent,
            "many": row.get("repeats") is True,
        }
        self.sections.append({key: value for key, value in made.items() if value})
        if row.get("enableWhen"):
            raise FormatProblem(f"分段“{name}”整段有显示条件，还不能读入。请把条件写在各题上。")

    def _item(self, row: Plain, name: str, kind: str, section: str) -> None:
        made: Plain = {
            "id": slug(name, f"q{len(self.items) + 1}"),
            "text": self._words(row, "text"),
            "section": section,
        }
        if made["id"] != name:
            made["codes"] = [{"system": "linkId", "code": name}]
        if kind == "boolean":
            made |= {
                "answers": self.sets.name(
                    [option("true", "是", None), option("false", "否", None)], "boolean"
                )
            }
        elif kind == "open-choice" and not row.get("answerOption") and not row.get("answerValueSet"):
            kind = "string"  # whatever is offered is computed elsewhere; here it is written
            made["format"] = "open-choice"
        elif kind in ("choice", "open-choice"):
            made["answers"] = self._options(row, name)
        elif kind not in KINDS:
            raise FormatProblem(
                f"第“{name}”题的类型“{kind}”不认识。可用的有：{'、'.join(KINDS)}、boolean、group。"
            )
        if kind != "boolean":
            made["kind"] = "" if KINDS[kind] == CHOICE else KINDS[kind]
        made["many"] = row.get("repeats") is True
        if kind in ("url", "quantity", "reference"):
            made["format"] = kind
        made["codes"] = made.get("codes", []) + [
            {"system": str(code.get("system") or ""), "code": str(code["code"])}
            for code in _texts(row.get("code"))
            if isinstance(code, dict) and code.get("code")
        ]
        if _extensions(row, CALCULATED):
            self._calculation(row, made["id"], hidden=False)
            language, expression = self._expression(_extensions(row, CALCULATED)[0])
            made |= {"formula": {"language": language, "text": expression}}
            if kind in ("decimal", "integer", "quantity"):
                made["kind"] = "computed"
        if any(_is_slider(found) for found in _extensions(row, HL7 + "questionnaire-itemControl")):
            made["kind"] = "slider"
        asks = "answers" in made
        item = {key: value for key, value in made.items() if value}
        if (row.get("required") is True) != asks:
            item["required"] = row.get("required") is True
        self.items.append(item)
        if row.get("enableWhen"):
            self.conditions.append((item, row))

    @staticmethod
    def _expression(extension: Plain) -> tuple[str, str]:
        found = extension.get("valueExpression")
        if not isinstance(found, dict):
            return "", ""
        return str(found.get("language") or ""), str(found.get("expression") or "")

    def _options(self, row: Plain, name: str) -> str:
        address = row.get("answerValueSet")
        if address:
            known = self.value_sets.get(str(address))
            if known is None:
                raise FormatProblem(
                    f"第“{name}”题的选项在别处（{address}），没有随文件给出。请把选项写进文件。"
                )
            return self.sets.name(self._contained_options(known, name), slug(str(known.get("id") or ""), ""))
        rows = [self._coded(found, found, name) for found in _texts(row.get("answerOption"))]
        if not rows:
            raise FormatProblem(f"第“{name}”题没有选项。请补上选项。")
        return self.sets.name(rows)

    def _contained_options(self, known: Plain, name: str) -> list[Plain]:
        expansion, compose = known.get("expansion"), known.get("compose")
        rows: list[Plain] = []
        if isinstance(expansion, dict):
            rows = [self._coded({"valueCoding": row}, row, name) for row in _texts(expansion.get("contains"))]
        elif isinstance(compose, dict):
            for part in _texts(compose.get("include")):
                for concept in _texts(part.get("concept")) if isinstance(part, dict) else []:
                    coding = {"system": part.get("system"), **concept} if isinstance(concept, dict) else {}
                    rows.append(self._coded({"valueCoding": coding}, concept, name))
        if not rows:
            raise FormatProblem(f"第“{name}”题的选项是空的。请补上选项。")
        return rows

    def _coded(self, row: Any, holder: Any, name: str) -> Plain:
        if not isinstance(row, dict):
            raise FormatProblem(f"第“{name}”题的选项读不懂。请从原来的程序重新导出。")
        value = None
        for found in _extensions(holder, *ORDINAL) + _extensions(row.get("valueCoding"), *ORDINAL):
            value = number(found.get("valueDecimal", found.get("valueInteger")))
            if value is None:
                raise FormatProblem(f"第“{name}”题有选项的分值不是整数。请改成整数。")
        coding = row.get("valueCoding")
        if isinstance(coding, dict):
            text = self._words(coding, "display")
            code = str(coding.get("code") or coding.get("display") or "")
            system = str(coding.get("system") or "")
            return option(code, text, value, "" if system.startswith(TERM_SYSTEM) else system)
        for key in ("valueInteger", "valueString", "valueDate", "valueTime"):
            if key in row:
                written = str(row[key])
                return option(
                    written, written, number(written) if key == "valueInteger" and value is None else value
                )
        raise FormatProblem(f"第“{name}”题的选项读不懂。请从原来的程序重新导出。")

    # conditions and sums

    def _conditions(self) -> None:
        by_link = {str(item["id"]): item for item in self.items}
        for item, row in self.conditions:
            name, parts = str(row["linkId"]), []
            for when in _texts(row.get("enableWhen")):
                asked = by_link.get(slug(str(when.get("question")), "")) if isinstance(when, dict) else None
                if asked is None:
                    raise FormatProblem(f"第“{name}”题的显示条件提到的题不在问卷里。请检查 enableWhen。")
                parts.append(self._condition(when, asked, name))
            together = row.get("enableBehavior") == "all"
            item["show_if"] = parts[0] if len(parts) == 1 else {"all" if together else "any": parts}

    def _condition(self, when: Plain, asked: Plain, name: str) -> Plain:
        words = {
            "=": "is",
            "!=": "is_not",
            ">": "more_than",
            "<": "less_than",
            ">=": "at_least",
            "<=": "at_most",
        }
        sign, item = str(when.get("operator")), asked["id"]
        if sign == "exists":
            answered = {"item": item, "is_not": ""}
            return answered if when.get("answerBoolean", True) is True else {"not": answered}
        value = next((when[key] for key in when if key.startswith("answer")), None)
        if sign not in words or value is None:
            raise FormatProblem(f"第“{name}”题的显示条件“{sign}”不认识。请检查 enableWhen。")
        if isinstance(value, dict):
            code = str(value.get("code") or value.get("display") or "")
            options = self.sets.found.get(asked.get("answers", ""), {}).get("options", [])
            scored = all("value" in row for row in options) and bool(options)
            same = next((row for row in options if code == str(row.get("code", row.get("value")))), None)
            value = same["value"] if scored and same else code
        elif isinstance(value, bool):
            value = "true" if value else "false"
        options = self.sets.found.get(asked.get("answers", ""), {}).get("options", [])
        place = number(value)
        if sign not in ("=", "!=") and options and "value" not in options[0] and place is not None:
            # Ordering answers that have no score can only mean their places, counted from 0.
            compare = COMPARISONS[words[sign]][1]
            chosen = [{"item": item, "is": row["code"]} for n, row in enumerate(options) if compare(n, place)]
            if chosen:
                return chosen[0] if len(chosen) == 1 else {"any": chosen}
        if isinstance(value, str) and sign not in ("=", "!="):
            raise FormatProblem(f"第“{name}”题的显示条件拿文字比大小。请检查 enableWhen。")
        return {"item": item, words[sign]: value}

    def _calculation(self, row: Plain, name: str, hidden: bool) -> None:
        self.calculated.append((name, self._words(row, "text"), row, hidden))

    def _scales(self) -> tuple[list[Plain], list[str]]:
        scales: list[Plain] = []
        reverse: list[str] = []
        values = {
            str(item["id"]): [row["value"] for row in self.sets.found[item["answers"]]["options"]]
            for item in self.items
            if item.get("answers") and all("value" in r for r in self.sets.found[item["answers"]]["options"])
        }
        for name, title, row, hidden in self.calculated:
            expression = (
                self._expression(_extensions(row, CALCULATED)[0])[1] if _extensions(row, CALCULATED) else ""
            )
            variables = self._variables(row)
            # Whoever writes "0 where there is no answer" adds up what is answered.
            blanks_skipped = bool(_VARIABLE.search(expression))
            inner = _ANY.match(expression)
            plain = _VARIABLE.sub(r"\1", inner[1] if inner else expression).replace("%", "")
            found = scale_from(name, title, sum_of(plain), variables, values)
            if found is None:
                if hidden:
                    raise FormatProblem(not_read(name, plain, variables))
                continue
            scale, turned = found
            if blanks_skipped:
                scale["missing"] = {"rule": "count", "at_most": len(scale["items"]) - 1}
            scales.append(scale)
            reverse += [item for item in turned if item not in reverse]
        return scales, reverse

    def _variables(self, row: Plain) -> dict[str, str]:
        found = {}
        for extension in _extensions(self.document, VARIABLE) + _extensions(row, VARIABLE):
            inside = extension.get("valueExpression")
            expression = inside if isinstance(inside, dict) else {}
            links = set(_LINK.findall(str(expression.get("expression") or "")))
            if len(links) == 1 and expression.get("name"):
                found[str(expression["name"])] = slug(links.pop(), "")
        return found


def _is_slider(extension: Plain) -> bool:
    return "slider" in json.dumps(extension)


# writing


def write(instrument: Instrument, rest: Any = None) -> str:
    """The resource as JSON."""
    language = instrument.language
    links = {item.id: _link(item) for item in instrument.items}
    document: Plain = {
        "resourceType": "Questionnaire",
        "id": instrument.id if _FHIR_ID.match(instrument.id) else None,
        "language": language,
        "extension": [{"url": REST, "valueString": packed(rest)}] if rest is not None else None,
        "contained": [_value_set(known, language) for known in instrument.answers if _is_contained(known)] or None,
        "url": f"urn:tongxin:instrument:{instrument.id}",
        "version": instrument.version,
        "name": instrument.id,
        **_said("title", instrument.title, language),
        "status": "active",
        "subjectType": ["Patient"],
        "description": str(instrument.about) or None,
        "copyright": instrument.licence.name or None,
    }  # fmt: skip
    rows: list[Plain] = []
    if instrument.instructions:
        rows.append(
            {"linkId": INSTRUCTIONS, **_said("text", instrument.instructions, language), "type": "display"}
        )
    groups: dict[str, list[Plain]] = {"": rows}
    for section in instrument.sections:
        inner: list[Plain] = []
        groups[section.id] = inner
        groups[section.parent].append(_group(section, inner, language))
    for item in instrument.items:
        groups.get(item.section, rows).append(_item(instrument, item, links))
    own = {item.id for item in instrument.items if item.formula}
    rows += [
        _score(instrument, scale, links, language)
        for scale in instrument.scales
        if is_summed(instrument, scale) and len(scale.items) > 1 and scale.id not in own
    ]  # fmt: skip
    document["item"] = rows
    made = {key: value for key, value in document.items() if value is not None}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _link(item: Item) -> str:
    return next((code for system, code in item.codes if system == "linkId"), item.id)


def _is_contained(known: AnswerSet) -> bool:
    return bool(_FHIR_ID.match(known.id)) and len(known.options) > 0


def _said(key: str, text: Text, language: str) -> Plain:
    found: Plain = {key: text.say(language)} if text else {}
    others = [(name, words) for name, words in text.said if name != language and words]
    if others:
        found[f"_{key}"] = {"extension": [
            {"url": TRANSLATION, "extension": [{"url": "lang", "valueCode": name}, {"url": "content", "valueString": words}]}
            for name, words in others
        ]}  # fmt: skip
    return found


def _coding(known: AnswerSet, place: int, language: str) -> tuple[Plain, list[Plain]]:
    chosen = known.options[place]
    coding = {
        "system": chosen.system or f"{TERM_SYSTEM}{known.id}",
        "code": chosen.code,
        **_said("display", chosen.text, language),
    }
    return coding, [{"url": ORDINAL[0], "valueDecimal": chosen.value}] if chosen.value is not None else []


def _value_set(known: AnswerSet, language: str) -> Plain:
    rows = []
    for place in range(len(known.options)):
        coding, ordinal = _coding(known, place, language)
        rows.append(({"extension": ordinal} if ordinal else {}) | coding)
    expansion = {"timestamp": "2024-01-01T00:00:00Z", "total": len(rows), "contains": rows}
    return {"resourceType": "ValueSet", "id": known.id, "status": "active", "expansion": expansion}


def _group(section: Section, inner: list[Plain], language: str) -> Plain:
    row = {"linkId": section.id, **_said("text", section.text, language), "type": "group"}
    return row | ({"repeats": True} if section.many else {}) | {"item": inner}


def _item(instrument: Instrument, item: Item, links: dict[str, str]) -> Plain:
    language = instrument.language
    row: Plain = {"linkId": links[item.id]}
    extensions = []
    if item.kind == "slider":
        control = {"coding": [{"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "slider"}]}
        extensions.append({"url": HL7 + "questionnaire-itemControl", "valueCodeableConcept": control})
    if item.formula:
        language_, expression = item.formula
        inside = {"language": language_ or "text/fhirpath", "expression": expression}
        extensions.append({"url": CALCULATED, "valueExpression": inside})
    if extensions:
        row["extension"] = extensions
    codes = [{"system": system, "code": code} for system, code in item.codes if system != "linkId"]
    if codes:
        row["code"] = [{key: value for key, value in code.items() if value} for code in codes]
    row |= _said("text", item.text, language) | {"type": TYPES[item.kind]}
    when = _enabled(instrument, item.show_if, links)
    if when:
        row |= when
    if item.kind != "display":
        row["required"] = item.required
    if item.many:
        row["repeats"] = True
    known = instrument.answers_by_id.get(item.answers)
    if known and item.kind in (CHOICE, "open_choice"):
        if _is_contained(known):
            row["answerValueSet"] = f"#{known.id}"
        else:
            row["answerOption"] = []
            for place in range(len(known.options)):
                coding, ordinal = _coding(known, place, language)
                row["answerOption"].append(
                    ({"extension": ordinal} if ordinal else {}) | {"valueCoding": coding}
                )
    return row


def _enabled(instrument: Instrument, when: Condition | None, links: dict[str, str]) -> Plain | None:
    """enableWhen for what it can say: one comparison, or all or any of several that each need one line."""
    if when is None:
        return None
    parts = list(when.parts) if isinstance(when, Several) and when.word in ("all", "any") else [when]
    behaviour = "all" if isinstance(when, Several) and when.word == "all" else "any"
    rows: list[Plain] = []
    for part in parts:
        lines = _lines(instrument, part, links) if isinstance(part, ItemIs) else None
        if lines is None or (behaviour == "all" and len(lines) != 1):
            return None
        rows += lines
    if not rows:
        return None
    return {"enableWhen": rows} | ({"enableBehavior": behaviour} if len(rows) > 1 else {})


def _lines(instrument: Instrument, part: ItemIs, links: dict[str, str]) -> list[Plain] | None:
    item = instrument.item_by_id[part.item]
    known = instrument.answers_by_id.get(item.answers)
    sign = COMPARISONS[part.comparison][0].replace("<>", "!=")
    if isinstance(part.value, str) and part.value == "" and part.comparison == "is_not":
        return [{"question": links[item.id], "operator": "exists", "answerBoolean": True}]
    if known and instrument.is_scored(item) and not isinstance(part.value, str):
        holds = COMPARISONS[part.comparison][1]
        return [
            {"question": links[item.id], "operator": "=", "answerCoding": {"system": o.system or f"{TERM_SYSTEM}{known.id}", "code": o.code}}
            for o in known.options
            if o.value is not None and holds(o.value, part.value)
        ]  # fmt: skip
    if isinstance(part.value, str):
        answer: Plain = {"answerString": part.value}
        if known:
            answer = {"answerCoding": {"system": f"{TERM_SYSTEM}{known.id}", "code": part.value}}
    else:
        answer = (
            {"answerInteger": part.value.numerator}
            if part.value.denominator == 1
            else {"answerDecimal": float(part.value)}
        )
    return [{"question": links[item.id], "operator": sign, **answer}]


def _score(instrument: Instrument, scale: Any, links: dict[str, str], language: str) -> Plain:
    variables, sums = [], []
    for n, (item, taken_from) in enumerate(terms(instrument, scale), 1):
        found = f"%resource.descendants().where(linkId = '{links[item.id]}').answer.value.ordinal()"
        variables.append(
            {
                "url": VARIABLE,
                "valueExpression": {"name": f"v{n}", "language": "text/fhirpath", "expression": found},
            }
        )
        sums.append(f"%v{n}" if taken_from is None else f"({taken_from} - %v{n})")
    inside = {"language": "text/fhirpath", "expression": " + ".join(sums)}
    return {
        "linkId": f"{SCORE}{scale.id}", "extension": [*variables, {"url": CALCULATED, "valueExpression": inside}],
        **_said("text", scale.title, language), "type": "decimal", "readOnly": True,
    }  # fmt: skip
