"""What a file really is, told by its content, and whether its container is one we are willing to open.

Everything here runs in the child process (`child.py`) under its memory and time limits.
"""

import re
import zipfile
from pathlib import Path

from tongxin.exchange.rosters import limits
from tongxin.exchange.rosters.refusal import RosterRefused

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
CHUNK = 1 << 20
OVERLAP = 32
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
FORMULA_TAG = re.compile(rb"<(?:\w+:)?f[ />]")

RESAVE = "请用 Excel 或 WPS 打开它，另存为“Excel 工作簿（.xlsx）”后再上传。"
OTHER_FILES = [
    (b"%PDF", "这是 PDF 文件，里面的表格读不出来。请上传它的 Excel 原件。"),
    (b"\x89PNG", "这是一张图片，不是表格。请上传 Excel 或 CSV 文件。"),
    (b"\xff\xd8\xff", "这是一张图片，不是表格。请上传 Excel 或 CSV 文件。"),
    (b"GIF8", "这是一张图片，不是表格。请上传 Excel 或 CSV 文件。"),
    (b"Rar!", "这是压缩包，不是表格。请解压后上传里面的 Excel 文件。"),
    (b"7z\xbc\xaf", "这是压缩包，不是表格。请解压后上传里面的 Excel 文件。"),
    (b"\x1f\x8b", "这是压缩包，不是表格。请解压后上传里面的 Excel 文件。"),
    (b"{\\rtf", "这是文字处理文件，不是表格。" + RESAVE),
    (b"MZ", "这是程序文件，不是表格，没有打开它。"),
    (b"\x7fELF", "这是程序文件，不是表格，没有打开它。"),
]
FORBIDDEN_PARTS = [
    ("vbaproject", "这个工作簿带有宏，为了安全没有打开它。" + RESAVE),
    ("macrosheets/", "这个工作簿带有宏，为了安全没有打开它。" + RESAVE),
    ("basic/", "这个工作簿带有宏，为了安全没有打开它。" + RESAVE),
    ("externallinks/", "这个工作簿引用了别的文件里的数据。请先在 Excel 里“断开链接”，保存后再上传。"),
    ("connections.xml", "这个工作簿连着外部数据源。请先在 Excel 里删除连接，保存后再上传。"),
    ("activex/", "这个工作簿里有控件，为了安全没有打开它。" + RESAVE),
]


def recognise(path: Path) -> str:
    """Return "xlsx", "xlsb", "ods", "xls" or "text" for the file's content, whatever it is called.

    Raises RosterRefused for an empty or too large file and for anything that is not a table.
    """
    size = path.stat().st_size
    if size == 0:
        raise RosterRefused("这个文件是空的，一个字也没有。请检查后重新上传。")
    if size > limits.MOST_FILE_BYTES:
        raise RosterRefused("这个文件超过 50 MB，请按年级或班级分成几个文件上传。")
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"PK"):
        return _kind_of_zip(path)
    if start.startswith(OLE_MAGIC):
        return "xls"
    for magic, sentence in OTHER_FILES:
        if start.startswith(magic):
            raise RosterRefused(sentence)
    if _is_biff_stream(start):
        return "xls"
    return "text"


def _is_biff_stream(start: bytes) -> bool:
    """A very old .xls is a bare record stream that begins with a BOF record, without the OLE container."""
    return start[:2] in (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08") and start[2:4] in (
        b"\x04\x00",
        b"\x06\x00",
        b"\x08\x00",
        b"\x10\x00",
    )


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise RosterRefused("这个文件已经损坏或没有传完整。" + RESAVE) from error


def _kind_of_zip(path: Path) -> str:
    with _open_zip(path) as container:
        if len(container.infolist()) > limits.MOST_ENTRIES:
            raise RosterRefused("这个文件里的零件太多，不像是花名册。" + RESAVE)
        names = {name.replace("\\", "/").lower() for name in container.namelist()}
        if "xl/workbook.xml" in names:
            return "xlsx"
        if "xl/workbook.bin" in names:
            return "xlsb"
        if "mimetype" in names and "content.xml" in names:
            info = container.getinfo(next(n for n in container.namelist() if n.lower() == "mimetype"))
            with container.open(info) as part:
                if part.read(200).strip().startswith(ODS_TYPE):
                    return "ods"
        if any(name.startswith("word/") for name in names):
            raise RosterRefused("这是 Word 文档。请把里面的表格复制到 Excel，另存为 .xlsx 后上传。")
        if any(name.startswith("ppt/") for name in names):
            raise RosterRefused("这是演示文稿，不是表格。请上传 Excel 或 CSV 文件。")
    raise RosterRefused("这是压缩包或别的文件，不是表格。请上传里面的 Excel 文件。")


def check_zip(path: Path) -> set[str]:
    """Count every part of a zip container while unpacking it, and return the parts that hold formulas or errors.

    The declared sizes are not believed: bytes are counted as they come out.
    Raises RosterRefused for too many parts, too much content, a DOCTYPE, macros or links to other files.
    """
    marked: set[str] = set()
    with _open_zip(path) as container:
        unpacked = 0
        most = max(limits.RATIO_FREE_BYTES, path.stat().st_size * limits.MOST_RATIO)
        for info in container.infolist():
            _check_part_name(info)
            if info.is_dir():
                continue
            unpacked += _read_part(container, info, most - unpacked, marked)
    return marked


def _check_part_name(info: zipfile.ZipInfo) -> None:
    name = info.filename.replace("\\", "/").lower()
    if info.flag_bits & 0x1:
        raise RosterRefused("这个文件加了密码，读不出来。请去掉密码后再上传。")
    for part, sentence in FORBIDDEN_PARTS:
        if part in name:
            raise RosterRefused(sentence)


def _read_part(container: zipfile.ZipFile, info: zipfile.ZipInfo, room: int, marked: set[str]) -> int:
    """Unpack one part chunk by chunk, look for forbidden and notable things, and return its size in bytes."""
    is_xml = info.filename.lower().endswith((".xml", ".rels"))
    is_sheet = "worksheets/" in info.filename.lower()
    size, tail, is_wide = 0, b"", False
    try:
        with container.open(info) as part:
            while chunk := part.read(CHUNK):
                size += len(chunk)
                if size > room or size > limits.MOST_UNPACKED_BYTES:
                    raise RosterRefused("这个文件解开以后大得不正常，没有继续读。" + RESAVE)
                if is_xml:
                    seen = tail + chunk
                    # UTF-16 shows in the first bytes of a part; a declaration could hide in it.
                    is_wide = (
                        is_wide or (size == len(chunk) and b"\x00" in chunk[:4]) or chunk[:2] in WIDE_MARKS
                    )
                    _refuse_doctype(seen, is_wide)
                    if is_sheet and info.filename not in marked and _has_marks(seen):
                        marked.add(info.filename)
                    tail = chunk[-OVERLAP:]
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        if isinstance(error, RosterRefused):
            raise
        raise RosterRefused("这个文件已经损坏或没有传完整。" + RESAVE) from error
    except Exception as error:  # zlib.error and its kind differ by method
        raise RosterRefused("这个文件已经损坏或没有传完整。" + RESAVE) from error
    return size


def _refuse_doctype(data: bytes, is_wide: bool) -> None:
    plain = data.replace(b"\x00", b"") if is_wide else data
    if b"<!" in plain and (b"<!DOCTYPE" in plain or b"<!ENTITY" in plain):
        raise RosterRefused("这个文件里有不该出现在表格里的声明，为了安全没有打开它。" + RESAVE)


def _has_marks(data: bytes) -> bool:
    """True if the piece of a worksheet holds a formula or an error cell."""
    if b't="e"' in data:
        return True
    return (b"<f" in data or b":f" in data) and FORMULA_TAG.search(data) is not None
