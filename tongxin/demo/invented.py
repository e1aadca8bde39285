"""Names and numbers that belong to nobody: composed from lists, drawn with a seeded random source.

ID numbers have a true check digit but begin with 99, a province that does not exist; phone numbers begin with 100,
which no mobile operator has.
"""

from __future__ import annotations

import base64
import random
from datetime import date

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIRLS = (
    "雅琴", "若溪", "诗涵", "语桐", "思颖", "可馨", "梦洁", "婉清", "晓雯", "静怡", "欣妍", "雨薇", "佳宁", "紫涵", "书瑶",
    "心悦", "芷若", "丽娟", "海燕", "秀兰", "春梅", "月华", "慧敏", "淑珍", "玉洁", "晓彤", "文静", "雪莹", "乐瑶", "一诺",
)  # fmt: skip
BOYS = (
    "子轩", "浩宇", "俊杰", "博文", "天佑", "明哲", "嘉豪", "志远", "鹏飞", "宇航", "泽洋", "一鸣", "思远", "承宇", "景行",
    "建国", "志强", "海涛", "文斌", "立新", "永康", "国栋", "振华", "大勇", "向东", "启航", "睿哲", "亦辰", "云帆", "致远",
)  # fmt: skip
FIRST_CHARACTERS = "子思雨晨嘉宇欣若梓一诗语奕沐晓佳浩俊明文志海云春秋静慧景书知"
SECOND_CHARACTERS = "涵轩怡然宁彤航博妍阳琪辰瑶宸悦林溪远桐凡恒晴岚舟禾安清毅澄夏"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"


class Inventor:
    """Draws names and numbers; the same seed gives the same people."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)
        self._sequence = 0

    def person(self) -> tuple[str, str]:
        """Return (name, sex)."""
        surname = self.random.choice(SURNAMES)
        if self.random.random() < 0.45:
            sex = self.random.choice(("male", "female"))
            return surname + self.random.choice(BOYS if sex == "male" else GIRLS), sex
        given = self.random.choice(FIRST_CHARACTERS)
        if self.random.random() < 0.85:
            given += self.random.choice(SECOND_CHARACTERS.replace(given, ""))
        return surname + given, self.random.choice(("male", "female"))

    def guardian_of(self, child: str) -> tuple[str, str]:
        """Return the name and sex of a father (same surname) or a mother."""
        if self.random.random() < 0.5:
            return child[0] + self.random.choice(BOYS), "male"
        return self.random.choice(SURNAMES) + self.random.choice(GIRLS), "female"

    def birth_date(self, year: int) -> date:
        """Return a birthday in the school-entry year that ends on the last of August."""
        start = date(year - 1, 9, 1).toordinal()
        return date.fromordinal(start + self.random.randrange(365))

    def id_number(self, born: date, sex: str) -> str:
        """Return an 18-character number with a true check digit and an impossible region."""
        self._sequence += 1
        order = self._sequence % 500 * 2 + (1 if sex == "male" else 0)
        body = f"99{self._sequence // 500 % 10000:04d}{born:%Y%m%d}{order:03d}"
        return body + CHECK[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]

    def phone(self) -> str:
        return f"100{self.random.randrange(10**8):08d}"


def public_id(inventor: Inventor) -> str:
    """22 characters, from the seeded source: the demo's addresses are the same every time."""
    return base64.urlsafe_b64encode(inventor.random.randbytes(16)).decode()[:22]
