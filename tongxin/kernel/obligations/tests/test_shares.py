"""Shares on the school's own tables: of the members of a class, and of the verdicts of another rule."""

from tongxin.kernel.obligations import queries
from tongxin.testing.cast import TODAY

SHARES = """
  - id: half-the-class
    title: 半数学生家访过
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(三), level: school, modality: must}
    since: 2026-01-10
    subject: homeroom
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    measure: {share: {of: students}}
    at_least: 50 %
    window: {year: calendar}
  - id: each-student
    title: 每名学生家访一次
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(三), level: school, modality: must}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    at_least: 1
    window: {year: calendar}
  - id: most-done
    title: 全校三分之二的学生家访过
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(三), level: school, modality: must}
    since: 2026-01-10
    subject: school
    bearer: secretary
    measure: {share: {of: {obligation: each-student, verdict: met}}}
    at_least: 2/3
    window: {year: calendar}
"""


def added(cast):
    cast.add_rules(SHARES)
    return queries.ask(cast.programme, TODAY)


def numbers(asked, rule, **more):
    return sorted((v.owed, v.done) for v in asked.verdicts([rule], **more))


def test_shares_are_the_same_by_sql_and_one_by_one_asked_alone_or_with_all(cast):
    for student in cast.students[1][:4]:
        cast.visit(student, TODAY)
    cast.visit(cast.students[2][0], TODAY, by=cast.ma)
    asked = added(cast)
    visited = sum(v.done > 0 for v in asked.verdicts(["each-student"]))
    assert visited == 5
    assert numbers(asked, "most-done") == numbers(asked, "most-done", entries=True) == [(8, visited)]
    by_class = numbers(asked, "half-the-class")
    assert by_class == numbers(asked, "half-the-class", entries=True)
    assert [owed for owed, _ in by_class] == [3, 3]
    assert sum(done for _, done in by_class) == visited
    asked.verdicts()
    assert numbers(asked, "most-done") == [(8, visited)]
