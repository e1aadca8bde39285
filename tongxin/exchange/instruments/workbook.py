"""The workbook of an instrument: 量表, 题目, 选项, and a hidden sheet with what columns cannot say.

A school gets the scoring key of an instrument as a workbook, types its words into 题目, and gives it back.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import xlsxwriter

from tongxin.exchange.rosters.reader import read_overview, read_sheet
from tongxin.exchange.rosters.refusal import RosterRefused
from tongxin.methods.cadence.findings import Finding
from tongxin.methods.psychometrics.formats.convert import from_native, rest_for
from tongxin.methods.psychometrics.formats.problem import FormatProblem
from tongxin.methods.psychometrics.formats.rest import packed, unpacked
from tongxin.methods.psychometrics.instrument import CHOICE, KINDS, Instrument

ABOUT, ITEMS, OPTIONS, ADVICE, HIDDEN = "量表", "题目", "选项", "填写说明", "附带"
HEADS = {
    "编号": "instrument", "名称": "title", "版本": "version", "语言": "language", "简称": "short", "说明": "about",
    "指导语": "instructions", "引文": "citation",
}  # fmt: skip
LICENCE = {"许可": "name", "题目由谁提供": "wording", "权利人": "holder", "授权（谁在何时允许）": "granted"}
ITEM_COLUMNS = ("题号", "题目", "类型", "选项", "必答", "提示")
OPTION_COLUMNS = ("选项", "记号", "分值", "文字")
WORDING = {"shipped": "随附", "school": "学校"}
CHUNK = 30_000
_SAFE = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
SENTENCES = (
    "在“题目”表的“题目”一列填写学校有权使用的题目，题号不要改。",
    "在“量表”表的“授权”一行写明谁在什么时候允许学校使用。",
    "题号、选项、分值决定怎样计分；改了以后请用 tongxin check 核对。",
    "隐藏的“附带”表里是分级和算例，请不要删。",
)  # fmt: skip


def write_workbook(instrument: Instrument, rest: Any = None) -> bytes:
    """The workbook (.xlsx). rest: what its columns cannot say, found anew when not given."""
    if rest is None:
        rest = rest_for(instrument, _native(_sheets_of(instrument)))
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _SAFE) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8E8E8", "border": 1})
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        for name, rows in _sheets_of(instrument).items():
            page = book.add_worksheet(name)
            for column, width in enumerate(
                {ABOUT: (22, 80), ITEMS: (10, 70, 10, 14, 8, 30)}.get(name, (16, 12, 10, 40))
            ):
                page.set_column(column, column, width, text)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    page.write_string(
                        number, column, cell, head if number == 0 or (name == ABOUT and column == 0) else text
                    )
            page.freeze_panes(1, 1)
        advice = book.add_worksheet(ADVICE)
        advice.set_column(0, 0, 90)
        for number, sentence in enumerate(SENTENCES):
            advice.write_string(number, 0, sentence)
        hidden = book.add_worksheet(HIDDEN)
        hidden.hide()
        carried = packed(rest)
        for number, start in enumerate(range(0, len(carried), CHUNK)):
            hidden.write_string(number, 0, carried[start : start + CHUNK])
    return buffer.getvalue()


def read_workbook(path: Path | str) -> tuple[Instrument, list[Finding]]:
    """The instrument of a workbook, opened in a process of its own. Raises FormatProblem."""
    try:
        overview = read_overview(path)
        sheets: dict[str, list[list[str]]] = {}
        for sheet in overview.sheets:
            if sheet.name in (ABOUT, ITEMS, OPTIONS, HIDDEN):
                with read_sheet(path, sheet.index) as table:
                    sheets[sheet.name] = [[_text(cell) for cell in cells] for _, cells in table]
    except RosterRefused as refused:
        raise FormatProblem(refused.sentence) from refused
    for name in (ABOUT, ITEMS, OPTIONS):
        if name not in sheets:
            raise FormatProblem(f"工作簿里没有“{name}”这张表。请从同心导出的表格上填写。")
    carried = "".join(row[0] for row in sheets.get(HIDDEN, ()) if row)
    return from_native(_native(sheets), unpacked(carried) if carried else None)


def _text(cell: Any) -> str:
    """What stands in a cell; whole numbers without a point, as 12.0 is read for 12."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _sheets_of(instrument: Instrument) -> dict[str, list[list[str]]]:
    about = [["项目", "内容"]]
    for title, key in HEADS.items():
        about.append([title, instrument.id if key == "instrument" else str(getattr(instrument, key))])
    for title, key in LICENCE.items():
        value = getattr(instrument.licence, key)
        about.append([title, WORDING.get(value, value) if key == "wording" else value])
    items = [list(ITEM_COLUMNS)]
    for item in instrument.items:
        kind = "" if item.kind == CHOICE else item.kind
        items.append(
            [item.id, str(item.text), kind, item.answers, "是" if item.required else "否", str(item.note)]
        )
    options = [list(OPTION_COLUMNS)]
    for known in instrument.answers:
        for chosen in known.options:
            value = "" if chosen.value is None else str(chosen.value)
            options.append([known.id, chosen.code, value, str(chosen.text)])
    return {ABOUT: about, ITEMS: items, OPTIONS: options}


def _native(sheets: dict[str, list[list[str]]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    licence: dict[str, str] = {}
    for row in sheets[ABOUT][1:]:
        title, value = (*row, "", "")[:2]
        if value and title in HEADS:
            whole[HEADS[title]] = value
        elif value and title in LICENCE:
            words = {shown: word for word, shown in WORDING.items()}
            licence[LICENCE[title]] = words.get(value, value)
    if licence:
        whole["licence"] = licence
    whole["answers"] = _options(_table(sheets[OPTIONS], OPTION_COLUMNS, OPTIONS))
    whole["items"] = [
        _item(number, row, whole["answers"]) for number, row in _table(sheets[ITEMS], ITEM_COLUMNS, ITEMS)
    ]
    return whole


def _table(rows: list[list[str]], columns: tuple[str, ...], name: str) -> list[tuple[int, dict[str, str]]]:
    """(row number, cells by heading) of the rows that hold something."""
    heading = rows[0] if rows else []
    lacking = [column for column in columns if column not in heading]
    if lacking:
        raise FormatProblem(f"“{name}”表第 1 行缺这几列：{'、'.join(lacking)}。表头请不要改。")
    place = {column: heading.index(column) for column in columns}
    return [
        (number, {column: row[at] if at < len(row) else "" for column, at in place.items()})
        for number, row in enumerate(rows[1:], 2)
        if any(row)
    ]


def _options(rows: list[tuple[int, dict[str, str]]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, row in rows:
        option: dict[str, Any] = {"text": row["文字"]}
        if row["分值"]:
            if not row["分值"].lstrip("-").isdecimal() or len(row["分值"]) > 5:
                raise FormatProblem(
                    f"“{OPTIONS}”表第 {number} 行的分值“{row['分值'][:20]}”不是整数。请改成整数或留空。"
                )
            option["value"] = int(row["分值"])
        if row["记号"] and row["记号"] != row["分值"]:
            option["code"] = row["记号"]
        if not row["选项"]:
            raise FormatProblem(f"“{OPTIONS}”表第 {number} 行没有写是哪一组选项。请补上“选项”。")
        kept = {key: option[key] for key in ("code", "value", "text") if key in option and option[key] != ""}
        found.setdefault(row["选项"], {"options": []})["options"].append(kept)
    return found


def _item(number: int, row: dict[str, str], answers: dict[str, Any]) -> dict[str, Any]:
    if not row["题号"]:
        raise FormatProblem(f"“{ITEMS}”表第 {number} 行没有题号。请补上，或删去这一行。")
    if row["类型"] and row["类型"] not in KINDS:
        raise FormatProblem(f"第{row['题号']}题的类型“{row['类型']}”不认识。可用的有：{'、'.join(KINDS)}。")
    if row["选项"] and row["选项"] not in answers:
        raise FormatProblem(f"第{row['题号']}题的选项“{row['选项']}”不在“{OPTIONS}”表里。请改成已有的名称。")
    asks = row["类型"] in ("", CHOICE, "open_choice")
    required = {"是": True, "否": False, "": asks}.get(row["必答"])
    if required is None:
        raise FormatProblem(f"第{row['题号']}题的“必答”只能写 是 或 否。")
    name = row["题号"]
    made: dict[str, Any] = {
        "id": int(name)
        if name.isascii() and name.isdecimal() and str(int(name)) == name and len(name) < 5
        else name,
        "text": row["题目"],
        "kind": "" if row["类型"] == CHOICE else row["类型"],
        "answers": "" if asks and row["选项"] == next(iter(answers), "") else row["选项"],
        "note": row["提示"],
    }
    found = {key: value for key, value in made.items() if value != ""}
    if required != asks:
        found["required"] = required
    return found
