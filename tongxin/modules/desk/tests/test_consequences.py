"""What follows from a missed duty is read by those who lead; a person decides, with a reason, and nothing happens by itself."""

import io

import openpyxl
import pytest
from django.db import connection
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.obligations import consequences
from tongxin.kernel.obligations.models import ConsequenceDecision
from tongxin.kernel.obligations.queries import ask

RULES = """\
  - id: study-by-october
    title: 党员十月底前学习一次
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(二), level: school, modality: must}
    since: 2026-01-10
    subject: member
    bearer: self
    count: {kind: branch_study, part: attendee}
    at_least: 2
    window: {by: 2026-10-31}
    consequence: [{veto: selection}, {points: -1, floor: -10}]
  - id: child-visited
    title: 十月底前家访一次
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 二(一), level: school, modality: must}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    at_least: 1
    window: {by: 2026-10-31}
    consequence: {bars: rating.excellent}
"""
WHY = "十月在外挂职，已补学。"


@pytest.fixture
def school(cast):
    cast.add_rules(RULES)
    return cast


def address(cast, name, who=None):
    asked = ask(cast.programme, cast.wang.viewer().day)
    first = next(v.first for v in asked.verdicts(["study-by-october"]))
    subject = (who or cast.xu).subject.public_id
    return reverse(f"desk:{name}", args=[cast.programme.public_id, "study-by-october", subject, first])


def rows_of(client):
    page = client.get(reverse("desk:consequences"))
    return page.context["open_rows"], page.context["decided_rows"]


def test_those_who_lead_read_whom_a_consequence_concerns_and_by_which_rule(school, client):
    school.sign_in(client, school.wang)
    assert reverse("desk:consequences") in client.get(reverse("desk:programmes")).content.decode()
    waiting, decided = rows_of(client)
    assert {row["name"] for row in waiting} == {"刘洋", "许静", "李梅"}
    assert decided == []
    xu = next(row for row in waiting if row["name"] == "许静")
    assert "评选一票否决" in xu["follows"]
    assert "这一次-2分" in xu["follows"], "two are missing, one point each"
    assert (xu["rule"], xu["url"]) == ("党员十月底前学习一次", address(school, "why"))
    assert "青山中学育人方案" in xu["source"]


def test_no_child_is_on_the_list_whatever_a_programme_says(school, client):
    school.sign_in(client, school.wang)
    page = client.get(reverse("desk:consequences")).content.decode()
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("desk:consequences_export")).content)).active
    words = {cell.value for row in book for cell in row}
    for child in school.students[1]:
        assert child.name not in page
        assert child.name not in words
    assert "许静" in words
    assert AuditRow.objects.filter(action="obligations.consequences_exported").count() == 1


def test_a_person_decides_with_a_reason_and_the_one_concerned_reads_it(school, client):
    school.sign_in(client, school.xu)
    page = client.get(address(school, "why")).content.decode()
    assert "评选一票否决" in page
    assert "现在还没有人定" in page
    assert address(school, "consequence") not in page
    assert "没做到的后果：" in client.get(reverse("desk:home")).content.decode()

    school.sign_in(client, school.wang)
    assert address(school, "consequence") in client.get(address(school, "why")).content.decode()
    client.post(address(school, "consequence"), {"decision": "waived", "reason": WHY})
    waiting, decided = rows_of(client)
    assert {row["name"] for row in waiting} == {"刘洋", "李梅"}
    assert [(row["name"], row["decision"], row["reason"]) for row in decided] == [("许静", "不追究", WHY)]
    duty = reverse("desk:duty", args=[school.programme.public_id, "study-by-october"])
    assert "不追究" in client.get(duty).content.decode()
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(duty + "export/").content)).active
    assert {"不追究", "还没有定"} <= {cell.value for row in sheet for cell in row}
    client.post(address(school, "consequence"), {"decision": "confirmed", "reason": "没有补学。"})
    assert ConsequenceDecision.objects.count() == 2, "the first decision stays readable"
    actions = AuditRow.objects.filter(action="obligations.consequence_decided")
    assert [row.data["decision"] for row in actions] == ["waived", "confirmed"]

    school.sign_in(client, school.xu)
    page = client.get(address(school, "why")).content.decode()
    assert "已确认这个后果：没有补学。" in page
    assert WHY not in page


def test_why_it_was_decided_is_not_told_to_all_who_read_that_something_was_missed(school, client):
    school.sign_in(client, school.wang)
    client.post(address(school, "consequence"), {"decision": "waived", "reason": WHY})
    for who in (school.li, school.sun):
        school.sign_in(client, who)
        pages = [client.get(reverse("desk:consequences")), client.get(address(school, "why"))]
        assert [page.status_code for page in pages] == [200, 200]
        book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("desk:consequences_export")).content))
        cells = {cell.value for row in book.active for cell in row}
        for page in pages:
            assert "不追究" in page.content.decode()
            assert WHY not in page.content.decode()
        assert "不追究" in cells
        assert WHY not in cells
    school.sign_in(client, school.xu)
    assert WHY in client.get(address(school, "why")).content.decode()


def test_a_decision_without_a_reason_or_a_choice_is_refused_with_a_sentence(school, client):
    school.sign_in(client, school.wang)
    for sent, said in (
        ({"decision": "waived", "reason": " "}, "请写明为什么这样定"),
        ({"reason": WHY}, "确认后果"),
    ):
        answer = client.post(address(school, "consequence"), sent, follow=True).content.decode()
        assert said in answer
    assert not ConsequenceDecision.objects.exists()


def test_nobody_else_decides_and_nobody_of_themselves(school, client):
    for who in (school.xu, school.liu, school.li, school.sun, school.zhao):
        school.sign_in(client, who)
        assert (
            client.post(address(school, "consequence"), {"decision": "waived", "reason": WHY}).status_code
            == 404
        )
    for who in (school.xu, school.zhao):
        school.sign_in(client, who)
        answer = client.get(reverse("desk:consequences"))
        assert answer.status_code == 404 or "李梅" not in answer.content.decode()
    assert not ConsequenceDecision.objects.exists()


def test_what_is_made_good_late_or_only_encouraged_has_no_consequence(school, client):
    school.add_rules("", ("at: 一(二), level: school, modality: must}\n    since: 2026-01-10\n    subject: member\n    bearer: self\n    count: {kind: branch_study",
                          "at: 一(二), level: school, modality: encouraged}\n    since: 2026-01-10\n    subject: member\n    bearer: self\n    count: {kind: branch_study"))  # fmt: skip
    school.sign_in(client, school.wang)
    assert rows_of(client) == ([], [])


def test_the_words_lie_sealed_and_go_with_the_person(school, client):
    school.sign_in(client, school.wang)
    client.post(address(school, "consequence"), {"decision": "waived", "reason": WHY})
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM consequence_decision")
        assert WHY.encode() not in bytes(cursor.fetchone()[0])
    assert consequences._count([school.xu.subject.pk]) == {school.xu.subject.pk: 1}
    assert WHY in str(consequences._tell(None, school.xu.subject))
    consequences._erase(school.xu.subject, None)
    assert not ConsequenceDecision.objects.exists()
