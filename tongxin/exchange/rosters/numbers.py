"""Identity numbers, pupil numbers and phone numbers: what is wrong with one, in words. Plain functions on text."""

import re
from datetime import date
from functools import lru_cache
from operator import mul

from tongxin.exchange.rosters.fields import words

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
# Provinces only. County codes come and go, and a number keeps the county of its first registration for life.
PROVINCES = frozenset(
    words(
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
    )
)
OLDEST = date(1900, 1, 1)

_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(-[0-9]{1,6})?")
_SHORT_PHONE = re.compile(r"400[0-9]{7}")


def check_digit(number: str) -> str:
    """Return the 18th character for the first 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    # Counties, birthdays and serial numbers come back again and again, so their shares are remembered.
    return CHECK_DIGITS[(_share(number[:6], 0) + _share(number[6:14], 6) + _share(number[14:17], 14)) % 11]


@lru_cache(maxsize=20_000)
def _share(digits: str, start: int) -> int:
    """Return what digits from the place `start` add to the weighted sum."""
    return sum(map(mul, WEIGHTS[start:], map(int, digits)))


def birth_date_of(number: str) -> date | None:
    """Return the birth date written in an 18-character number, or None where it is no date."""
    return _day_of(number[6:14])


@lru_cache(maxsize=20_000)
def _day_of(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def sex_of(number: str) -> str:
    """Return "male" or "female": the 17th digit of an 18-character number is odd for men."""
    return "male" if int(number[16]) % 2 else "female"


@lru_cache(maxsize=64)
def id_number_problem(number: str, today: date) -> str:
    """Return what is wrong with an identity number as a sentence, "" where nothing is.

    number: upper case, without spaces.
    """
    if not _EIGHTEEN.fullmatch(number):
        return _shape_problem(number)
    if number[:2] not in PROVINCES:
        return "身份证件号的前两位不是省份代码，请核对。"
    born = birth_date_of(number)
    if born is None or not OLDEST <= born <= today:
        return "身份证件号里的出生日期不存在，请核对第 7 到 14 位。"
    if check_digit(number) != number[17]:
        return "身份证件号的最后一位校验不对，多半是抄错了一位，请核对。"
    return ""


def _shape_problem(number: str) -> str:
    if re.fullmatch(r"[0-9]{15}", number):
        return "这是 15 位的旧身份证号，请填写 18 位的号码。"
    if re.search(r"[^0-9X]", number):
        return "身份证件号应是 18 位数字（最后一位可以是 X），这里有别的字符。别的证件请在“身份证件类型”一列写明。"
    return f"身份证件号应是 18 位，这里是 {len(number)} 位，请核对。"


def other_document_problem(number: str) -> str:
    """Return what is wrong with the number of a passport, permit or the like."""
    if not re.fullmatch(r"[A-Z0-9()/-]{4,20}", number):
        return "证件号只能有字母和数字，4 到 20 位，请核对。"
    return ""


def pupil_number_problem(number: str, today: date) -> str:
    """Return what is wrong with a 全国学籍号: one letter and 18 characters.

    G + identity number; J + 6 district, 8 birth, 3 sequence, 1 check; L + 6 district, 8 birth, 4 random (temporary).
    """
    if number[:1] == "G" and len(number) == 19 and _EIGHTEEN.fullmatch(number, 1):
        problem = id_number_problem(number[1:], today)
        return problem.replace("身份证件号", "全国学籍号里的身份证件号") if problem else ""
    if _EIGHTEEN.fullmatch(number):
        return "全国学籍号少了开头的字母（一般是 G），请补上。"
    if not re.fullmatch(r"[A-Z].*", number):
        return "全国学籍号应以字母 G、J 或 L 开头，请核对。"
    if number[0] not in "GJL":
        return "全国学籍号的第一个字母只有 G、J、L 三种，请核对。"
    if len(number) != 19:
        return f"全国学籍号应是 19 位，这里是 {len(number)} 位，请核对。"
    rest = number[1:]
    if not _EIGHTEEN.fullmatch(rest):
        return "全国学籍号在字母后面应是 18 位数字（最后一位可以是 X），请核对。"
    if rest[:2] not in PROVINCES:
        return "全国学籍号里的地区代码不存在，请核对第 2、3 位。"
    born = birth_date_of(rest)
    if born is None or not OLDEST <= born <= today:
        return "全国学籍号里的出生日期不存在，请核对第 8 到 15 位。"
    return ""


def phone_problem(number: str) -> str:
    """Return what is wrong with a phone number; number: spaces already removed."""
    if _MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number) or _SHORT_PHONE.fullmatch(number):
        return ""
    if re.search(r"[/、,，;；]", number) or re.fullmatch(r"1[0-9]{21}", number):
        return "一格里有两个电话，请只留一个。"
    if re.fullmatch(r"1[0-9]*", number) and len(number) != 11:
        return f"手机号应是 11 位，这里是 {len(number)} 位，请核对。"
    return "电话号码不对，请填写 11 位手机号，或带区号的座机号（如 029-85550000）。"
