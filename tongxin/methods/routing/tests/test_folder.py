"""A folder of tables: what it becomes, and the sentence for everything that can be wrong with it."""

from __future__ import annotations

import datetime as dt

import pytest

from tongxin.methods.routing.folder import read_folder
from tongxin.methods.routing.pairing import in_pairs
from tongxin.methods.routing.tables import FolderUnreadable

TODAY = dt.date(2023, 4, 1)
GOOD = {
    "sessions.csv": "id,day,from,to\ns1,2023-04-04,18:00,20:30\ns2,2023-04-08,09:00,12:00\n",
    "visitors.csv": "id,name,pair,sessions,place,x,y\nt1,刘老师,一组,,学校,5,4\nt2,何老师,一组,s1 s2@10:00-12:00,学校,5,4\n",
    "families.csv": "id,place,x,y,minutes,times,visitors,priority,until\nf1,东街,6,4,30,s1,t1,5,\nf2,东街,6,5,,,,,2023-04-05\n",
}


def folder(tmp_path, **changed):
    for name, text in {
        **GOOD,
        **{key.replace("_csv", ".csv").replace("_yaml", ".yaml"): v for key, v in changed.items()},
    }.items():
        if text is not None:
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_folder(tmp_path, TODAY)


def refused(tmp_path, **changed):
    with pytest.raises(FolderUnreadable) as caught:
        folder(tmp_path, **changed)
    return caught.value.sentences


def test_tables_become_a_problem_in_seconds_from_the_first_midnight(tmp_path):
    read = folder(tmp_path)
    problem = read.problem
    assert read.origin == dt.date(2023, 4, 4)
    assert [one.window for one in problem.sessions] == [(64_800, 73_800), (378_000, 388_800)]
    (pair,) = problem.teams
    assert pair.sessions == {"s1": (64_800, 73_800), "s2": (381_600, 388_800)}
    first, second = problem.families
    assert (first.parts[0].length, first.parts[0].teams, first.priority) == (1800, {"一组"}, 5)
    assert (second.windows, second.parts[0].teams) == (((64_800, 73_800),), None)
    # One kilometre, 1.3 times the straight line, 20 km/h: 3.9 minutes, told as 4.
    assert problem.travel[0].tolist() == [0, 240, 360]


def test_codes_alone_give_ways_and_measured_ones_come_first(tmp_path):
    visitors = "id,pair,place\nt1,一组,学校\nt2,一组,学校\n"
    families = "id,place\nf1,东街/一社区\nf2,东街/二社区\nf3,东街/二社区\n"
    travel = "from,to,minutes\n学校,东街/一社区,7.5\n"
    read = folder(tmp_path, visitors_csv=visitors, families_csv=families, travel_csv=travel)
    assert (read.problem.travel // 60).tolist() == [
        [0, 8, 25, 25],
        [8, 0, 12, 12],
        [25, 12, 0, 5],
        [25, 12, 5, 0],
    ]


def test_degrees_are_taken_for_degrees(tmp_path):
    visitors = "id,pair,lat,lon\nt1,a,39.90,116.40\nt2,a,39.90,116.40\n"
    read = folder(tmp_path, visitors_csv=visitors, families_csv="id,lat,lon\nf1,39.91,116.40\n")
    # A hundredth of a degree of latitude is 1.112 km.
    assert read.problem.travel[0, 1] == 300


def test_people_without_a_pair_are_paired_by_the_sessions_they_share(tmp_path):
    visitors = "id,sessions,x,y\na,s1,5,4\nb,s2,5,4\nc,s1 s2,5,4\nd,s2,5,4\n"
    read = folder(tmp_path, visitors_csv=visitors, families_csv="id,x,y\nf1,6,4\n")
    assert [one.members for one in read.problem.teams] == [("a", "c"), ("b", "d")]
    assert in_pairs([{"x"}, {"y"}], 2) == ([], [0, 1])


WRONG = [
    ("没有地点", "families.csv 第 2 行", {"families_csv": "id,minutes\nf1,30\n"}),
    ("已经过去", "sessions.csv 第 2 行", {"sessions_csv": "id,day,from,to\ns1,2023-03-01,18:00,20:00\n"}),
    ("已经过去", "families.csv 第 2 行", {"families_csv": "id,x,y,times\nf1,6,4,2023-03-30 18:00-20:00\n"}),
    ("已经过去", "families.csv 第 2 行", {"families_csv": "id,x,y,until\nf1,6,4,2023-03-30\n"}),
    ("不晚于", "sessions.csv 第 3 行", {"sessions_csv": "id,day,from,to\ns1,2023-04-04,18:00,20:00\ns2,2023-04-05,20:00,18:00\n"}),
    ("结束要晚于开始", "families.csv 第 2 行", {"families_csv": "id,x,y,times\nf1,6,4,2023-04-04 20:00-18:00\n"}),
    ("visitors.csv 里没有“t9”", "families.csv 第 3 行", {"families_csv": "id,x,y,visitors\nf1,6,4,t1\nf2,6,5,t9\n"}),
    ("sessions.csv 里没有场次“s9”", "visitors.csv 第 2 行", {"visitors_csv": "id,pair,sessions,x,y\nt1,a,s9,5,4\nt2,a,,5,4\n"}),
    ("只有 1 个人", "visitors.csv 第 2 行", {"visitors_csv": "id,pair,x,y\nt1,a,5,4\n"}),
    ("没有共同的场次", "visitors.csv 第 2 行", {"visitors_csv": "id,pair,sessions,x,y\nt1,a,s1,5,4\nt2,a,s2,5,4\n"}),
    ("没有可以同去的搭档", "visitors.csv 第 2 行", {"visitors_csv": "id,x,y\nt1,5,4\n"}),
    ("重叠", "visitors.csv 第 2 行", {"sessions_csv": "id,day,from,to\ns1,2023-04-04,18:00,20:00\ns2,2023-04-04,19:00,21:00\n",
                                    "visitors_csv": "id,pair,x,y\nt1,a,5,4\nt2,a,5,4\n"}),
    ("不知道从哪里出发", "visitors.csv 第 2 行", {"visitors_csv": "id,pair\nt1,一组\nt2,一组\n"}),
    ("前面已经用过", "families.csv 第 3 行", {"families_csv": "id,x,y\nf1,6,4\nf1,6,5\n"}),
    ("“minutes”应是", "families.csv 第 2 行", {"families_csv": "id,x,y,minutes\nf1,6,4,很久\n"}),
    ("“priority”应是", "families.csv 第 2 行", {"families_csv": "id,x,y,priority\nf1,6,4,1000\n"}),
    ("要写两个数", "families.csv 第 2 行", {"families_csv": "id,x,y\nf1,6,\n"}),
    ("不能一起算", "families.csv", {"families_csv": "id,x,y,lat,lon\nf1,6,4,,\nf2,,,39,116\n"}),
    ("不认识的列“电话”", "families.csv", {"families_csv": "id,x,y,电话\nf1,6,4,1\n"}),
    ("缺少“day”", "sessions.csv", {"sessions_csv": "id,from,to\ns1,18:00,20:00\n"}),
    ("找不到", "visitors.csv", {"visitors_csv": None}),
    ("UTF-8", "families.csv", {"families_csv": "id,place\nf1,东街\n".encode("gb18030")}),
    ("没有人的“place”是“西街”", "travel.csv 第 2 行", {"travel_csv": "from,to,minutes\n学校,西街,5\n"}),
    ("families.csv 里没有“f9”", "agreed.csv 第 2 行", {"agreed_csv": "family,visitor,session\nf9,t1,s1\n"}),
    ("约好的时间做不到", "agreed.csv 第 2 行", {"agreed_csv": "family,visitor,session,at\nf1,t1,s1,20:20\n"}),
    ("不去场次", "agreed.csv 第 2 行", {"agreed_csv": "family,visitor,session\nf1,t1,s2\n",
                                    "visitors_csv": "id,pair,sessions,x,y\nt1,a,s1,5,4\nt2,a,s1,5,4\n"}),
    ("“objective”应是", "plan.yaml", {"plan_yaml": "objective: cheap\n"}),
    ("“speed_kmh”应是", "plan.yaml", {"plan_yaml": "speed_kmh: 0\n"}),
    ("读不懂", "plan.yaml", {"plan_yaml": "- [\n"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "place", "tables"), WRONG, ids=[f"{place}: {words}" for words, place, _ in WRONG]
)
def test_what_is_wrong_is_said_with_its_file_and_row(tmp_path, words, place, tables):
    assert any(sentence.startswith(place) and words in sentence for sentence in refused(tmp_path, **tables))


def test_all_mistakes_of_a_table_are_told_at_once(tmp_path):
    sentences = refused(tmp_path, families_csv="id,x,y,minutes,visitors\nf1,,,x,t7\nf2,6,4,,t8\n")
    assert [sentence.split("：")[0] for sentence in sentences] == ["families.csv 第 2 行"] * 3 + [
        "families.csv 第 3 行"
    ]
