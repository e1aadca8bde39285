"""Small workbooks for tests; every name in them is invented."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

HEADINGS = ["姓名", "身份证号", "全国学籍号", "班级", "性别", "出生日期", "监护人", "联系电话"]
WU = [
    "吴军",
    "130108201211234015",
    "G130108201211234015",
    "七年级3班",
    "男",
    "2012-11-23",
    "吴大山",
    "13800000001",
]
LIN = [
    "林燕",
    "43112920121130104X",
    "G43112920121130104X",
    "七（3）班",
    "女",
    "2012/11/30",
    "林大海",
    "13800000002",
]
HAN = [
    "韩玉英",
    "640205201208115345",
    "G640205201208115345",
    "704",
    "女",
    "20120811",
    "韩大川",
    "13800000003",
]
STAFF_HEADINGS = ["工号", "姓名", "性别", "任教学科", "部门", "党员", "班主任", "入职日期", "手机"]
LIU = ["T001", "刘敏", "女", "语文", "教务处", "是", "七年级3班", "2010-09-01", "13900000001"]
CHEN = ["T002", "陈晓", "男", "心理", "德育处", "群众", "", "2015年9月1日", "13900000002"]


def write_xlsx(path: Path, rows: Sequence[Sequence], sheet: str = "名单") -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(number, column, value)
                elif value is not None:
                    page.write(number, column, value)
    return path


def raw_xlsx(path: Path, sheet_xml: str, extra: dict[str, bytes] | None = None, book: str = "") -> Path:
    """Write a workbook from a worksheet's XML, for files no honest program would make."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": book
        or f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet_xml.replace("<worksheet>", f'<worksheet xmlns="{main}">'),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, text in parts.items():
            container.writestr(name, text)
        for name, data in (extra or {}).items():
            container.writestr(name, data)
    return path


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
