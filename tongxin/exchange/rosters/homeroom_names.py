"""Class names in the many spellings of school offices: 七年级3班, 七（3）班, 初一3班, 703, 23机电1班, 机电2301."""

import re
import unicodedata
from dataclasses import dataclass

from tongxin.exchange.rosters.fields import words

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN = "零〇一二三四五六七八九十两"
_STAGES = {
    "小学": 0,
    "小": 0,
    "初中": 6,
    "初": 6,
    "高中": 9,
    "高": 9,
    "职高": 9,
    "中职": 9,
    "高职": 12,
    "大": 12,
}

_N = rf"(?P<number>[0-9]{{1,3}}|[{_HAN}]{{1,3}})"
_CLASS = rf"[(（\[]?{_N}[)）\]]?班?"
_PATTERNS = [
    # 七年级3班, 7年级(3)班, 七年级三班
    re.compile(rf"(?P<grade>[0-9]{{1,2}}|[{_HAN}]{{1,3}})年级{_CLASS}"),
    # 初一3班, 高二（12）班, 大一2班
    re.compile(
        rf"(?P<stage>小学|初中|高中|职高|中职|高职|初|高|大|小)(?P<year>[一二三四五六1-6])(?:年级)?{_CLASS}"
    ),
    # 初2023级3班, 高2024届…, 2023级3班
    re.compile(rf"(?P<stage>初中|高中|初|高)?(?P<entry>20[0-9]{{2}}|[0-9]{{2}})级{_CLASS}"),
    # 23机电1班, 2023级机电一体化（1）班, 23级护理12班
    re.compile(
        rf"(?P<entry>20[0-9]{{2}}|[0-9]{{2}})级?(?P<track>[A-Za-z\u4e00-\u9fff（()）·]{{1,20}}?)[(（]?(?P<number>[0-9]{{1,2}}|[{_HAN}]{{1,2}})[)）]?班"
    ),
    # 机电2301, 机电2301班, 计算机应用23-1班
    re.compile(
        r"(?P<track>[A-Za-z\u4e00-\u9fff（()）·]{1,20})(?P<entry>[0-9]{2})-?(?P<number>[0-9]{1,2})班?"
    ),
    # 七(3)班, 七3班, 七（3）, 7(3)班
    re.compile(rf"(?P<grade>[一二三四五六七八九]|十[一二]?)[(（\[]?{_N}[)）\]]?班?"),
    re.compile(r"(?P<grade>[0-9]{1,2})[(（\[](?P<number>[0-9]{1,2})[)）\]]班?"),
    # 7.3, 7-3班
    re.compile(r"(?P<grade>[0-9]{1,2})[.\-_](?P<number>[0-9]{1,2})班?"),
    # 703, 0703, 1201, 703班
    re.compile(r"0?(?P<grade>[1-9]|1[0-2])(?P<number>[0-9]{2})班?"),
    # 2301班: entry year and number
    re.compile(r"(?P<entry>[12][0-9])(?P<number>[0-9]{2})班?"),
]
_NUMBER_ONLY = re.compile(rf"[(（\[]?{_N}[)）\]]?班?")
_BAD_TRACK = re.compile(r"^(年级|年|级|届|班)|班$|年级|[一二三四五六七八九]级")


@dataclass(frozen=True)
class HomeroomName:
    """A class as its name tells it. Either `grade` (1–16, 初一 is 7, 高一 is 10) or `entry_year` is known, or
    both are None and only the spelling identifies the class.

    track: the trade or type in the name ("机电"), "" for none. stage: grades below this one, where entry_year came
    with 初 or 高; else None. written: the name as it should be shown.
    """

    grade: int | None
    entry_year: int | None
    number: int
    track: str
    stage: int | None
    written: str

    def entry_in(self, school_year: int, stage: int | None = None) -> int | None:
        """Return the year in which this class entered, seen from the school year that began in `school_year`.

        stage: grades below the school's first one (初中 6, 高中 9); None takes the usual 6 + 3 + 3.
        """
        if self.entry_year is not None:
            return self.entry_year
        if self.grade is None:
            return None
        return school_year - (self.grade - first_grade(self.grade, stage))

    def grade_in(self, school_year: int, stage: int) -> int | None:
        """Return the grade it has in that school year. stage: as above, for names with an entry year."""
        if self.grade is not None:
            return self.grade
        if self.entry_year is None:
            return None
        return school_year - self.entry_year + 1 + (self.stage if self.stage is not None else stage)


def first_grade(grade: int, stage: int | None = None) -> int:
    """Return the first grade of the school stage a grade belongs to: 1, 7, 10 or 13."""
    if stage is not None and grade > stage:
        return stage + 1
    return 1 if grade <= 6 else 7 if grade <= 9 else 10 if grade <= 12 else 13


def number_of(text: str) -> int | None:
    """Return 12 for "12" and "十二"; None where the text is no number."""
    if text.isdecimal():
        return int(text)
    if len(text) == 1:
        return 10 if text == "十" else _DIGITS.get(text)
    tens, _, ones = text.partition("十")
    if "十" not in text or len(tens) > 1 or len(ones) > 1:
        return None
    return (_DIGITS.get(tens, 0) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)


def parse_grade(text: str) -> int | None:
    """Return the grade 1–16 for 七年级, 7, 初一, 初中一年级, 高二, 大一; None where it is no grade."""
    plain = _plain(text).removesuffix("年级").removesuffix("学生")
    found = re.fullmatch(r"(小学|初中|高中|职高|中职|高职|初|高|大|小)([一二三四五六1-6])", plain)
    if found:
        return _STAGES[found.group(1)] + (number_of(found.group(2)) or 0)
    number = number_of(plain)
    return number if number and 1 <= number <= 16 else None


def parse_entry_year(text: str) -> int | None:
    """Return 2023 for 2023级, 23级, 2023; None where it is no year of entry."""
    found = re.fullmatch(r"(20[0-9]{2}|[0-9]{2}(?=级))级?", _plain(text))
    return _full_year(found.group(1)) if found else None


def parse_homeroom(
    text: str, *, grade: int | None = None, entry_year: int | None = None
) -> HomeroomName | None:
    """Return what a class name says, or None where it says no class at all.

    grade, entry_year: from a column of their own; they complete names such as 3班.
    A name that fits no spelling we know is kept as it is written when it ends in 班.
    """
    plain = _plain(text)
    if not plain:
        return None
    alone = _NUMBER_ONLY.fullmatch(plain)
    if alone and (grade or entry_year) and (number := number_of(alone.group("number"))) and number < 100:
        return _named(grade, entry_year, number, "", None)
    for pattern in _PATTERNS:
        found = pattern.fullmatch(plain)
        if found and (name := _from_groups(found.groupdict(), grade)):
            return name
    if plain.endswith("班") and len(plain) <= 40:
        return HomeroomName(grade, entry_year, 0, plain, None, plain)
    return None


def _plain(text: str) -> str:
    """Return the name without spaces, full-width forms and quotation marks."""
    return re.sub(r"[\s“”\"']", "", unicodedata.normalize("NFKC", text))


def _from_groups(groups: dict[str, str | None], grade: int | None) -> HomeroomName | None:
    number = number_of(groups["number"] or "")
    track = (groups.get("track") or "").strip("（()）")
    if not number or (track and _BAD_TRACK.search(track)):
        return None
    if year := groups.get("year"):
        return _named(_STAGES[groups["stage"] or ""] + (number_of(year) or 0), None, number, "", None)
    if entry := groups.get("entry"):
        full = _full_year(entry)
        stage = _STAGES[groups["stage"] or ""] if groups.get("stage") else None
        return _named(None, full, number, track, stage)
    found = number_of(groups.get("grade") or "")
    if not found or not 1 <= found <= 16:
        return None
    return _named(found, None, number, track, None)


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


_HAN_GRADES = words("零 一 二 三 四 五 六 七 八 九 高一 高二 高三 大一 大二 大三 大四")


def _named(
    grade: int | None, entry_year: int | None, number: int, track: str, stage: int | None
) -> HomeroomName:
    if grade is not None:
        written = f"{_HAN_GRADES[grade]}年级{number}班" if grade <= 9 else f"{_HAN_GRADES[grade]}{number}班"
    elif track:
        written = f"{(entry_year or 0) % 100:02d}{track}{number}班"
    else:
        written = f"{ ({6: '初', 9: '高'}.get(stage or 0, '')) }{entry_year}级{number}班"
    return HomeroomName(grade, entry_year if grade is None else None, number, track, stage, written)
