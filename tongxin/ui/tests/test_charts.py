"""Every chart carries its table; what is drawn by the server says itself in words."""

import json
import re
from datetime import date

import pytest

from tongxin.ui.charts import Bar, Bars, Cell, Funnel, Gantt, HeatMap, HeatRow, Lines, Series

TODAY = date(2023, 4, 19)


def heat():
    return HeatMap(
        "还差一个班",
        columns=[("1", "第 1 周"), ("2", "第 2 周")],
        rows=[
            HeatRow("<家访>", [Cell(30, 32, words="第 1 周：30/32 人"), Cell(state="missed")], url="/why/")
        ],
        row_head="事项",
    )


def gantt():
    bars = [
        Bar("摸排", date(2023, 4, 1), date(2023, 4, 30), 18, 32, "open", owner="班主任"),
        Bar("旧事", date(2022, 1, 1), date(2022, 2, 1)),
    ]
    return Gantt("按计划", first=date(2023, 2, 1), last=date(2023, 12, 31), bars=bars, today=TODAY)


FIGURES = [
    heat(),
    gantt(),
    Lines("升到 93%", labels=["2月", "3月"], series=[Series("线上", [41, None])]),
    Bars("差得最多", labels=["七(1)班"], series=[Series("已完成", [3], "met")], unit="人"),
    Funnel("还有 5 人", steps=[("应测", 100), ("完成", 95)], unit="人"),
]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: type(f).__name__)
def test_every_chart_has_its_title_and_its_table(figure):
    shown = figure.render()
    assert figure.title in shown
    assert "<table" in shown
    assert "看数据表" in shown
    assert len({len(row) for row in figure.table().rows} | {len(figure.table().heads)}) == 1


@pytest.mark.parametrize("figure", FIGURES[2:], ids=lambda f: type(f).__name__)
def test_what_the_browser_draws_travels_as_data_that_never_runs(figure):
    found = re.search(r'<script id="[^"]+" type="application/json">(.*?)</script>', figure.render(), re.S)
    assert json.loads(found[1])["labels"]


def test_a_heat_map_says_its_cells_in_words_and_escapes_labels():
    shown = heat().render()
    assert "第 1 周：30/32 人" in shown
    assert "&lt;家访&gt;" in shown
    assert 'class="g4"' in shown
    assert 'class="s-missed"' in shown


@pytest.mark.parametrize(
    ("done", "due", "tone", "mark"),
    [
        (0, 0, "g0", "–"),
        (0, 4, "g1", "0"),
        (1, 4, "g2", "25"),
        (3, 4, "g4", "75"),
        (999, 1000, "g4", "99"),
        (4, 4, "g5", "100"),
    ],
)
def test_a_share_is_dark_only_when_all_is_done(done, due, tone, mark):
    assert (Cell(done, due).tone, Cell(done, due).mark) == (tone, mark)


def test_a_gantt_chart_draws_today_and_says_each_bar():
    shown = gantt().render()
    assert "摸排：4月1日—4月30日，完成 18/32，待完成" in shown
    assert 'class="today-line"' in shown


def test_a_figure_under_the_limit_is_hidden_with_the_reason():
    shown = Bars(
        "人数", labels=["甲"], series=[Series("人", [3])], hidden_because="人数少于 5，不显示。"
    ).render()
    assert "人数少于 5，不显示。" in shown
    assert "<table" not in shown
    assert "application/json" not in shown


def test_no_drawing_needs_inline_style():
    assert not any(" style=" in figure.render() for figure in FIGURES)
