"""What the parser and the linter say about a pack: a place, a level, a code and a sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass

ERROR = "error"
WARNING = "warning"


class PackUnreadable(Exception):
    """The pack cannot be read at all; the message is a sentence for the person who wrote it."""

    def __init__(self, sentence: str, file: str = "", line: int = 1) -> None:
        super().__init__(sentence)
        self.sentence, self.file, self.line = sentence, file, line

    def finding(self) -> Finding:
        return Finding(self.file, self.line, ERROR, "unreadable", self.sentence)


@dataclass(frozen=True, order=True)
class Finding:
    """file: path or name as given; line: counted from 1; sentence: Chinese, says the mend."""

    file: str
    line: int
    level: str
    code: str
    sentence: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class Findings(list[Finding]):
    """A list of findings with two shorthands; `where` is anything with `file` and `line`."""

    def error(self, where: object, code: str, sentence: str) -> None:
        self._add(where, ERROR, code, sentence)

    def warn(self, where: object, code: str, sentence: str) -> None:
        self._add(where, WARNING, code, sentence)

    def _add(self, where: object, level: str, code: str, sentence: str) -> None:
        file, line = getattr(where, "file", ""), getattr(where, "line", 1)
        self.append(Finding(file, line, level, code, sentence))
