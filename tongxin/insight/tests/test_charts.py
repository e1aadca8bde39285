"""A chart's title says what was found."""

import pytest

from tongxin.insight.charts import extremes, restart, trend

MONTHS = ["6月", "7月", "8月", "9月", "10月"]


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ([12, 41, 55, 78, 93.4], "家访：从6月的12%升到10月的93.4%"),
        ([None, 90, 80, 75, None], "家访：从7月的90%降到9月的75%"),
        ([50, 60, 40, 55, 50], "家访：6月到10月保持在50%"),
        ([None, None, 30, None, None], "家访：8月完成30%"),
        ([60, 80, 90, 5, 20], "家访：8月达到90%，9月起重新计算，10月为20%"),
    ],
)
def test_the_title_says_how_a_share_moved(values, title):
    assert trend("家访", MONTHS, values) == title


def test_a_small_dip_is_no_new_beginning():
    assert restart([50, 25, 24]) is None


def test_the_title_says_who_is_ahead_and_who_is_behind():
    assert (
        extremes("家访", ["一班", "二班", "三班"], [80, None, 95]) == "家访：三班最高（95%），一班最低（80%）"
    )
    assert extremes("家访", ["一班", "二班"], [80, 80]) == "家访：各处都是80%"
