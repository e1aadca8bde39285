"""Data folders of CSV files."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml

from tongxin.methods.cadence.datafolder import FolderProblem, load_folder
from tongxin.methods.cadence.reference import evaluate

from .vocabulary import CALENDAR, pack_of, rule

PACK = pack_of(rule(since="2023-02-01", evidence=["photo"]))
FILES = {
    "subjects.csv": "id,type,name,school,from,to\nx,school,一中,,,\nh,homeroom,701班,,,\ns,student,小明,,2022-09-01,\nt,staff,刘老师,,,\n",
    "links.csv": "id,kind,a,b,from,to\n1,enrolled_in,s,h,,\n2,homeroom_teacher,t,h,,2023-12-31\n",
    "attributes.csv": "subject,name,value,from,to\ns,care,true,2023-02-01,\n",
    "ledger.csv": (
        "entry,kind,day,end_day,at,recorded_at,evidence,subject,part,hours,mode\n"
        "e1,visit,2023-03-10,,15:30,2023-03-11T08:00,photo;sheet,s,visited,1.25,online\n"
        "e1,visit,2023-03-10,,15:30,2023-03-11T08:00,,t,visitor,1.25,\n"
        "e2,meeting,2023-03-12,2023-03-13,,,,,,,\n"
    ),
    "waivers.csv": "subject,obligation,reason,by,from,to\nt,rule,公出,secretary,2023-02-01,2023-03-01\n",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "calendar.yaml").write_text(yaml.safe_dump(CALENDAR, allow_unicode=True), encoding="utf-8")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_becomes_facts_and_a_calendar(folder):
    facts, calendar = load_folder(folder, PACK)
    entry = facts.entries[0]
    assert {subject.school for subject in facts.subjects} == {"x"}
    assert (entry.id, entry.school, entry.day, len(entry.rows)) == ("e1", "x", dt.date(2023, 3, 10), 2)
    assert entry.rows[0].amounts == {"hours": 125}
    assert entry.rows[0].qualifiers == {"mode": "online"}
    assert {row.type for row in entry.evidence} == {"photo", "sheet"}
    assert entry.at is not None
    assert entry.at.isoformat() == "2023-03-10T15:30:00+08:00"
    assert facts.entries[1].day == dt.date(2023, 3, 13)
    (verdict,) = (v for v in evaluate(PACK, facts, calendar, dt.date(2023, 7, 10)) if v.subject == "s")
    assert (verdict.verdict, verdict.bearer) == ("met", ("t",))


def test_missing_files_mean_no_such_rows(folder):
    for name in FILES:
        (folder / name).unlink()
    facts, _ = load_folder(folder, PACK)
    assert (facts.subjects, facts.entries) == ([], [])


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("subjects.csv", "id,type,colour\n", "colour"),
        ("subjects.csv", "id\n", "type"),
        ("subjects.csv", "id,type\ns,student\ns,student\n", "“s”"),
        ("subjects.csv", "id,type,from\ns,student,10.3.2023\n", "“from”"),
        ("subjects.csv", "id,type\n,student\n", "“id”"),
        ("ledger.csv", "entry,kind,day,weather\n", "weather"),
        ("ledger.csv", "entry,kind,day,subject\ne,visit,2023-03-10,ghost\n", "ghost"),
        ("ledger.csv", "entry,kind,day,subject,hours\ne,visit,2023-03-10,s,long\n", "hours"),
        ("ledger.csv", "entry,kind,day,subject,hours\ne,visit,2023-03-10,s,1.005\n", "hours"),
        ("ledger.csv", "entry,kind,day,end_day\ne,visit,2023-03-10,2023-03-09\n", "end_day"),
        ("ledger.csv", "entry,kind,day\ne,visit,2023-03-10\ne,visit,2023-03-11\n", "“e”"),
        ("ledger.csv", "entry,kind,day,at\ne,visit,2023-03-10,noon\n", "at"),
        ("links.csv", "kind,a,b,recorded_at\nx,s,h,gestern\n", "recorded_at"),
        ("events.csv", "event,who\n", "who"),
        ("calendar.yaml", "terms: [", "calendar.yaml"),
        ("calendar.yaml", "terms: 3", "calendar.yaml"),
    ],
)
def test_a_problem_is_one_sentence_that_names_the_place(folder, name, text, named):
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(FolderProblem) as problem:
        load_folder(folder, PACK)
    assert named in str(problem.value)
    assert str(problem.value).endswith(("。", "”。"))


def test_a_folder_that_is_not_there_and_a_file_in_another_encoding(folder, tmp_path):
    with pytest.raises(FolderProblem, match="没有这个文件夹"):
        load_folder(tmp_path / "nothing", PACK)
    (folder / "subjects.csv").write_bytes("id,type,name\ns,student,小明\n".encode("gb18030"))
    with pytest.raises(FolderProblem, match=r"subjects\.csv"):
        load_folder(folder, PACK)
