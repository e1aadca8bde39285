"""A child finds the way in, fills in page by page, hands in, and leaves nothing behind on the tablet."""

import pytest
from django.conf import settings
from django.urls import reverse

from tongxin.kernel.access import services as access
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.signals.models import Signal
from tongxin.modules.screening import papers, seats, sittings
from tongxin.modules.screening.models import EntryCode, Page, Paper, Result, Sitting
from tongxin.testing.cast import crowd

COOKIE = settings.SEAT_COOKIE_NAME


@pytest.fixture
def code(hall):
    return EntryCode.objects.get(room=hall.cast.room_one.subject).code


def url(name, *args):
    return reverse(f"screening:sit_{name}", args=args)


def text(response):
    return response.content.decode()


def sit(client, hall, number=0, room=1, **more):
    """Sit down as a child of a class, as by the class's code."""
    entry = EntryCode.objects.get(room=(hall.cast.room_one, hall.cast.room_two)[room - 1].subject)
    who = {"number": f"2026{number + 1 + 6 * (room - 1):03}", "name": hall.child(number, room).name}
    return client.post(url("class", entry.code), who | more)


def begin(client, hall, number=0):
    """Sit down and say that one has read what it is about."""
    sit(client, hall, number)
    return client.post(url("agree"), {"what": "start", "version": "1"})


def fill(client, number, answers, **more):
    return client.post(url("page", number), {f"a-{item}": said for item, said in answers.items()} | more)


PAGES = ({"1": "1", "2": "0", "3": "0"}, {"4": "0", "5": "0", "6": "0"}, {"7": "0", "8": "0", "9": "0"})


def all_pages(client, **last):
    for number, answers in enumerate(PAGES, 1):
        fill(client, number, answers | (last if number == 3 else {}), go="next")
    return client.post(url("finish"), {"page": "4", "a-10": "0"})


def test_the_code_on_the_board_leads_to_ones_own_class_however_it_is_typed(client, hall, code):
    answer = client.post(url("enter"), {"code": f" {code[:3].lower()}-{code[3:]} "})
    assert answer.url == url("class", code)
    page = client.get(answer.url)
    assert "七年级1班" in text(page)
    assert not any(child.name in text(page) for child in hall.cast.students[1])


def test_a_child_sits_down_reads_what_it_is_about_and_fills_in_page_by_page(client, hall):
    answer = sit(client, hall)
    assert answer.url == url("paper")
    assert client.get(url("paper")).url == url("agree")
    assert "收集什么" in text(client.get(url("agree")))
    assert client.post(url("agree"), {"what": "start"}).url == url("page", 1)
    page = client.get(url("page", 1))
    assert "第1页，共4页" in text(page)
    assert "12356" in text(page)
    assert "安*禾" in text(page)
    assert "安小禾" not in text(page)
    assert fill(client, 1, PAGES[0], go="next").url == url("page", 2)
    assert 'name="a-1" value="1" checked' in text(client.get(url("page", 1)))
    done = all_pages(client)
    assert "谢谢你认真填完" in text(done)
    assert "安*禾" not in text(done)
    assert Result.objects.count() == 1


def test_the_thanks_hold_no_score_no_label_and_no_number_of_the_result(client, hall):
    begin(client, hall)
    for number, answers in enumerate(PAGES, 1):
        fill(client, number, dict.fromkeys(answers, "2") | ({"9": "0"} if number == 3 else {}), go="next")
    words = text(client.post(url("finish"), {"page": "4", "a-10": "2"}))
    assert not any(word in words for word in ("中度", "抑郁", "总分", "16", "风险", "异常"))


def test_a_school_that_gives_no_feedback_only_says_thank_you(client, hall):
    Sitting.objects.update(feedback=False)
    begin(client, hall)
    words = text(all_pages(client))
    assert "谢谢" in words
    assert "心情像天气" not in words


def test_coming_back_goes_on_at_the_first_page_that_is_not_done(client, hall):
    begin(client, hall)
    fill(client, 1, PAGES[0], go="next")
    client.post(url("leave"))
    sit(client, hall)
    assert client.get(url("paper")).url == url("page", 2)


def test_each_answer_is_kept_as_it_is_given_and_the_page_counts_its_seconds(client, hall):
    begin(client, hall)
    answer = client.post(
        url("keep"), {"page": "1", "a-2": "3", "seconds": "7"}, headers={"Accept": "application/json"}
    )
    assert answer.json() == {"kept": 1}
    client.post(
        url("keep"), {"page": "1", "a-1": "0", "seconds": "5"}, headers={"Accept": "application/json"}
    )
    (page,) = papers.opened_by_program(Page.objects.all(), "scoring")
    assert page.answers == {"form": hall.form.pk, "items": {"1": 0, "2": 3}, "seconds": 12}


def test_without_script_keeping_leads_back_to_the_page(client, hall):
    begin(client, hall)
    assert client.post(url("keep"), {"page": "1", "a-2": "3"}).url == url("page", 1)
    answer = fill(client, 1, {}, clear="2")
    assert "checked" not in text(answer)


def test_a_blank_is_asked_about_gently_once_and_may_be_skipped(client, hall):
    begin(client, hall)
    asked = fill(client, 1, {"1": "1"}, go="next")
    assert "还有 2 题没有选" in text(asked)
    assert "跳过，下一页" in text(asked)
    assert fill(client, 1, {"1": "1"}, go="next", skip="1").url == url("page", 2)
    assert fill(client, 2, {}, go="back").url == url("page", 1)
    asked = client.post(url("finish"), {"page": "3", "a-9": "0"})
    assert "还有 7 题没有选" in text(asked)
    assert not Result.objects.exists()
    assert "谢谢" in text(client.post(url("finish"), {"skip": "1"}))


def test_a_question_that_depends_on_another_is_left_out_until_it_is_called_for(client, hall):
    begin(client, hall)
    for number in (1, 2):
        fill(client, number, dict.fromkeys(PAGES[number - 1], "0"), go="next")
    # Nothing troubles this child: the tenth question is not asked, and the page with it is passed over.
    assert fill(client, 3, dict.fromkeys(PAGES[2], "0"), go="next").url == url("finish")
    assert fill(client, 3, {"7": "2", "8": "0", "9": "0"}, go="next").url == url("page", 4)


def test_the_page_after_a_critical_answer_shows_help_and_numbers_once_and_no_score(client, hall):
    begin(client, hall)
    help_page = fill(client, 3, {"7": "0", "8": "0", "9": "2"}, go="next")
    words = text(help_page)
    assert "已经告诉可以帮你的老师" in words
    assert "12356" in words
    assert "120" in words
    assert not any(word in words for word in ("自残", "风险", "严重", "notice--error"))
    assert fill(client, 4, {"10": "0"}, go="next").url == url("finish")
    assert Signal.objects.get().urgent
    assert "已经告诉可以帮你的老师" in text(client.post(url("finish"), {"skip": "1"}))


def test_handing_in_twice_from_two_tabs_is_one_paper(client, hall):
    begin(client, hall)
    seat = client.cookies[COOKIE].value
    all_pages(client)
    client.cookies[COOKIE] = seat
    again = client.post(url("finish"), {"page": "1", "a-1": "3", "skip": "1"})
    assert "谢谢" in text(again)
    assert Result.objects.count() == 1
    (page,) = papers.opened_by_program(Page.objects.filter(number=1), "scoring")
    assert page.answers["items"]["1"] == 1


def test_a_replayed_answer_after_handing_in_is_refused_in_words(client, hall):
    begin(client, hall)
    seat = client.cookies[COOKIE].value
    all_pages(client)
    client.cookies[COOKIE] = seat
    answer = client.post(url("keep"), {"page": "1", "a-1": "3"}, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "finished"
    assert client.get(url("page", 1)).url == url("paper")
    assert "已经交了" in text(client.get(url("paper")))


def test_a_whole_paper_can_be_handed_in_with_one_request(client, hall):
    Sitting.objects.update(per_page=40)
    begin(client, hall)
    answers = {f"a-{n}": "0" for n in range(1, 11)}
    assert "谢谢" in text(client.post(url("finish"), {"page": "1", "seconds": "60"} | answers))
    assert Paper.objects.get().finished_at


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"page": "1", "a-1": "7"}, "不在可选的答案里"),
        ({"page": "1", "a-9": "1"}, "不是这份问卷的"),
        ({"page": "9", "a-1": "1"}, "没有这一页"),
        ({"page": "x", "a-1": "1"}, "没有这一页"),
        ({}, "没有这一页"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_in_words_and_nothing_is_saved(client, hall, given, said):
    begin(client, hall)
    answer = client.post(url("keep"), given, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert said in answer.json()["say"]
    assert said in text(client.post(url("finish"), given)) or not given.get("page", "").isdecimal()
    assert not Page.objects.exists()


def test_an_empty_paper_is_not_handed_in(client, hall):
    begin(client, hall)
    assert "一题都还没有填" in text(client.post(url("finish"), {"skip": "1"}))
    assert Paper.objects.get().finished_at is None


def test_a_sitting_that_has_closed_says_so_on_every_page(client, hall):
    begin(client, hall)
    sittings.close_sitting(hall.sitting, by=hall.cast.chen.viewer(), day=hall.sitting.first_day)
    for answer in (
        client.get(url("page", 1)), fill(client, 1, PAGES[0], go="next"), client.post(url("finish"), {"skip": "1"}),
        client.get(url("paper")),
    ):  # fmt: skip
        assert answer.status_code == 403
        assert "已经结束" in text(answer)
    assert not Page.objects.exists()


def test_every_mistake_at_the_door_gets_the_same_sentence(client, hall, code):
    name = hall.child().name
    tries = [("2026001", "张三"), ("9999", name), ("", name), ("2026007", hall.child(0, 2).name)]
    said = set()
    for number, given in tries:
        page = client.post(url("class", code), {"number": number or "0", "name": given})
        said.add("学号和姓名对不上这个班的名单" in text(page))
    assert said == {True}
    assert COOKIE not in client.cookies or not client.cookies[COOKIE].value


def test_wrong_codes_and_numbers_are_counted_by_device_and_not_by_address(client, hall, code):
    for _n in range(access.TRIES_PER_DEVICE):
        client.post(url("enter"), {"code": "XXXXXX"})
    assert "试错次数太多" in text(client.post(url("enter"), {"code": code}))
    other = type(client)()
    assert other.post(url("enter"), {"code": code}).status_code == 302
    for _n in range(access.TRIES_PER_DEVICE):
        other.post(url("class", code), {"number": "1", "name": "无"})
    assert "试错次数太多" in text(sit(other, hall))
    assert sit(type(client)(), hall).status_code == 302


def test_a_right_entry_forgets_the_mistakes_of_the_children_before(client, hall):
    code = EntryCode.objects.get(room=hall.cast.room_one.subject).code
    for _round in range(3):
        for _n in range(access.TRIES_PER_DEVICE - 1):
            client.post(url("class", code), {"number": "1", "name": "无"})
        assert sit(client, hall).status_code == 302


def test_the_next_child_at_a_shared_tablet_finds_nothing_of_the_first(client, hall):
    begin(client, hall, 0)
    fill(client, 1, {"1": "3", "2": "3", "3": "3"}, go="next")
    sit(client, hall, 1)
    answers = [
        client.get(url("paper"), follow=True),
        client.post(url("agree"), {"what": "start"}, follow=True),
    ]
    answers += [client.get(url("page", number)) for number in (1, 2, 3, 4)]
    for answer in answers:
        assert " checked" not in text(answer)
        assert not any(name in text(answer) for name in ("安*禾", "安小禾", hall.child().public_id))
    assert client.get(url("page", 1)).headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("way", ["leave", "enter", "class", "finish"])
def test_leaving_or_opening_a_way_in_frees_the_seat(client, hall, code, way):
    begin(client, hall)
    fill(client, 1, PAGES[0], go="next")
    match way:
        case "leave":
            client.post(url("leave"))
        case "enter":
            client.get(url("enter"))
        case "class":
            client.get(url("class", code))
        case "finish":
            client.post(url("finish"), {"skip": "1"})
    assert not client.cookies[COOKIE].value
    for page in (url("page", 1), url("paper"), url("finish"), url("agree")):
        answer = client.get(page)
        assert answer.status_code == 403
        assert "这里没有正在填的问卷" in text(answer)
        assert "安*禾" not in text(answer)


def test_the_seat_is_a_cookie_no_script_can_read_and_ends_after_half_an_hour(client, hall, monkeypatch):
    cookie = sit(client, hall).cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 30 * 60
    monkeypatch.setattr(seats, "SEAT_SECONDS", -1)
    assert client.get(url("paper")).status_code == 403


def test_a_seat_that_was_made_up_or_is_anothers_opens_nothing(client, hall):
    begin(client, hall)
    client.cookies[COOKIE] = client.cookies[COOKIE].value[:-2] + "xx"
    for page in (url("paper"), url("page", 1)):
        assert client.get(page).status_code == 403
    answer = client.post(url("keep"), {"page": "1", "a-1": "1"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (403, {"code": "gone"})
    assert not Page.objects.exists()


def test_saving_makes_the_seat_last_another_half_hour(client, hall):
    begin(client, hall)
    answer = client.post(url("keep"), {"page": "1", "a-1": "1"}, headers={"Accept": "application/json"})
    assert answer.cookies[COOKIE]["max-age"] == 30 * 60


def test_a_printed_code_asks_whether_it_is_the_right_child_and_says_no_more(client, hall):
    token = seats.own_token(hall.sitting, hall.child())
    page = client.get(url("own_way", token))
    assert "安*禾" in text(page)
    assert not any(word in text(page) for word in ("安小禾", "2026001", "七年级"))
    assert COOKIE not in page.cookies or not page.cookies[COOKIE].value
    assert client.post(url("own_way", token)).url == url("paper")
    assert client.get(url("paper")).url == url("agree")


def test_a_printed_code_that_was_changed_or_names_another_schools_child_opens_nothing(client, hall):
    mixed = seats.own_token(hall.sitting, hall.cast.other_student)
    for token in (seats.own_token(hall.sitting, hall.child()) + "x", "x", mixed):
        for answer in (client.get(url("own_way", token)), client.post(url("own_way", token))):
            assert answer.status_code == 403
            assert "二维码不能用了" in text(answer)
            assert "外校" not in text(answer)


def test_a_child_reading_its_own_answers_again_is_on_record(client, hall):
    begin(client, hall)
    fill(client, 1, PAGES[0], go="next")
    before = AuditRow.objects.filter(action="sealed.read").count()
    client.get(url("page", 1))
    assert AuditRow.objects.filter(action="sealed.read").count() == before + 1


def test_a_second_sitting_is_a_kind_invitation(client, hall):
    papers.ask_again(hall.enter({}), by=hall.cast.chen.viewer())
    sit(client, hall)
    page = client.get(url("paper"))
    assert "请你再填一次" in text(page)
    assert "不是你做错了什么" in text(page)
    assert " checked" not in text(client.get(url("page", 1)))
    fill(client, 1, PAGES[0], go="next")
    assert client.get(url("paper")).url == url("page", 2)


@pytest.mark.parametrize("size", [0, 40])
def test_a_page_costs_the_same_few_queries_for_any_class_size(
    client, hall, size, django_assert_max_num_queries
):
    crowd(hall.cast, size)
    begin(client, hall)
    with django_assert_max_num_queries(11):
        client.get(url("page", 1))
    with django_assert_max_num_queries(19):
        keep = {"page": "1", "a-1": "0", "a-2": "0", "a-3": "0"}
        client.post(url("keep"), keep, headers={"Accept": "application/json"})
