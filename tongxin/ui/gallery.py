"""The gallery: every component on one page, in ordinary, long, empty, loading, forbidden and error states.

Only served where DEBUG or DEMO is on. The names are invented.
"""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from tongxin.ui import keyset, tables
from tongxin.ui.charts import Bar, Bars, Cell, Funnel, Gantt, HeatMap, HeatRow, Lines, Series
from tongxin.ui.widgets import DayInput

TODAY = date(2023, 4, 19)
PEOPLE = [
    {
        "id": "s1",
        "name": "林晓雨",
        "detail": "七(1)班",
        "pinyin": "linxiaoyu",
        "initials": "lxy",
        "group": "r1",
    },
    {
        "id": "s2",
        "name": "单文博",
        "detail": "七(1)班",
        "pinyin": "shanwenbo",
        "initials": "swb",
        "group": "r1",
    },
    {"id": "s3", "name": "曾可", "detail": "七(1)班", "pinyin": "zengke", "initials": "zk", "group": "r1"},
    {
        "id": "s4",
        "name": "欧阳子涵",
        "detail": "七(2)班",
        "pinyin": "ouyangzihan",
        "initials": "oyzh",
        "group": "r2",
    },
    {
        "id": "s5",
        "name": "仇一诺",
        "detail": "七(2)班",
        "pinyin": "qiuyinuo",
        "initials": "qyn",
        "group": "r2",
    },
    {
        "id": "s6",
        "name": "阿卜杜拉·买买提",
        "detail": "七(2)班",
        "pinyin": "abudulamaimaiti",
        "initials": "abdlmmt",
        "group": "r2",
    },
    {"id": "s7", "name": "赵喆", "detail": "七(3)班", "pinyin": "zhaozhe", "initials": "zz", "group": "r3"},
    {"id": "s8", "name": "吕昇", "detail": "七(3)班", "pinyin": "lvsheng", "initials": "ls", "group": "r3"},
]
GROUPS = [{"id": "r1", "name": "七(1)班"}, {"id": "r2", "name": "七(2)班"}, {"id": "r3", "name": "七(3)班"}]
LONG = "与家长委员会、社区心理服务站和合作企业共同开展的“心育护航共同体”第二次联席会议暨春季学期家庭教育指导专题培训（含线上分会场）"
_KEYS = ["name", "room", "done", "hours", "day", "state", "note", "id"]


class SampleForm(forms.Form):
    """One of each kind of field."""

    title = forms.CharField(label=_("活动名称"), max_length=40, help_text=_("写清做了什么，二十字以内最好。"))
    day = forms.DateField(label=_("日期"), widget=DayInput())
    mode = forms.ChoiceField(
        label=_("方式"), choices=[("in_person", _("入户")), ("online", _("线上"))], widget=forms.RadioSelect
    )
    hours = forms.DecimalField(label=_("学时"), required=False, min_value=0)
    note = forms.CharField(label=_("备注"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agreed = forms.BooleanField(label=_("已征得家长同意"), required=False)


def _runs() -> list[dict[str, Any]]:
    """Computations in the background: waiting, under way, stopped, failed."""
    under_way = {"state": "running", "active": True, "get_state_display": _("正在计算"), "seconds": 30}
    return [
        {**under_way, "state": "queued", "get_state_display": _("等着计算"), "elapsed": 0, "gap": None},
        {**under_way, "elapsed": 12, "gap": 0.0123},
        {**under_way, "elapsed": 29, "gap": 0.004, "stop_asked": True},
        {"state": "stopped", "active": False},
        {"state": "failed", "active": False, "failure": LONG},
    ]


def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component. `door`: open to everybody; the page holds invented people only."""
    bad = SampleForm({"title": LONG, "day": "2023-13-40", "hours": "-1"})
    bad.is_valid()
    return render(
        request,
        "ui/gallery.html",
        {
            "frame": _frame(),
            "today": TODAY,
            "yesterday": TODAY - timedelta(days=1),
            "tomorrow": TODAY + timedelta(days=1),
            "later": date(2023, 6, 30),
            "long": LONG,
            "people": PEOPLE,
            "chosen": [{**person, "selected": place < 2} for place, person in enumerate(PEOPLE)],
            "groups": GROUPS,
            "form": SampleForm(initial={"title": "七(1)班家访", "day": TODAY, "mode": "online"}),
            "bad_form": bad,
            **_navigation(),
            **_lists(),
            "table": _table(request),
            "empty_table": tables.Table(
                _columns(),
                [],
                keys=_KEYS,
                empty_title=str(_("还没有学生")),
                empty_text=str(_("先导入花名册，名单会出现在这里。")),
                empty_url="#import",
                empty_action=str(_("导入花名册")),
                choose_columns=False,
            ),
            "heat": _heat(),
            "heat_states": _heat_states(),
            "gantt": _gantt(),
            "line_chart": _lines(),
            "bars": _bars(),
            "runs": _runs(),
            "funnel": _funnel(),
            "hidden_chart": Bars(
                str(_("各班关注人数")), hidden_because=str(_("人数少于 5，为保护学生不显示。"))
            ),
        },
    )


def people(request: HttpRequest) -> JsonResponse:
    """Answer the sample person picker as a real room would."""
    wanted = request.GET.get("q", "").lower().replace(" ", "")
    group = request.GET.get("group", "")
    found = [
        person
        for person in PEOPLE
        if (not group or person["group"] == group)
        and (not wanted or any(wanted in person[key] for key in ("name", "pinyin", "initials")))
    ]
    return JsonResponse({"people": found, "groups": GROUPS, "more": False})


for _view in (gallery, people):
    _view.door = ("public",)  # type: ignore[attr-defined]


def _frame() -> dict[str, Any]:
    labels = [
        (_("方案"), "programme"), (_("台账"), "ledger"), (_("学生"), "people"), (_("关爱"), "care"), (_("结对"), "pairs"),
        (_("家访"), "visit"), (_("课程"), "lesson"), (_("教师"), "staff"), (_("家校社企"), "partners"),
        (_("报告"), "report"), (_("设置"), "settings"),
    ]  # fmt: skip
    bottom = [(_("待办"), "todo"), (_("登记"), "log"), (_("日程"), "calendar"), (_("我的"), "person")]
    return {
        "school_name": "青禾实验学校",
        "term_name": "2023 春 · 第 10 周",
        "person_name": "刘老师",
        "roles_text": "七(1)班班主任、党员",
        "nav": [
            {"label": label, "url": f"#{icon}", "icon": icon, "current": not place}
            for place, (label, icon) in enumerate(labels)
        ],
        "bottom": [
            {"label": label, "url": f"#{icon}", "icon": icon, "current": not place}
            for place, (label, icon) in enumerate(bottom)
        ],
        "search_url": "#search",
        "help_url": "#help",
        "sign_out_url": "#leave",
        "language_url": "#language",
        "demo": True,
        "notice": "",
    }


def _navigation() -> dict[str, Any]:
    return {
        "crumbs": [(_("方案"), "#programme"), (_("三平台五融通"), "#pack")],
        "tabs": [
            {"label": _("提纲"), "url": "#outline", "current": True},
            {"label": _("完成情况"), "url": "#coverage", "current": False},
            {"label": _("差什么"), "url": "#gaps", "current": False, "count": 12},
            {"label": _("全年安排"), "url": "#year", "current": False},
        ],
        "steps": [
            {"label": _("上传文件"), "state": "done", "url": "#upload"},
            {"label": _("对应列名"), "state": "current"},
            {"label": _("检查"), "state": "ahead"},
            {"label": _("导入"), "state": "ahead"},
        ],
        "filters": [
            {"name": "room", "label": _("班级"), "kind": "select", "value": "r1", "choices": [(g["id"], g["name"]) for g in GROUPS]},
            {"name": "from", "label": _("从"), "kind": "date", "value": "2023-02-13"},
            {"name": "word", "label": _("关键词"), "kind": "search", "value": ""},
        ],
    }  # fmt: skip


def _lists() -> dict[str, Any]:
    return {
        "timeline": [
            {
                "day": TODAY,
                "title": "家访：林晓雨",
                "text": "线上，30 分钟。孩子近来睡得好些了。",
                "url": "#entry",
                "state": "met",
            },
            {"day": TODAY - timedelta(days=1), "title": "团体辅导“认识情绪”", "url": "#entry"},
            {"day": date(2023, 3, 5), "title": LONG},
            {"day": date(2022, 11, 30), "title": "听课反馈"},
        ],
        "cards": [
            {
                "title": "七(1)班家访",
                "url": "#1",
                "facts": ["今天", "刘老师", "照片 2 张"],
                "text": "走访 3 户，一户改为线上。",
                "state": "met",
            },
            {"title": LONG, "url": "#2", "facts": ["3月5日", "陈老师"], "text": "", "state": "open"},
            {"title": "读书沙龙", "facts": ["2月28日"]},
        ],
        "why_entries": [
            {"day": date(2023, 3, 2), "label": "入户家访", "url": "#e1"},
            {"day": date(2023, 3, 30), "label": "线上家访", "url": "#e2"},
        ],
    }


def _columns() -> list[tables.Column]:
    return [
        tables.Column("name", str(_("姓名")), link="#student-{id}", sortable=True),
        tables.Column("room", str(_("班级")), sortable=True),
        tables.Column("done", str(_("家访")), "done"),
        tables.Column("hours", str(_("学时")), "amount"),
        tables.Column("day", str(_("最近一次")), "day", sortable=True),
        tables.Column("state", str(_("状态")), "state"),
        tables.Column("note", str(_("备注")), hidden=True),
    ]


def _table(request: HttpRequest) -> tables.Table:
    states = ["met", "open", "missed", "not_expected", "waived"]
    rows = [
        (
            p["name"],
            p["detail"],
            (n % 3, 2),
            150 * n,
            TODAY - timedelta(days=9 * n),
            states[n % 5],
            "",
            p["id"],
        )
        for n, p in enumerate(PEOPLE)
    ]
    return tables.from_request(
        request,
        _columns(),
        rows,
        default_sort="name",
        keys=_KEYS,
        caption=str(_("七年级学生")),
        page=keyset.Page(rows, next_cursor="sample"),
        pick="student",
        export_url="#export",
    )


def _heat() -> HeatMap:
    names = ["线上家访（每两周）", "入户家访", "心理课", "谈心谈话", "听课与反馈", LONG]
    shares = [(0, 0), (3, 32), (12, 32), (20, 32), (28, 32), (32, 32)]
    rows = [
        HeatRow(
            name,
            [
                Cell(
                    *shares[(week * (place + 2) + place) % 6],
                    words=f"第 {week + 1} 周：{name}",
                    url="#cell" if place == 0 else "",
                )
                for week in range(18)
            ],
            url="#row",
        )
        for place, name in enumerate(names)
    ]
    return HeatMap(
        str(_("三月起每两周的线上家访补上来了，入户家访还差七个班")),
        columns=[(str(week + 1), f"第 {week + 1} 周") for week in range(18)],
        rows=rows,
        row_head=str(_("周次")),
        note=str(_("数字是完成的百分比，按班计算")),
        export_url="#export",
    )


def _heat_states() -> HeatMap:
    pattern = ["met", "met", "open", "missed", "not_expected", "met", "waived", "open"]
    rows = [
        HeatRow(str(person["name"]), [Cell(state=pattern[(week + place) % 8]) for week in range(10)])
        for place, person in enumerate(PEOPLE[:5])
    ]
    return HeatMap(
        str(_("五位老师里有三位还差本期的一次")),
        columns=[(str(week + 1), f"第 {week + 1} 周") for week in range(10)],
        rows=rows,
        row_head=str(_("周次")),
    )


def _gantt() -> Gantt:
    bars = [
        Bar("准备阶段", date(2023, 2, 1), date(2023, 3, 31), group=True, done=2, due=3),
        Bar("制定方案，成立领导小组", date(2023, 2, 1), date(2023, 2, 28), 2, 2, "met", "#a", "王书记"),
        Bar(
            "建立心育护航共同体",
            date(2023, 3, 1),
            date(2023, 3, 31),
            1,
            2,
            "missed",
            "#b",
            "陈老师",
            date(2023, 4, 19),
        ),
        Bar("实施阶段", date(2023, 4, 1), date(2023, 11, 30), group=True, done=3, due=20),
        Bar("全体学生摸排", date(2023, 4, 1), date(2023, 4, 30), 18, 32, "open", "#c", "各班班主任"),
        Bar("职业生涯规划大赛", date(2023, 5, 8), date(2023, 5, 31), 0, 1, "", "#d", "团委"),
        Bar(LONG, date(2023, 9, 1), date(2023, 11, 30), 0, 4, "", "#e", "办公室"),
        Bar("总结阶段", date(2023, 12, 1), date(2023, 12, 31), group=True),
        Bar("形成年度成效报告", date(2023, 12, 1), date(2023, 12, 31), 0, 1, "", "#f", "办公室"),
    ]
    return Gantt(
        str(_("准备阶段还有一项没有做完，其余按计划进行")),
        first=date(2023, 2, 1),
        last=date(2023, 12, 31),
        bars=bars,
        today=TODAY,
        export_url="#export",
    )


def _lines() -> Lines:
    return Lines(
        str(_("三月起家访覆盖从 41% 升到 93%")),
        labels=["2月", "3月", "4月", "5月", "6月"],
        series=[Series("线上", [41, 66, 82, 90, 93]), Series("入户", [8, 15, 31, None, 52])],
        target=90,
        target_label=str(_("目标 90%")),
        note=str(_("占应访家庭的百分比")),
        export_url="#export",
    )


def _bars() -> Bars:
    return Bars(
        str(_("七(2)班和八(1)班还差得最多")),
        labels=["七(1)班", "七(2)班", "七(3)班", "八(1)班", LONG],
        series=[
            Series(str(_("已完成")), [30, 12, 25, 9, 4], "met"),
            Series(str(_("待完成")), [6, 10, 8, 14, 2], "open"),
            Series(str(_("未完成")), [2, 14, 3, 11, 0], "missed"),
        ],
        unit=str(_("人")),
        stacked=True,
    )


def _funnel() -> Funnel:
    steps = [("应测学生", 1149), ("完成测评", 1098), ("结果有效", 1051), ("需要面谈", 84), ("已经面谈", 79)]
    return Funnel(str(_("需要面谈的 84 人里，还有 5 人没有谈")), steps=steps, unit=str(_("人")))
