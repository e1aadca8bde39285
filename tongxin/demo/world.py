"""The demo's world: which schools there are and how big, declared in one place.

Sizes are those of the day the demo is built for. Every name of a place, school or person is invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SEED = 20230220


@dataclass(frozen=True)
class SchoolPlan:
    """One school to build.

    stage: as packs spell it. homerooms: of each grade, lowest grade first. students: of the whole school. members: Party members among staff.
    subjects taught, tracks (specialties) and branches by name. general_branch: name of a branch over them, or "".
    packs: programmes it works with. diligence: how much of what is owed gets done and written down (0 to 1).
    """

    slug: str
    name: str
    short: str
    stage: str
    homerooms: tuple[int, ...]
    students: int
    staff: int
    members: int
    first_age: int
    branches: tuple[str, ...]
    general_branch: str = ""
    tracks: tuple[str, ...] = ()
    boarding_share: float = 0.0
    graduates: bool = False
    packs: tuple[str, ...] = ()
    diligence: float = 0.85
    departments: tuple[str, ...] = ("语文组", "数学组", "英语组", "综合组", "后勤服务")
    grade_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class BureauPlan:
    """A bureau and the schools it is over."""

    slug: str
    name: str
    short: str
    schools: tuple[SchoolPlan, ...] = field(default=())


A = "three-platforms-five-integrations"
B = "heart-nurturing-branch"
C = "party-building-plus"
D = "one-plus-one-plus-one"
E = "dual-guidance-mutual-aid"
# What every bureau of the demo adopts and hands down, and where the schools lie: in no place with rules of its own.
BASE = "national-base"
REGION = "other"
PRIMARY = ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级")
MIDDLE = ("初一", "初二", "初三")
VOCATIONAL = ("一年级", "二年级", "三年级")

DISTRICT = BureauPlan(
    "bureau",
    "青岚区教育局",
    "青岚区教育局",
    (
        SchoolPlan(
            slug="a",
            name="青岚区启岳职业学校",
            short="启岳职校",
            stage="vocational",
            homerooms=(8, 8, 8),
            students=864,
            staff=96,
            members=36,
            first_age=15,
            general_branch="启岳职校党总支",
            branches=("机电支部", "信息支部", "商贸支部", "行政支部"),
            tracks=("机电技术应用", "计算机应用", "会计事务", "电子商务"),
            boarding_share=0.35,
            graduates=True,
            packs=(A,),
            diligence=0.86,
            departments=("机电系", "信息系", "商贸系", "文化课部", "行政后勤"),
            grade_names=VOCATIONAL,
        ),
        SchoolPlan(
            slug="b",
            name="青岚区云麓中学",
            short="云麓中学",
            stage="junior",
            homerooms=(6, 6, 6),
            students=756,
            staff=72,
            members=21,
            first_age=12,
            branches=("云麓中学党支部",),
            packs=(B,),
            diligence=0.9,
            grade_names=MIDDLE,
        ),
        SchoolPlan(
            slug="e",
            name="青岚区朗清小学",
            short="朗清小学",
            stage="primary",
            homerooms=(6, 6, 5, 5, 5, 5),
            students=1149,
            staff=146,
            members=23,
            first_age=6,
            branches=("朗清小学党支部",),
            boarding_share=0.8,
            packs=(E,),
            diligence=0.88,
            grade_names=PRIMARY,
        ),
        SchoolPlan(
            slug="wangshu",
            name="青岚区望舒小学",
            short="望舒小学",
            stage="primary",
            homerooms=(2, 2, 2, 2, 2, 2),
            students=408,
            staff=34,
            members=9,
            first_age=6,
            branches=("望舒小学党支部",),
            packs=(E,),
            diligence=0.95,
            grade_names=PRIMARY,
        ),
        SchoolPlan(
            slug="linxi",
            name="青岚区临溪学校",
            short="临溪学校",
            stage="primary",
            homerooms=(1, 1, 1, 1, 1, 1),
            students=186,
            staff=20,
            members=6,
            first_age=6,
            branches=("临溪学校党支部",),
            packs=(E, C),
            diligence=0.75,
            grade_names=PRIMARY,
        ),
        SchoolPlan(
            slug="songshi",
            name="青岚区松石小学",
            short="松石小学",
            stage="primary",
            homerooms=(1, 1, 1, 1, 1, 1),
            students=174,
            staff=18,
            members=5,
            first_age=6,
            branches=("松石小学党支部",),
            packs=(E,),
            diligence=0.35,
            grade_names=PRIMARY,
        ),
    ),
)

CITY = BureauPlan(
    "city",
    "岚江市教育局",
    "岚江市教育局",
    (
        SchoolPlan(
            slug="d",
            name="岚江职业技术学院",
            short="岚江职院",
            stage="college",
            homerooms=(4, 4, 4),
            students=384,
            staff=44,
            members=22,
            first_age=18,
            branches=("信息工程系教工支部",),
            packs=(D,),
            tracks=("软件技术", "物联网应用技术"),
            departments=("软件教研室", "物联网教研室", "基础教研室", "学生工作办", "系办公室"),
            grade_names=("大一", "大二", "大三"),
        ),
    ),
)
BUREAUS = (DISTRICT, CITY)
