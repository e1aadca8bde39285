"""Judge one cell: turn what was typed into a clean value, or say in a sentence why it cannot be used.

A cleaner takes (cell, `About`) and returns the value as text or date; "" means nothing was given.
Raises BadCell with the sentence.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tongxin.exchange.rosters import days, numbers
from tongxin.exchange.rosters.fields import words
from tongxin.exchange.rosters.wire import Broken, Cell, Formula, show


class BadCell(ValueError):
    """The cell cannot be used; the message is a sentence."""


@dataclass(frozen=True)
class About:
    """What every cleaner may need to know. today: for dates that may not lie in the future."""

    today: date
    dates_1904: bool = False
    join_names: bool = False  # take spaces out of Chinese names instead of refusing them


_SCIENCE = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{2}", re.IGNORECASE)
LOST_DIGITS = (
    "Excel 把这个号码当成了数字，后面几位已经丢失，还原不了。请把这一列设为“文本”格式，再从原始资料重新填写。"
)
FORMULA = "这一格是公式，里面的值可能已经过时。请“复制、选择性粘贴为数值”后再上传。"
BROKEN = "这一格显示的是错误（如 #REF!），请改成正确的内容。"

_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff〇]+([·.][\u3400-\u9fff\U00020000-\U0003ffff〇]+)*")
_PLAIN_NAME = re.compile(r"[\u3400-\u9fff]+")
_LATIN_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ][A-Za-zÀ-ÖØ-öø-ÿ'’.\- ]*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_CODE = re.compile(r"[A-Z0-9_./\-\u4e00-\u9fff]{1,30}")

SEXES = {"男": "male", "女": "female", "1": "male", "2": "female", "m": "male", "f": "female"}
SEXES |= {
    "男性": "male",
    "女性": "female",
    "male": "male",
    "female": "female",
    "男生": "male",
    "女生": "female",
}
YES = frozenset(words("是 有 √ ✓ ✔ y yes 1 true 对 住校 寄宿 住宿 住读 全寄宿 住宿生 住校生 寄宿生"))
NO = frozenset(words("否 无 × ✗ x n no 0 false 不 走读 非住校 不住校 非寄宿 走读生 不住宿 通校 —"))
PARTY = frozenset(words("中共党员 党员 中共正式党员 正式党员 中共预备党员 预备党员 01 02"))
NOT_PARTY = (
    "群众 普通居民 共青团员 团员 民革党员 民盟盟员 民建会员 民进会员 农工党党员 致公党党员 九三学社社员 "
    "台盟盟员 无党派人士 无党派民主人士 民主党派 少先队员 非党员 积极分子 入党积极分子 发展对象"
)
NOT_PARTY_WORDS = frozenset(words(NOT_PARTY))
RELATIONS = {
    "father": "父亲 父 爸爸 父子 父女 生父 51",
    "mother": "母亲 母 妈妈 母子 母女 生母 52",
    "grandfather": "祖父 爷爷 外祖父 外公 姥爷 爷孙 61 63",
    "grandmother": "祖母 奶奶 外祖母 外婆 姥姥 62 64",
    "stepparent": "继父 继母 养父 养母 53 54 55 56",
    "sibling": "哥哥 姐姐 兄 姐 兄妹 姐弟 兄弟 姐妹",
    "relative": "叔叔 伯父 伯伯 姑姑 姑妈 舅舅 姨妈 姨 婶婶 舅妈 亲戚 亲属 叔 伯 舅 姑",
    "other": "其他 其它 监护人 其他监护人",
}
RELATION_OF = {word: code for code, spelled in RELATIONS.items() for word in words(spelled)}
PEOPLES = frozenset(
    words(
        "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 "
        "柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 "
        "独龙 鄂伦春 赫哲 门巴 珞巴 基诺"
    )
)
OTHER_PEOPLES = frozenset(["其他", "其它", "穿青人", "外国血统", "外国血统中国籍人士", "未识别民族"])


def text_of(cell: Cell) -> str:
    """Return a cell as trimmed text; full-width digits and letters become plain ones.

    Raises BadCell for a formula and an error.
    """
    if isinstance(cell, str):
        text = cell.strip()
        return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()
    if isinstance(cell, Formula):
        raise BadCell(FORMULA)
    if isinstance(cell, Broken):
        raise BadCell(BROKEN)
    return show(cell)


def _number_text(cell: Cell) -> str:
    """Return a code or number as text without spaces. Raises BadCell where Excel has lost digits."""
    if isinstance(cell, str):
        # Plain digits, or capitals and digits without an E, which could be an exponent: nothing to tidy.
        if cell.isascii() and (cell.isdecimal() or (cell.isalnum() and cell.isupper() and "E" not in cell)):
            return cell
    elif isinstance(cell, float):
        if not 0 <= cell < 1e15 or cell != int(cell):
            raise BadCell(LOST_DIGITS if abs(cell) >= 1e11 else "这里应是号码，请把这一列设为“文本”格式。")
        return str(int(cell))
    text = "".join(text_of(cell).split()).lstrip("'‘’`").upper()
    if "E" in text and _SCIENCE.fullmatch(text):
        raise BadCell(LOST_DIGITS)
    return text


def clean_name(cell: Cell, about: About) -> str:
    if isinstance(cell, str) and len(cell) <= 40 and _PLAIN_NAME.fullmatch(cell):
        return cell
    text = text_of(cell).replace("•", "·").replace("・", "·").replace("∙", "·")
    if not text:
        return ""
    if " " in text or "\t" in text or "\n" in text:
        if not _HAN.search(text):
            text = " ".join(text.split())
        elif about.join_names:
            text = "".join(text.split())
        else:
            raise BadCell("姓名中间有空格，请去掉。")
    if len(text) > 40:
        raise BadCell("姓名超过 40 个字，请核对。")
    if _NAME.fullmatch(text):
        return text.replace(".", "·")
    if _LATIN_NAME.fullmatch(text):
        return text
    if _HAN.search(text):
        raise BadCell("姓名里有数字、字母或符号，请只写姓名，说明写到备注里。")
    raise BadCell("这不像是姓名，请核对。")


def clean_text(cell: Cell, about: About) -> str:
    text = " ".join(text_of(cell).split())
    if len(text) > 120:
        raise BadCell("这里超过 120 个字，请写短一些。")
    return text


def clean_code(cell: Cell, about: About) -> str:
    text = _number_text(cell)
    if text and not _CODE.fullmatch(text):
        raise BadCell("编号只能有数字、字母和短横线，最多 30 位，请核对。")
    return text


def clean_id_number(cell: Cell, about: About) -> str:
    """Return the number in upper case; whether it is one is judged with the type of document, per row."""
    return _number_text(cell)


def clean_pupil_number(cell: Cell, about: About) -> str:
    text = _number_text(cell)
    problem = numbers.pupil_number_problem(text, about.today) if text else ""
    if problem:
        raise BadCell(problem)
    return text


def clean_sex(cell: Cell, about: About) -> str:
    text = text_of(cell).lower()
    if text and text not in SEXES:
        raise BadCell("性别请填写“男”或“女”。")
    return SEXES.get(text, "")


def clean_date(cell: Cell, about: About) -> date | str:
    if cell == "" or (isinstance(cell, str) and not cell.strip()):
        return ""
    if isinstance(cell, Formula | Broken):
        text_of(cell)
    try:
        day = days.read_day(cell, about.dates_1904)
    except days.NoDay as error:
        raise BadCell(str(error)) from error
    if day > about.today:
        raise BadCell("这个日期还没有到，请核对年份。")
    return day


def clean_month(cell: Cell, about: About) -> date | str:
    """Return a day; a month without a day means its first day, a bare year its first of September."""
    if isinstance(cell, Formula | Broken):
        text_of(cell)
    text = show(cell).strip().removesuffix("级").removesuffix("年")
    if not text:
        return ""
    if re.fullmatch(r"20[0-9]{2}", text):
        return date(int(text), 9, 1)
    try:
        return days.read_day(cell, about.dates_1904)
    except days.MonthOnly as month:
        return month.first
    except days.NoDay as error:
        raise BadCell(str(error)) from error


def clean_ethnicity(cell: Cell, about: About) -> str:
    text = text_of(cell)
    if not text:
        return ""
    short = text.removesuffix("族")
    if short in PEOPLES:
        return short + "族"
    if text in OTHER_PEOPLES:
        return text
    raise BadCell("民族名称不在国家的 56 个民族里，请写全称，如“汉族”“维吾尔族”。")


def clean_phone(cell: Cell, about: About) -> str:
    text = _number_text(cell)
    if len(text) == 11 and not numbers.phone_problem(text):
        return text
    text = re.sub(r"[()（）]", "", text)
    text = text.removeprefix("+86").replace("—", "-").replace("－", "-")
    if re.fullmatch(r"1[0-9]{2}-[0-9]{4}-[0-9]{4}|861[3-9][0-9]{9}", text):
        text = text.replace("-", "")[-11:]
    problem = numbers.phone_problem(text) if text and text not in ("无", "-") else ""
    if problem:
        raise BadCell(problem)
    return "" if text in ("无", "-") else text


def clean_relation(cell: Cell, about: About) -> str:
    text = text_of(cell)
    if not text:
        return ""
    return RELATION_OF.get(text) or RELATION_OF.get(text.removesuffix("亲"), "other")


def _clean_truth(cell: Cell, sentence: str) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = text_of(cell).lower()
    if not text:
        return ""
    if text in YES:
        return "true"
    if text in NO:
        return "false"
    raise BadCell(sentence)


def clean_boarding(cell: Cell, about: About) -> str:
    return _clean_truth(cell, "请填写“是”或“否”（也可以写“住校”或“走读”）。")


def clean_party_member(cell: Cell, about: About) -> str:
    """Return "true" or "false"; a column of 政治面貌 counts as well as one of 是 and 否."""
    text = text_of(cell) if not isinstance(cell, bool) else ""
    if text in PARTY:
        return "true"
    if text in NOT_PARTY_WORDS:
        return "false"
    return _clean_truth(cell, "请填写“是”或“否”，或者写政治面貌（中共党员、共青团员、群众等）。")


def clean_email(cell: Cell, about: About) -> str:
    text = text_of(cell)
    if text and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise BadCell("邮箱地址不完整，请核对。")
    return text


def clean_class(cell: Cell, about: About) -> str:
    """Return the class as text; it is understood together with grade and year of entry, per row."""
    if isinstance(cell, float):
        return show(cell)
    return "".join(text_of(cell).split())


CLEANERS: dict[str, Callable[[Cell, About], Any]] = {
    "name": clean_name,
    "text": clean_text,
    "code": clean_code,
    "id_number": clean_id_number,
    "pupil_number": clean_pupil_number,
    "sex": clean_sex,
    "date": clean_date,
    "month": clean_month,
    "ethnicity": clean_ethnicity,
    "phone": clean_phone,
    "relation": clean_relation,
    "boarding": clean_boarding,
    "party_member": clean_party_member,
    "email": clean_email,
    "homeroom": clean_class,
    "homeroom_or_none": clean_class,
    "grade": clean_class,
}
