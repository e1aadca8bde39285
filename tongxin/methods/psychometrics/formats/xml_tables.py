"""The XML of LimeSurvey as tables of rows, read without ever resolving an entity."""

from __future__ import annotations

from xml.parsers import expat

from .problem import FormatProblem

MOST_BYTES = 30_000_000
MOST_CELLS = 500_000
DEEPEST = 12

Row = dict[str, str]


def read_tables(data: bytes) -> tuple[str, list[str], dict[str, list[Row]]]:
    """(kind of document, languages, rows by table). Raises FormatProblem."""
    if len(data) > MOST_BYTES:
        raise FormatProblem("文件太大，不像一份问卷。")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.words
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, UnicodeDecodeError, LookupError, ValueError) as error:
        line = getattr(error, "lineno", 1)
        raise FormatProblem(f"第 {line} 行的 XML 读不懂。请从 LimeSurvey 重新导出。") from error
    if reader.root != "document" or not reader.kind:
        raise FormatProblem("这不是 LimeSurvey 的问卷文件（.lss、.lsg、.lsq）。请从 LimeSurvey 重新导出。")
    return reader.kind, reader.languages, reader.tables


def _refuse(*_: object) -> None:
    raise FormatProblem("文件里有 DOCTYPE 或实体定义，为了安全没有打开它。请从 LimeSurvey 重新导出。")


class _Reader:
    def __init__(self) -> None:
        self.path: list[str] = []
        self.root = self.kind = ""
        self.languages: list[str] = []
        self.tables: dict[str, list[Row]] = {}
        self.row: Row = {}
        self.text: list[str] = []
        self.cells = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        self.root = self.root or name
        self.path.append(name)
        self.text = []
        if len(self.path) > DEEPEST:
            raise FormatProblem("文件嵌套太深，不像一份问卷。")
        if len(self.path) == 4 and self.path[2:] == ["rows", "row"]:
            self.row = {}

    def words(self, text: str) -> None:
        self.text.append(text)

    def end(self, name: str) -> None:
        text = "".join(self.text).strip()
        if self.path == ["document", "LimeSurveyDocType"]:
            self.kind = text
        elif self.path == ["document", "languages", "language"]:
            self.languages.append(text)
        elif len(self.path) == 5 and self.path[2:4] == ["rows", "row"]:
            self.row[name] = text
            self.cells += 1
            if self.cells > MOST_CELLS:
                raise FormatProblem("文件里的内容太多，不像一份问卷。")
        elif len(self.path) == 4 and self.path[2:] == ["rows", "row"]:
            self.tables.setdefault(self.path[1], []).append(self.row)
        self.path.pop()
        self.text = []
