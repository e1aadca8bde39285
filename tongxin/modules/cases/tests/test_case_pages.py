"""The pages of a case, as each role finds them."""

import io
import zipfile

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Account
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.kernel.signals import services as kernel_signals
from tongxin.modules.cases import schemes
from tongxin.modules.cases.casework import bearing, handing
from tongxin.modules.cases.models import Case, CaseDraft, CaseFile, CasePaper, CaseTask, Outcome, SchemeText
from tongxin.testing.cast import TODAY, picture
from tongxin.testing.screening import prove

WORD = "写了一段话"


@pytest.fixture
def sign(client):
    def enter(player, *, proved=True):
        client.logout()
        client.force_login(player.account)
        if proved:
            prove(client, player)
        return client

    return enter


def page(client, name, *arguments, **data) -> str:
    answer = client.get(reverse(f"cases:{name}", args=arguments), data)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def post(client, name, *arguments, **data):
    answer = client.post(reverse(f"cases:{name}", args=arguments), data)
    assert answer.status_code in (200, 302), (name, answer.status_code)
    return answer


def test_from_a_taken_signal_to_a_filed_interview(desk, clock, sign):
    child, client = desk.child(), sign(desk.cast.chen)
    desk.signal(child, 4)
    text = page(client, "taken")
    assert child.name in text
    assert "为什么不用" in post(client, "no_case", child.public_id, why="没事").content.decode()
    assert not Outcome.objects.exists()
    assert "为什么提示" in page(client, "open", child.public_id)
    answer = post(
        client,
        "open",
        child.public_id,
        trigger="judgement",
        why="一个人坐着",
        rank="4",
        owner=desk.cast.chen.subject.pk,
    )
    case = Case.objects.get()
    assert answer.url == reverse("cases:case", args=[case.public_id])
    text = page(client, "case", case.public_id)
    assert "写访谈记录" in text
    assert "橙色" in text
    text = post(client, "write", case.public_id, "interview", mood=WORD).content.decode()
    assert "field__error" in text
    assert WORD in text, "what was typed stays"
    post(client, "draft", case.public_id, "interview", mood="写到一半", sleep="poor")
    assert CaseDraft.objects.count() == 1
    text = page(client, "write", case.public_id, "interview")
    assert "写到一半" in text
    given = {"on": "2026-11-18", "mood": WORD, "safety": "thought", "view": "再看看", "told": "yes"}
    assert post(client, "write", case.public_id, "interview", **given).status_code == 302
    paper = CasePaper.objects.get(form="interview")
    assert not CaseDraft.objects.exists()
    text = page(client, "paper", case.public_id, paper.public_id)
    assert WORD in text
    assert "有想法" not in text, "exceptional answers need a second person"
    assert "要另一个人批准" in text
    text = page(sign(desk.second), "paper", case.public_id, paper.public_id)
    assert WORD not in text
    assert "只有负责人能看" in text


def test_the_plan_asks_people_and_leaves_as_a_document_with_a_number(desk, clock, sign):
    case, client = desk.walk(desk.open(desk.child()), "plan"), sign(desk.cast.chen)
    given = {
        "goals-0": "每周来上四天课", "measures": "每天早读前谈一次", "safety": "找何主任", "responsible": [desk.cast.chen.subject.pk],
        "tasks-0-who": desk.cast.liu.subject.pk, "tasks-0-what": "早读前和他说一句话",
    }  # fmt: skip
    assert "要一起写" in post(client, "write", case.public_id, "plan", **given).content.decode()
    assert (
        post(client, "write", case.public_id, "plan", **given, **{"tasks-0-until": "2026-11-20"}).status_code
        == 302
    )
    case.refresh_from_db()
    assert case.state == "follow"
    plan = CasePaper.objects.get(form="plan")
    text = page(client, "paper", case.public_id, plan.public_id)
    assert "早读前和他说一句话" in text
    for format, mark in (("docx", b"PK"), ("pdf", b"%PDF")):
        answer = client.get(reverse("cases:export", args=[case.public_id, plan.public_id, format]))
        assert answer.content.startswith(mark)
        assert desk.child().name not in answer.headers["Content-Disposition"]
    docx = client.get(reverse("cases:export", args=[case.public_id, plan.public_id, "docx"])).content
    with zipfile.ZipFile(io.BytesIO(docx)) as box:
        written = box.read("word/document.xml").decode()
    assert "每周来上四天课" in written
    assert AuditRow.objects.filter(action="cases.exported").count() == 3
    interview = CasePaper.objects.get(form="interview")
    assert (
        client.get(reverse("cases:export", args=[case.public_id, interview.public_id, "docx"])).status_code
        == 404
    )
    text = page(client, "write", case.public_id, "follow-up")
    assert "每周来上四天课" in text
    given = {"on": "2026-11-18", "how": WORD, "worse": "better", "goals-g1": "1"}
    assert post(client, "write", case.public_id, "follow-up", **given).status_code == 302
    assert "+1 比目标好一些" in page(client, "case", case.public_id)


def test_a_homeroom_teacher_finds_what_to_do_and_never_why(desk, clock, sign):
    case = desk.walk(desk.open(desk.child()), "follow")
    bearing.give(case, desk.cast.liu.subject.pk, "早读前和他说一句话", TODAY, desk.chen)
    client = sign(desk.cast.liu, proved=False)
    home = client.get(reverse("desk:home")).content.decode()
    assert "有1件事请您为学生做" in home
    text = page(client, "tasks")
    assert "早读前和他说一句话" in text
    for secret in ("橙色", "访谈", "个案", WORD, "心理", desk.cast.chen.subject.name):
        assert secret not in text.split("<main", 1)[1], secret
    for name, arguments in (
        ("case", [case.public_id]),
        ("mine", []),
        ("taken", []),
        ("handovers", []),
        ("scheme", []),
    ):
        assert client.get(reverse(f"cases:{name}", args=arguments)).status_code == 404
    task = CaseTask.objects.get()
    post(client, "task_done", task.public_id, answer="说了，笑了一下")
    assert CaseTask.objects.filter(done_at__isnull=False).exists()
    post(client, "task_undo", task.public_id)
    assert "早读前和他说一句话" in page(client, "tasks")
    assert sign(desk.cast.ma).post(reverse("cases:task_done", args=[task.public_id])).status_code == 404


def test_a_family_finds_its_task_on_its_own_page(desk, clock, sign):
    case = desk.walk(desk.open(desk.child()), "follow")
    person = people.make_guardian(desk.cast.school, "安家长", children=[desk.child()])
    account = Account.objects.create_user("anjia")
    Person.objects.filter(pk=person.pk).update(account=account)
    bearing.give(case, person.pk, "晚上九点前收起手机", TODAY, desk.chen)
    client = sign(type("P", (), {"account": account})(), proved=False)
    assert "有1件事请您为学生做" in client.get(reverse("desk:home")).content.decode()
    assert "晚上九点前收起手机" in page(client, "tasks")
    assert client.get(reverse("cases:case", args=[case.public_id])).status_code == 404


def test_a_secretary_sees_owner_state_and_dates_and_no_child(desk, clock, sign):
    desk.walk(desk.open(desk.child()), "follow", rank=5)
    desk.open(desk.child(1))
    client = sign(desk.cast.wang, proved=False)
    assert client.get(reverse("cases:mine")).url == reverse("cases:figures")
    text = page(client, "figures")
    assert "陈晨" in text
    assert "跟进中" in text
    assert all(child.name not in text for child in desk.cast.students[1])
    case = Case.objects.first()
    assert client.get(reverse("cases:case", args=[case.public_id])).status_code == 404


def test_the_list_shows_what_is_late_first_and_finds_by_a_posted_name(desk, clock, sign):
    first, second = desk.open(desk.child(0), rank=2), desk.open(desk.child(1), rank=5)
    third = desk.open(desk.child(2), rank=2, by=desk.second)
    clock.move(hours=5)
    client = sign(desk.cast.chen)
    text = page(client, "mine")
    assert text.index(desk.child(1).name) < text.index(desk.child(0).name)
    assert desk.child(2).name not in text
    assert desk.child(2).name in page(client, "mine", show="")
    late = page(client, "mine", show="late")
    assert (desk.child(1).name in late, desk.child(0).name in late) == (True, False)
    assert desk.child(0).name not in page(client, "mine", level="红色")
    found = post(client, "mine", q=desk.child(2).name).content.decode()
    assert reverse("cases:case", args=[third.public_id]) in found
    assert "没有找到" in post(client, "mine", q="无此人").content.decode()
    assert {first.number, second.number, third.number} == {1, 2, 3}


def test_the_pages_of_a_case_need_the_same_queries_for_any_number_of_cases(
    desk, clock, sign, django_assert_max_num_queries
):
    client = sign(desk.cast.chen)
    for number in range(3):
        desk.open(desk.child(number))
    page(client, "mine", show="")
    with django_assert_max_num_queries(40) as few:
        page(client, "mine", show="")
    for number in range(6):
        desk.open(desk.cast.students[2][number])
    with django_assert_max_num_queries(len(few.captured_queries)):
        page(client, "mine", show="")


def test_a_second_person_closes_on_the_page_and_the_first_cannot(desk, clock, sign):
    case = desk.walk(desk.open(desk.child()), "closing")
    client = sign(desk.cast.chen)
    text = page(client, "case", case.public_id)
    assert "要由另一个人同意" in text
    assert reverse("cases:close", args=[case.public_id]) not in text
    post(client, "close", case.public_id)
    case.refresh_from_db()
    assert case.phase == "closing"
    client = sign(desk.leader)
    assert "看过了，同意结案" in page(client, "case", case.public_id)
    text = post(client, "send_back", case.public_id, why="").content.decode()
    assert "请写一句为什么先不结案" in text
    post(client, "close", case.public_id)
    case.refresh_from_db()
    assert case.phase == "closed"
    assert desk.child().name in page(client, "mine", show="closed")
    post(client, "reopen", case.public_id, why="家长来电")
    case.refresh_from_db()
    assert case.phase == "open"


def test_hospital_papers_open_to_nobody_alone(desk, clock, sign):
    case, client = desk.walk(desk.open(desk.child()), "follow"), sign(desk.cast.chen)
    text = post(client, "write", case.public_id, "referral", where="市医院", why=WORD).content.decode()
    assert "监护人还没有同意" in text
    post(
        client,
        "write",
        case.public_id,
        "referral",
        where="市医院",
        why=WORD,
        _urgent="正在伤害自己，先送医院",
    )
    bad = post(
        client, "write", case.public_id, "receipt", on="2026-11-18", advice=WORD, paper=io.BytesIO(b"MZ")
    ).content
    assert "field__error" in bad.decode()
    photo = io.BytesIO(picture())
    photo.name = "病历.jpg"
    assert (
        post(
            client, "write", case.public_id, "receipt", on="2026-11-18", advice=WORD, paper=photo
        ).status_code
        == 302
    )
    file = CaseFile.objects.get()
    answer = client.get(reverse("cases:file", args=[case.public_id, file.public_id]))
    assert answer.status_code == 302
    assert "要另一个人批准" in client.get(answer.url).content.decode()


def test_a_case_is_handed_over_on_the_page(desk, clock, sign):
    case = desk.walk(desk.open(desk.child()), "follow")
    client = sign(desk.cast.chen)
    post(client, "hand_over", case.public_id, to=desk.second.subject.public_id)
    assert not page(client, "handovers").count("我接手了<")
    client = sign(desk.second)
    assert "我接手了" in page(client, "handovers")
    post(client, "receive", case.public_id)
    case.refresh_from_db()
    assert case.owner == desk.second.subject
    assert not handing.open_ones(desk.cast.school.pk).exists()


def test_a_counsellor_changes_the_scheme_and_sees_what_changes(desk, clock, sign):
    case, client = desk.open(desk.child()), sign(desk.cast.chen)
    assert "红色" in page(client, "scheme")
    form = client.get(reverse("cases:scheme_levels")).context["form"]
    data = {name: form[name].value() for name in form.fields}
    text = post(client, "scheme_levels", **(data | {"respond-5": "快点"})).content.decode()
    assert "请写成" in text
    text = post(client, "scheme_levels", **(data | {"respond-5": "2小时"})).content.decode()
    assert "期限却更长" in text
    answer = post(client, "scheme_levels", **(data | {"label-5": "一级", "follow-4": "3天"}))
    assert "一级" in answer.content.decode()
    assert SchemeText.objects.count() == 1
    post(client, "scheme_take", text=answer.context["text"])
    assert SchemeText.objects.count() == 2
    assert schemes.scheme_of(schemes.current(desk.cast.school)).level(5).label == "一级"
    assert "第 1 版" in page(client, "case", case.public_id)
    form = client.get(reverse("cases:scheme_form", args=["contact"])).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    data |= {"title-3": "在哪里", "type-3": "choice", "options-3": "校内、校外"}
    answer = post(client, "scheme_form", "contact", **data)
    assert "在哪里" in answer.content.decode()
    assert "改文字版" in post(client, "scheme_preview", text="levels: [").content.decode()
    answer = post(client, "scheme_preview", slug="level-four-worst")
    post(client, "scheme_take", text=answer.context["text"])
    assert schemes.current(desk.cast.school).slug == "level-four-worst"
    row = schemes.current(desk.cast.school)
    file = client.get(reverse("cases:scheme_file", args=[row.public_id]))
    assert "四类" in file.content.decode()


def test_a_task_is_given_and_taken_back_on_the_page(desk, clock, sign):
    case, client = desk.walk(desk.open(desk.child()), "follow"), sign(desk.cast.chen)
    text = post(
        client,
        "task_new",
        case.public_id,
        **{"task-who": "", "task-what": "看护", "task-until": "2026-11-18"},
    )
    assert "field__error" in text.content.decode()
    given = {"task-who": desk.cast.xu.subject.pk, "task-what": "午休时看护", "task-until": "2026-11-19"}
    post(client, "task_new", case.public_id, **given)
    task = CaseTask.objects.get()
    assert "午休时看护" in page(client, "case", case.public_id)
    post(client, "task_back", case.public_id, task.public_id)
    assert "午休时看护" not in page(sign(desk.cast.xu), "tasks")


def test_what_waits_stands_on_the_first_page_of_those_who_work_on_cases(desk, clock, sign):
    desk.signal(desk.child(3))
    desk.walk(desk.open(desk.child()), "closing")
    late = desk.open(desk.child(1), rank=5)
    clock.move(hours=6)
    home = sign(desk.cast.chen).get(reverse("desk:home")).content.decode()
    assert "还没有写下结果" in home
    assert "您负责的1份个案过了期限" in home
    home = sign(desk.leader).get(reverse("desk:home")).content.decode()
    assert "1份个案等第二个人同意结案" in home
    people.depart(desk.cast.chen.subject, TODAY, by=None)
    assert "2份个案没有人负责" in sign(desk.leader).get(reverse("desk:home")).content.decode()
    assert kernel_signals.open_signals(desk.cast.school.pk).count() == 0
    assert late.owner == desk.cast.chen.subject
