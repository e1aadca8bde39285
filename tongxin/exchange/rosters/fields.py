"""What a roster column can mean: the fields of students and of staff, and the headings schools give them."""

import re
import unicodedata
from dataclasses import dataclass

STUDENTS, STAFF = "students", "staff"


@dataclass(frozen=True)
class Field:
    """One thing a column can hold.

    reads: the cleaner in `cells.CLEANERS` that judges its cells. names: headings, already normalised.
    unique: two rows of one file may not share a value.
    """

    name: str
    title: str
    reads: str
    names: tuple[str, ...]
    required: bool = False
    unique: bool = False


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text; long lists of Chinese words read better in one string."""
    return tuple(text.split())


_PERSON = (
    Field("name", "姓名", "name", words("姓名 名字 中文姓名 name xingming"), required=True),
    Field(
        "id_number",
        "身份证件号",
        "id_number",
        words(
            "身份证号 身份证件号 身份证号码 身份证 身份证件号码 公民身份号码 公民身份证号 证件号 证件号码 "
            "居民身份证号 居民身份证号码 居民身份证 身份证编号 idnumber idcard"
        ),
        unique=True,
    ),
    Field("id_type", "身份证件类型", "text", words("身份证件类型 证件类型 身份证类型 证件种类 身份证件类别")),
    Field("sex", "性别", "sex", words("性别 性別 男女 sex gender")),
    Field(
        "birth_date",
        "出生日期",
        "date",
        words("出生日期 出生年月 生日 出生年月日 出生时间 出生 birthday birthdate"),
    ),
    Field("ethnicity", "民族", "ethnicity", words("民族 民族名称")),
)

STUDENT_FIELDS = (
    *_PERSON,
    Field(
        "pupil_number",
        "全国学籍号",
        "pupil_number",
        words("学籍号 全国学籍号 学籍号码 国家学籍号 全国统一学籍号 学籍编号 全国学籍号码 学籍辅号 学籍主号"),
        unique=True,
    ),
    Field(
        "local_number",
        "学号",
        "code",
        words("学号 校内学号 学生学号 学生编号 学生号 本校学号 no"),
        unique=True,
    ),
    Field(
        "homeroom",
        "班级",
        "homeroom",
        words("班级 班号 班级名称 所在班级 现班级 行政班 班别 班 班次 所属班级 就读班级 分班 新班级 班级号"),
    ),
    Field("grade", "年级", "grade", words("年级 所在年级 年级名称 现年级 就读年级")),
    Field(
        "entry_date",
        "入学日期",
        "month",
        words("入学日期 入学年月 入学时间 入学年份 入校时间 入校年月 入校日期 届别入学年月"),
    ),
    Field(
        "boarding",
        "是否住校",
        "boarding",
        words("是否住校 住校 寄宿 住宿 是否住宿 是否寄宿 是否寄宿生 是否住校生 就读方式 住校走读"),
    ),
    Field(
        "phone",
        "学生电话",
        "phone",
        words("学生电话 本人电话 学生手机 学生手机号 学生联系电话 本人联系电话 本人手机 本人手机号"),
    ),
    Field(
        "address",
        "家庭住址",
        "text",
        words("家庭住址 住址 家庭地址 现住址 通讯地址 通信地址 现居住地 居住地址 详细住址 家庭详细地址 地址"),
    ),
    Field(
        "guardian_name",
        "家长姓名",
        "name",
        words(
            "家长 家长姓名 监护人 监护人姓名 父母姓名 第一监护人 联系人 联系人姓名 监护人1 监护人1姓名 家长1姓名 "
            "成员1姓名 第一监护人姓名 家长1 家长监护人 监护人家长 家长名字 家庭成员1姓名 家庭成员姓名 法定监护人"
        ),
    ),
    Field(
        "guardian_relation",
        "家长与学生的关系",
        "relation",
        words(
            "关系 与学生关系 与本人关系 家长关系 监护人关系 与监护人关系 称谓 成员1关系 与被监护人关系 与学生的关系 "
            "监护人1关系 家长1关系 与孩子关系"
        ),
    ),
    Field(
        "guardian_phone",
        "家长电话",
        "phone",
        words(
            "家长电话 家长联系电话 家长手机 家长手机号 家长手机号码 监护人电话 监护人联系电话 监护人手机 监护人手机号 "
            "联系电话 联系方式 手机 手机号 手机号码 电话 电话号码 家庭电话 成员1联系电话 监护人1电话 家长1电话 "
            "联系人电话 第一监护人电话 家长联系方式 监护人联系方式 监护人1联系电话 移动电话 tel phone"
        ),
    ),
    Field("father_name", "父亲姓名", "name", words("父亲 父亲姓名 爸爸姓名 爸爸 父名 父姓名")),
    Field(
        "father_phone",
        "父亲电话",
        "phone",
        words("父亲电话 父亲联系电话 父亲手机 父亲手机号 父亲手机号码 爸爸电话 父亲联系方式 父电话"),
    ),
    Field("mother_name", "母亲姓名", "name", words("母亲 母亲姓名 妈妈姓名 妈妈 母名 母姓名")),
    Field(
        "mother_phone",
        "母亲电话",
        "phone",
        words("母亲电话 母亲联系电话 母亲手机 母亲手机号 母亲手机号码 妈妈电话 母亲联系方式 母电话"),
    ),
    Field(
        "guardian2_name",
        "第二位家长姓名",
        "name",
        words("监护人2 监护人2姓名 家长2姓名 家长2 成员2姓名 第二监护人 第二监护人姓名 家庭成员2姓名"),
    ),
    Field(
        "guardian2_relation",
        "第二位家长的关系",
        "relation",
        words("监护人2关系 家长2关系 成员2关系 第二监护人关系"),
    ),
    Field(
        "guardian2_phone",
        "第二位家长电话",
        "phone",
        words("监护人2电话 家长2电话 成员2联系电话 第二监护人电话 监护人2联系电话 家庭成员2联系电话"),
    ),
)

STAFF_FIELDS = (
    *_PERSON,
    Field(
        "staff_number",
        "工号",
        "code",
        words(
            "工号 教师编号 职工号 教工号 教职工号 人员编号 员工编号 教工编号 职工编号 教师工号 教师号 教职工编号"
        ),
        unique=True,
    ),
    Field(
        "teaching_subject",
        "任教学科",
        "text",
        words("任教学科 学科 任教科目 所教学科 授课科目 任课学科 教学科目 科目 所授学科 现任学科 任教课程"),
    ),
    Field(
        "department",
        "部门",
        "text",
        words(
            "部门 处室 所在部门 科室 教研组 所在教研组 教研室 所在教研室 备课组 所属部门 部门名称 年级组 所在科室 部门科室 系部 所在处室"
        ),
    ),
    Field(
        "party_member",
        "是否党员",
        "party_member",
        words("党员 是否党员 是否中共党员 政治面貌 中共党员 政治身份 党派"),
    ),
    Field(
        "branch",
        "所在党支部",
        "text",
        words("党支部 所在支部 所在党支部 支部 支部名称 党支部名称 所属党支部"),
    ),
    Field("duty", "职务", "text", words("职务 行政职务 党内职务 岗位 现任职务 担任职务 岗位职务 党政职务")),
    Field("job_title", "职称", "text", words("职称 专业技术职务 专业技术职称 现职称 技术职称 教师职称")),
    Field(
        "homeroom",
        "担任班主任的班级",
        "homeroom_or_none",
        words(
            "班主任 任班主任 班主任班级 所带班级 担任班主任 班主任所带班级 是否班主任 带班 任班主任班级 担任班主任班级"
        ),
    ),
    Field(
        "hired_on",
        "入职日期",
        "month",
        words("入职日期 入职时间 来校时间 入校时间 到校时间 来校日期 到校日期 来校年月 进校时间 入职年月"),
    ),
    Field(
        "phone",
        "联系电话",
        "phone",
        words("联系电话 手机 手机号 手机号码 电话 电话号码 联系方式 移动电话 本人电话 办公电话 tel phone"),
    ),
    Field("email", "邮箱", "email", words("邮箱 电子邮箱 电子邮件 邮箱地址 email mail")),
)

FIELDS: dict[str, dict[str, Field]] = {
    STUDENTS: {field.name: field for field in STUDENT_FIELDS},
    STAFF: {field.name: field for field in STAFF_FIELDS},
}
OWNER_TITLES = {STUDENTS: "学生", STAFF: "教师 教职工 职工 教工 员工".replace(" ", "|")}

_BRACKETS = re.compile(r"[(\[{【〔<《「][^)\]}】〕>》」]*[)\]}】〕>》」]")
_NOISE = re.compile(r"[\W_]+")


def normalise(heading: str) -> str:
    """Return a heading without spaces, marks and case, so that "姓 名*" and "姓名：" are the same."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", heading)).lower()


def field_of(heading: str, kind: str) -> str:
    """Return the name of the field a heading means, or "" when it means none we know.

    Explanations in brackets count only where the heading means nothing without them.
    """
    plain = unicodedata.normalize("NFKC", heading)
    for candidate in (_BRACKETS.sub("", plain), plain):
        text = normalise(candidate)
        for spelled in (text, _without_owner(text, kind)):
            if spelled in _INDEX[kind]:
                return _INDEX[kind][spelled]
    parts = [normalise(_BRACKETS.sub("", part)) for part in plain.split("/")]
    if len(parts) > 1:
        joined = _without_owner("".join(parts), kind)
        return _INDEX[kind].get(joined, "") or _of_group(parts[0], parts[-1], kind)
    return ""


def _without_owner(text: str, kind: str) -> str:
    """学生姓名 is 姓名 in a list of students; 教师姓名 is in a list of staff. 学生家长 stays with 家长."""
    shorter = re.sub(f"^({OWNER_TITLES[kind]})的?", "", text)
    shorter = re.sub(r"^(请填写|填写|现)", "", shorter)
    return re.sub(r"(必填|选填|必填项|填写)$", "", shorter)


_GROUPS = [
    (re.compile(r"父亲|爸爸"), "father"),
    (re.compile(r"母亲|妈妈"), "mother"),
    (re.compile(r"(监护人|家长|成员|家庭成员)[2二]|第二"), "guardian2"),
    (re.compile(r"监护人|家长|家庭成员|父母|联系人|成员"), "guardian"),
]
_GROUP_PARTS = [
    (re.compile(r"姓名|名字"), "name"),
    (re.compile(r"电话|手机|联系方式"), "phone"),
    (re.compile(r"关系|称谓"), "relation"),
]


def _of_group(group: str, part: str, kind: str) -> str:
    """A two-line heading: 父亲 above, 电话 below. Under any other title the lower line counts alone."""
    if kind == STUDENTS:
        for pattern, prefix in _GROUPS:
            if pattern.search(group):
                for inner, suffix in _GROUP_PARTS:
                    name = f"{prefix}_{suffix}"
                    if inner.search(part) and name in FIELDS[STUDENTS]:
                        return name
                return ""
    return _INDEX[kind].get(_without_owner(part, kind), "")


_INDEX = {
    kind: {
        name: field.name
        for field in reversed(list(known.values()))
        for name in (*field.names, normalise(field.title))
    }
    for kind, known in FIELDS.items()
}
