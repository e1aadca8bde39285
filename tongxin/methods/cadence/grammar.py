"""The reference page of the rule language, made from the names the parser itself reads.

`docs/reference/rule-language.md` is this page; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import parse_conditions, parse_periods
from .counting import DISTINCT
from .declarations import VALUE_TYPES
from .golden import KEYS as CASE_KEYS
from .invented import ENTRY_KEYS
from .lint import DATA_CLASSES
from .occasions import UNITS as UNITS_WITHIN
from .pack import KEYS as PACK_KEYS
from .parse_measures import SETS
from .parse_periods import WEEKDAYS
from .period_words import UNITS
from .periods import BREAKS
from .tree import GROUP_LINKS, MODALITIES, PERSON_TYPES, SUBJECTS

SHOWN = {
    "coverage": "完成率：已完成除以应完成；免除和不要求的不算",
    "met": "已完成数",
    "missed": "未完成数",
    "open": "待完成数",
    "expected": "应完成数：前三个数之和",
    "waived": "已免除数",
    "not_expected": "不要求数",
    "done": "应做（鼓励的，鼓励到）的对象做到的数，各期相加；一次活动计入几个对象就算几次。不能相加的（最大值、平均值、不同的人、现有几个、占比）不能写",
    "average": "平均每个对象做到的数；不能相加的，是各对象各期的平均数",
    "latest": "最近开始的一期做到的数：各对象相加，不能相加的取平均",
    "latest_day": "计入的记录里最近的一天",
}
OBLIGATION = {
    "id": "编号，英文小写和连字符；改了规则就用同一编号另写一条，换“since”",
    "title": "标题，一句话",
    "title_en": "英文标题，可不写；英文页面用它",
    "source": "出处：document、at、level、modality（力度）",
    "since": "从哪天起实行；不写用包的发布日期",
    "until": "实行到哪天，可不写",
    "applies": "next_window：新规则从下一个时间范围起用",
    "subject": "对谁的要求，见“对象”",
    "where": "条件，见“条件”",
    "bearer": "缺口落在谁的清单上：self、岗位、关系，（针对活动时）角色，（针对一对时）a、b；可写几个",
    "jointly": "几人共同承担",
    "count": "数什么，见“数什么”",
    "measure": "怎么数，见“怎么数”",
    "at_least": "至少",
    "at_most": "至多",
    "exactly": "正好",
    "between": "两个数之间",
    "one_of": "只能是这几个数之一，例如 [3, 5, 7]",
    "window": "时间范围或期限，见“时间范围”",
    "windows": "几个时间范围，各自判断",
    "on": "数关系（links）时：every_day（每一天）或 any_day（有一天即可），不写就看最后一天",
    "evidence": "必须有的佐证材料；{any: […]} 表示有一种即可",
    "all_of": "清单，项项都要做到",
    "any_of": "清单，做到一项即可",
    "within": "清单的范围：window；针对活动时可写 entry",
    "arrivals": "中途到校或离校：full（照全数）、prorate（按教学日折算、进一）、{from: 30d}（满这些天才计）",
    "two_posts": "按岗位定数而一人有几个岗位时：union（各岗位分别判断）、larger（取较大的）、both（相加）；不写取先写的那一档",
    "counts_for": "many：一次活动可以算作几条要求（不写就是这样）；one：只算作一条写了 one 的要求，见“含义”",
    "not_with": "不能和哪几条要求同时计入同一次活动",
    "makes_up": "allowed：过了时间补做的活动可以注明补哪一段，只算在那一段",
    "waiver": "谁可以批准免除、多久到期，例如 {by: secretary, expires: 180d}",
    "remind": "提前几天提醒，例如 [14d, 3d]",
    "escalate": "没做到时告诉谁：at 是到期前后几天（-14d、due、+7d），to 是 bearer（承担人）或岗位；做到、免除或有人点了“知道了”就停",
    "exempt": "不要求的情形：一个条件；成立的人是“不要求”，原因 exempt",
    "blocks": "没做到就拦住的步骤，例如 appoint(homeroom_teacher)；被拦的人要先做到或获批免除，所以也要写“waiver”",
    "consequence": "后果（数据，由考核和评选读取）：{points: -1, per: missing_unit, floor: -10}、{bars: 称号}、{veto: 考核}；可写几个",
    "tightens": "收紧哪一条，例如 national:visit-yearly（包:编号）；数什么、怎么数不变，只能更严，见“含义”",
    "overrides": "{id: 编号, when: 条件}：条件成立时，这一条代替同一个包里的那一条",
    "rows": "对应表里的哪几行，例如 [A12]，给人看",
    "heading": "归入台账提纲的哪一条",
    "later": "一句话，说明这一条留待以后；照原样保留，不计算，检查时列为提醒",
    "cases": "用例，见“用例”",
    "note": "给人看的说明",
    "at": "给人看的出处",
}
CONDITIONS = [
    ("{priority_care: true}", "属性等于这个值；写列表是其中之一；几项并列要同时成立"),
    ("{class_size: {at_most: 45}}", "属性与数比较：is、in、at_least、at_most、between"),
    ("{attribute: grade, is: 1}", "同上的完整写法"),
    (
        "{attribute: a, compare: more_than, to: b}",
        f"两个数字属性相比：{'、'.join(parse_conditions._RELATIONS)}",
    ),
    (
        "{state: probationary}",
        "那天处于这个状态；几组状态重名时写 {machine: 名称, is: probationary}。状态是类型为 state 的属性",
    ),
    (
        "{event: signal, within: 30d}",
        "对象自己那天或前 30 天内发生过，没有撤回；event 的写法同“时间范围”里的事件。对象是一对时，任一方发生过就算；"
        "问这种关系哪天建立（`linked.关系`）时，只看这一对自己的",
    ),
    ("{has: mentor_of}", "同 {link: mentor_of}"),
    ("{link: mentor_of, end: a}", "处在这种关系的一端：a、b 或 either（不写就是 either）"),
    ("{post: homeroom_teacher}", "担任这个岗位"),
    (
        "{a: {…}, b: {…}}",
        "对象是一对（`pair:关系`）时，甲方（a 端）和乙方（b 端）各自的条件；不分端写的，先看乙方再看甲方",
    ),
    ("{all: […]} {any: […]} {not: …}", "全部成立、任一成立、不成立"),
]
COUNT = [
    ("kind", "活动种类，一种或几种"),
    ("part", "对象在活动里的角色；不写就是任何角色"),
    ("only", "限定和数量：{mode: in_person}、{hours: {at_least: 1}}"),
    (
        "by",
        "必须由谁担任哪个角色：part、post、subject、where、link、self；{link: mentor_of, end: a} 是关系的哪一端，same: homeroom 是与对象同班（同支部等）",
    ),
    ("with", "另一端是谁，写法同 by；part: counterpart 指登记的对象"),
    ("about", "event：只数答复这个事件的；self：（针对活动时）只数答复这次活动的"),
]
MEASURES = [
    ("times", "次：活动数"),
    ("people", f"人：不同的人（{'、'.join(PERSON_TYPES)}）"),
    ("person_times", "人次：每次活动的人数相加"),
    (
        "{sum: hours}",
        "数量合计；数量声明了 split: daily 的，跨几天的活动每天各计一份，落在哪个时间范围算哪个",
    ),
    ("{max: hours}", "一次最多"),
    ("{average: score}", "登记了的平均，精确计算"),
    *((f"{{distinct: {of}}}", "不同的个数，空着的不算") for of in DISTINCT),
    ("{run: day}", "最长连续多少天有活动；school_day 只看教学日，其余日子不算也不打断"),
    (
        "{gap: day}",
        "最长连续多少天没有活动：从时间范围的第一天（或对象到校那天）到最后一天（还在进行时到计算日，或离校那天），"
        "开头、中间、末尾都算；一次也没有就是全部。school_day 只数教学日，但哪天有活动都会打断",
    ),
    (
        "{links: mentor_of}",
        "判断那天有几个不同的另一端，关系可以写几种；end 写对象在哪一端；with 写另一端是谁：{subject: member}、{where: …}。不写 count",
    ),
    (
        "{state: full}",
        "到判断那天为止达到过这个状态是 1，没有是 0，不写界限就是至少 1；几组状态重名时写 {machine: 名称, is: full}。不写 count",
    ),
    ("{days_in: activist}", "从时间范围第一天到判断那天，处于这个状态的天数。不写 count"),
    (
        "{share: {of: students}}",
        f"占比，用于班级、支部、部门、学校：{'、'.join(SETS)}，或 {{set: students, where: …}}、{{link: 关系, where: …}} 里"
        "至少有一次活动算数的人占多少；`by` 和 `with` 对每个成员来看。set_on 写 first_day、last_day（不写就是它）或日期",
    ),
    ("{share: {of: students, where: {…}}}", "其中判断那天满足条件的占多少。不写 count"),
    ("{share: {of: invited}}", "针对活动：应到（某个角色）的人里有多少担任了 count 里的角色"),
    (
        "{share: {of: {obligation: id, verdict: met}}}",
        "另一条要求的对象里，结论是这样的占多少：在这个时间范围内到期的结论都是它才算，不要求和已免除的不在内；不能绕成圈",
    ),
    (
        "{fraction_of: {obligation: id}}",
        "另一条要求最低数的几分之几，配 at_least: 1/3；数量不取整，次数、人数、天数进一；不写 count 就数同样的活动",
    ),
]
BOUNDS = [
    ("at_least: 2", "常数，可以是小数"),
    ("between: [1, 3]", "两头都含"),
    (
        "at_least: {by: grade, 1: 2, 2..3: 1, else: 0}",
        "按属性定数；档可写单个值、2..3、<=45、>=46，检查空档和重叠",
    ),
    ("at_least: {by: post, head: 5, else: 1}", "按岗位定数，取先写的那一档"),
    ("one_of: [3, 5, 7]", "只有这几个数才对，到时间范围结束才定；超过最大的当即未完成"),
    ("at_least: 3/4", "与占比一起用，也可写 60 %；下限进一，上限舍去；集合是空的就不要求"),
    (
        "at_least: {ask: league_organiser}",
        "由这个岗位填写的数，按天生效，可以给全校、班级或个人填；没填以前“不要求”，原因 not set",
    ),
    ("at_least: {part: 1/4000, of: students_total}", "一个数字属性的几分之几，下限进一、上限舍去"),
    ("at_least: {announced: credits}", "学校公布的数，按名称；叫什么写在最外层的 `announced` 里"),
]
WINDOWS = [
    *(
        (name, UNITS[period.unit][0] if period.n == 1 else "两个教学周")
        for name, period in parse_periods.SIMPLE.items()
    ),
    ("once", "一次，没有期限"),
    ("{year: calendar}", "公历年；{year: school} 是学年"),
    (
        "{every: 2, unit: teaching_week, stub: drop}",
        f"每几个单位；被校历截短的：{'、'.join(parse_periods.STUBS)}",
    ),
    ("{unit: month, teaching: true}", "只算学期内的那一部分"),
    ("{phase: 2}", "方案的第几阶段"),
    ("{plan_month: 5}", "方案安排的月份"),
    ("{by: 2023-11-15}", "到某天为止，从项目年度的第一天算起"),
    ("{from: 2023-04-03, to: 2023-04-28}", "固定起止"),
    ("{nth: 1, unit: term, of: year}", f"更长单位里的第几个；unit 也可写 {'、'.join(WEEKDAYS)}"),
    ("{first: 2, unit: month, of: term}", "最初几个；last 是最后几个"),
    (f"{{break: {BREAKS[0]}}}", f"假期：{'、'.join(BREAKS)}（暑假、寒假、任一）"),
    ("{rolling: 5, unit: year}", "到今天为止的几年、几个月、几天；每天都当作已到期来判断"),
    ("standing", "任何时候；{standing: true, grace: 14d} 宽限几天"),
    (
        "{within: 24, unit: hour, of: 事件}",
        f"事件之后多久以内，单位：{'、'.join(UNITS_WITHIN)}；也可写 {{within: 14d, of: 事件}}",
    ),
    ("{before: appointed.homeroom_teacher, lookback: [2, year]}", "事件当天及以前，不写 lookback 就不限多久"),
    ("{between_events: {from: 事件, until: 事件}}", "从一个事件到另一个事件，后一个还没有发生就没有期限"),
    ("{by: {announced: 名称}}", "到公布的那天为止；公布前“不要求”"),
]
EVENTS = [
    ("events 里声明的名称", "登记过的事件"),
    (
        "活动种类，或 {kind: 种类, part: 角色}",
        "对象自己参加（以这个角色、没有缺席）的每次活动；学校是本校的每次活动",
    ),
    ("appointed.岗位、linked.关系", "从某天起担任这个岗位、建立这种关系（对象在 a 端）"),
    ("arrived、left", "到校、离校"),
    ("self", "针对活动时，这次活动本身"),
]
MEANING = """
1. **范围。** 在校、党组织关系和条件按天成立。窗口最后一天（窗口还在进行时是计算日）在范围内的才要求；窗口里曾在范围内、
   最后一天不在且没做到的，是“不要求”，并说明从哪天起、因为什么；从未在范围内的没有这一行。整个窗口里的活动都算。
2. **未知。** 没有登记的属性既不是真也不是假：`not` 和比较都不成立；结论是“不要求”，原因 `unknown: 属性`。
   `all` 里有一项为假就是假，`any` 里有一项为真就是真。
3. **定论。** 窗口含首尾两天，过了最后一天才算未完成。次数、合计、不同个数的下限一到就是完成；其他界限到窗口结束才定，
   但超过上限当即未完成。先后次序：完成、已免除、不要求、未完成、进行中。
4. **学期。** 从第一个教学日到最后一个教学日；假期不属于学期；`half_year` 是学期连同假期；`year` 是学年。
5. **版本。** 窗口最后一天有效的那一版来判断；`applies: next_window` 看窗口第一天。新规则的第一个窗口是含“since”的那个，照全数。
6. **冻结。** `known_at` 对活动、佐证、关系、属性、免除一样起作用；更正是新的一行。
7. **人和数量。** 一个人一次活动只算一次。班级、支部、部门作为角色时代表当天的成员，登记缺席的除外；班级、支部为对象时，
   本身或成员参加都算；随班登记的学生只代表那个班（同一角色里在场的别的班除外），以后转了班也不算新的班参加过。数量 `per: entry` 每次计一回，`per: person` 每人计；同一人有两行取大的。数量精确到百分之一。
8. **过滤。** `by` 里的岗位，对象所在的班级或支部有这个岗位时，必须是那里的；没有时任何一个都行。条件按活动当天判断，未知算不符合。
9. **截短的窗口。** 教学周从第 1 周数起，两周一组在每个学期内数；截短的默认不要求。没有教学日的周、月、季是“不要求”，
   但方案自己点名的（阶段、月份安排、起止日期、最后两个月等）照样要求。
10. **补做。** 一次性窗口过后才做的，仍是未完成，写明晚了几天。
11. **跨天的活动** 属于最后一天所在的窗口，结束才算；`distinct: day` 按每一天所在的窗口算。
12. **佐证。** 缺要求的佐证，活动不计入，原因 `evidence missing: 种类`；以后补上的按活动那天计入。
13. **清单。** 每项有自己的数法和界限；不适用的项目去掉，一项不剩是“不要求”。`all_of` 应做数是适用的项数，`any_of` 是 1。
14. **承担人。** 到期以前是当天的承担人，到期以后是到期那天的；岗位空缺由上级岗位接，最后是学校书记。
15. **力度。** `encouraged` 不会算未完成；`in_principle` 没做到仍是未完成，负责的人可以在页面上说明原因；下限折算为零时“不要求”。
16. **事件。** 事件当天是第 0 天，到第 n 天结束为止；教学日从下一个教学日数起；小时从时刻算起，没有时刻的按当天结束算。
   每个事件一个窗口，一次活动可以答复几个事件；撤回的事件“不要求”。公布的日期在公布以前“不要求”。
17. **随时。** `standing` 和 `rolling` 在计算日当天判断，不达到即未完成；`standing` 有宽限时，宽限期内仍是进行中。
18. **不要求的情形。** `exempt` 和 `overrides` 按判断日成立与否；没有登记的是“不要求”，原因 `unknown: 属性`，但做到了仍是完成。
   `overrides` 只管从它实行那天起（含当天）开始的版本。
19. **收紧。** `tightens` 的要求与原来的数法、怎么数相同，只改多少、时间范围或对象，而且它所管的人做到了它就一定做到原来的；否则检查报错。
   两条都判断，上级看自己的那一条。
20. **针对一对**（`pair:关系`）：关系成立、双方都在的日子在范围内，一条关系一行。活动里一方担任 `part`，另一方担任
   `with: {part: 角色}`（或是登记的对象 `part: counterpart`）才算；没写角色的，双方都在场就算。两个人算一个，按人数、人次不能数。
21. **只算一条**（`counts_for: one`、`not_with`）：本人选的先算；再按期限早晚、编号，各条按日期、编号取活动，够下限为止，
   多出来的不计。只用于次数和合计。`makes_up: allowed` 时，注明补哪一段（时间范围的名称）的活动只算在那一段，不算在当天。
22. **针对活动**（`activity:种类`）：不写 window 时按活动当天判断；写了 window，活动日在其中的才判断，到窗口结束定论。
23. **门槛**（`blocks`）：任职从哪天算起，就按哪天、当作那天起已经任职来判断，那天以后做的不算。那天还没有这条要求、
   今天仍在任的，按登记那天（今天）判断，免得倒填日期绕过去；早就任职的，请批准豁免。导入和人员页一样。
""".strip()


def reference_page() -> str:
    """The whole page as Markdown."""
    sections = [
        "# 方案的规则语言",
        "方案包是 YAML 文件，里面只有数据，没有程序。这一页列出现在能写的全部内容；写了别的，检查时会说出在哪一行、怎么改。"
        "还没有的写法可以在那一条要求里加 `later: 一句话`，它会照原样保留并列出来。\n\n"
        "    tongxin check 包文件夹      检查\n    tongxin words 包文件夹      把每条要求写成句子",
        "## 包",
        f"最外层：{_codes(PACK_KEYS)}。一个文件夹里的几个文件按最外层的名字合并。\n\n"
        f"属性的类型：{_codes(VALUE_TYPES)}。活动、属性、关系都要写密级 `class`：{_codes(DATA_CLASSES)}。\n\n"
        "`budget` 是每人每周能用在方案上的小时数：一个数，或按岗位 `{homeroom_teacher: 6, else: 4}`；检查和采用以前据此算用时。\n\n"
        "`case_scheme` 是学校一开始用的分级方案（`packs/schemes` 里文件的名称），学校可以另选或改成自己的。",
        "## 指标",
        "`figures` 的每一项是报告里的一个数：`figure`（编号）、`title`、`query`。`query` 有两种：\n\n"
        "- `{entries: {…}, measure: …}` 数台账：`entries` 的写法同“数什么”，`measure` 同“怎么数”；\n"
        "- `{obligation: 编号, show: …}` 取一条要求的结论，或取它做到的数；`show` 不写就是 coverage。",
        _table(("show", "意思"), SHOWN.items()),
        "## 一条要求",
        _table(("项", "意思"), OBLIGATION.items()),
        "## 对象",
        f"{_codes(SUBJECTS)}，以及 `activity:活动种类`（针对每次活动）、`pair:关系`（针对每一对）。`member` 是当天有党组织关系的人。"
        f"代表成员的有：{_codes(GROUP_LINKS)}。",
        "## 条件",
        _table(("写法", "意思"), CONDITIONS),
        "条件看对象自己，也看它所属的班级、支部、部门、学校：属性声明 `of` 了谁，就到最近的那一个身上找。",
        "## 数什么",
        _table(("项", "意思"), COUNT),
        "## 怎么数",
        _table(("写法", "意思"), MEASURES),
        "## 多少",
        _table(("写法", "意思"), BOUNDS),
        "## 时间范围",
        _table(("写法", "意思"), WINDOWS),
        "时间范围里的“事件”可以是：",
        _table(("写法", "意思"), EVENTS),
        "## 力度",
        f"`source` 的 `modality`：{_codes(MODALITIES)}（必须、原则上、鼓励）。",
        "## 用例",
        f"每条要求配几个用例，检查时逐个计算。用例的项：{_codes(CASE_KEYS)}。活动的项：{_codes(ENTRY_KEYS)}，"
        "另有这种活动的限定和数量。没写的都按“对象在范围内、活动算数”补上：学生有班级和班主任，党员有支部，"
        "每个岗位有一个同名的人，活动带齐佐证。",
        "## 含义",
        MEANING,
        "**In English:** everything a programme pack may say, made from the parser's own names; a test compares this page with the code.",
    ]
    return "\n\n".join(sections) + "\n"


def _codes(names: Iterable[str]) -> str:
    return "、".join(f"`{name}`" for name in names)


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{left}` | {right} |" for left, right in rows)])
