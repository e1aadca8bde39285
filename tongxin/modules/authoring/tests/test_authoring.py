"""A secretary writes a programme in the browser, without seeing how it is stored."""

import copy
import io
import re
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.obligations.queries import ask, gaps
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.packs import findings
from tongxin.kernel.programmes.queries import current_pack, current_version
from tongxin.methods.cadence.pack import pack_from_text
from tongxin.methods.cadence.words import sentence
from tongxin.modules.authoring import services
from tongxin.modules.authoring.models import PackDraft
from tongxin.testing.cast import SINCE, crowd
from tongxin.testing.pack import PACK


def url(name, *args):
    return reverse(f"authoring:{name}", args=args)


@pytest.fixture
def draft(cast, client):
    """A draft begun from nothing by the secretary, who is signed in."""
    cast.sign_in(client, cast.wang)
    client.post(url("drafts"), {"title": "阳光家访", "programme_year": "calendar"})
    return PackDraft.objects.get(title="阳光家访")


def fresh(draft):
    draft.refresh_from_db()
    return draft, services.pack_of(draft)


VISITS = {
    "title": "班主任每学期家访每名学生", "subject": "student", "bearer-0": "homeroom_teacher", "kind-0": "home_visit",
    "part": "visited", "bound": "at_least", "number": "1", "measure": "times", "word": "term", "since": "2026-01-01",
    "modality": "must", "heading": "1", "document": "学校方案", "remind": "14、3",
}  # fmt: skip


def test_a_sixth_programme_is_written_in_the_browser_alone_and_is_owed_at_once(cast, client, draft):
    assert (
        client.post(
            url("rule_new", draft.public_id), VISITS | {"save": "1", "revision": draft.revision}
        ).status_code
        == 302
    )
    draft, pack = fresh(draft)
    assert "班主任" in sentence(pack, pack.obligations[0])
    assert [f.sentence for f in findings(draft.text) if f.level == "error"] == []
    answer = client.post(url("hand_over", draft.public_id), {"year": "2026", "note": ""})
    programme = Programme.objects.get(title="阳光家访")
    assert answer.url == reverse("desk:programme", args=[programme.public_id])
    assert not PackDraft.objects.filter(pk=draft.pk).exists()
    found = gaps(cast.liu.viewer(), ask(programme, cast.liu.viewer().day), pack.obligations[0].id)
    assert {g.subject.name for g in found.rows} == {s.name for s in cast.students[1]}


def test_an_incomplete_rule_is_not_saved_and_the_page_says_what_is_missing(client, draft):
    form = VISITS | {"number": "", "kind-0": "", "save": "1", "revision": draft.revision}
    page = client.post(url("rule_new", draft.public_id), form).content.decode()
    assert "还差一点" in page
    assert "没有写数哪一种活动" in page
    assert fresh(draft)[1].obligations == ()


def test_the_sentence_is_shown_before_anything_is_saved(client, draft):
    page = client.post(
        url("rule_new", draft.public_id), VISITS | {"revision": draft.revision}
    ).content.decode()
    assert "这条要求读作" in page
    assert fresh(draft)[1].obligations == ()


def test_a_rule_is_tried_on_the_schools_own_last_term(cast, client, draft):
    cast.visit(cast.students[1][0], cast.liu.viewer().day)
    form = VISITS | {"try": "1", "revision": draft.revision, "word": "year"}
    page = client.post(url("rule_new", draft.public_id), form).content.decode()
    assert "没做到" in page or "都做到了" in page or "不显示结果" in page
    assert "何雨桐" not in page, "a secretary sees figures of visits and no names"


def test_trying_a_rule_counts_those_named_exactly_and_the_others_apart_and_about(cast, client, draft):
    people.appoint(cast.wang.subject, "homeroom_teacher", cast.room_two.subject, since=SINCE)
    members = crowd(cast, 30)
    for member in members[:15]:
        cast.visit(member, date(2026, 4, 10))
    form = VISITS | {"try": "1", "revision": draft.revision, "word": "term"}
    page = client.post(url("rule_new", draft.public_id), form).content.decode()
    assert "6个里会有6个没做到" in page
    assert "何雨桐" in page
    assert "安小禾" not in page
    told = re.search(r"大约有(\d+)个要按这条来做，其中大约(\d+)个没做到", page)
    assert told, page
    assert [int(n) % 5 for n in told.groups()] == [0, 0]


def test_trying_a_rule_tells_nothing_of_few(cast, client, draft):
    for student in cast.students[1]:
        cast.visit(student, date(2026, 4, 10))
    form = VISITS | {"try": "1", "revision": draft.revision, "word": "term"}
    page = client.post(url("rule_new", draft.public_id), form).content.decode()
    assert not re.search("其中大约|都做到了|会有", page)
    assert "人数太少，不显示" in page


def test_what_has_no_slot_stays_when_a_rule_is_changed(client, draft):
    _, pack = fresh(draft)
    raw = pack.raw | {"obligations": [{
        "id": "visits", "title": "家访", "since": "2026-01-01", "subject": "student", "at_least": 1, "window": "term",
        "count": {"kind": "home_visit", "part": "visited", "with": {"part": "visitor"}}, "bearer": "homeroom_teacher",
        "heading": "1",
    }]}  # fmt: skip
    draft = services.save(draft, raw, "准备", by=None, revision=draft.revision)
    client.post(
        url("rule", draft.public_id, 0), VISITS | {"number": "2", "save": "1", "revision": draft.revision}
    )
    (rule,) = fresh(draft)[1].obligations
    assert (rule.id, next(rule.demand.count.companions())[1].part, rule.demand.bound.low.number) == (
        "visits",
        "visitor",
        2,
    )


def written_rule(client, draft, **changes):
    """The rule that the page stores for these fields."""
    page = client.post(
        url("rule_new", draft.public_id), VISITS | changes | {"save": "1", "revision": draft.revision}
    )
    assert page.status_code == 302, page.context["wrong"] or page.context["form"].errors
    return fresh(draft)[1].raw["obligations"][-1]


def test_a_share_of_a_class_is_written_in_the_browser(client, draft):
    rule = written_rule(
        client, draft, subject="homeroom", number="80%", measure="share:students", **{"kind-0": "home_visit"}
    )
    assert (rule["measure"], rule["at_least"]) == ({"share": {"of": "students"}}, "80%")


def test_a_checklist_is_written_line_by_line(client, draft):
    form = {"listed": "all_of", "i0-title": "家访一次", "i0-kind": "home_visit", "i0-number": "1",
            "i1-title": "上课两次", "i1-kind": "wellbeing_lesson", "i1-number": "2"}  # fmt: skip
    page = client.post(url("rule_new", draft.public_id), VISITS | form | {"revision": draft.revision})
    assert {"i0-part", "i1-number", "i2-kind"} <= page.context["form"].fields.keys()
    rule = written_rule(client, draft, **form)
    assert [(one["title"], one["at_least"]) for one in rule["all_of"]] == [("家访一次", 1), ("上课两次", 2)]
    assert not {"count", "measure", "at_least"} & rule.keys()
    again = client.get(url("rule", draft.public_id, 0)).context["form"]
    assert again["i1-title"].value() == "上课两次"


def test_who_is_told_a_gate_an_exemption_and_late_comers_are_written_in_the_browser(client, draft):
    rule = written_rule(
        client, draft, subject="staff", **{"bearer-0": "self", "part": "", "s0-to": "bearer", "s0-days": "-3", "s1-to": "secretary"},
        **{"s1-days": "7", "blocks": "homeroom_teacher", "waiver_by": "secretary", "waiver_days": "180"},
        **{"x-what": "post:secretary", "x-op": "has", "arrivals": "from", "arrivals_days": "30", "title_en": "Visits"},
    )  # fmt: skip
    assert rule["escalate"] == [{"at": "-3d", "to": "bearer"}, {"at": "+7d", "to": "secretary"}]
    assert (rule["blocks"], rule["exempt"]) == ("appoint(homeroom_teacher)", {"post": "secretary"})
    assert (rule["arrivals"], rule["title_en"]) == ({"from": "30d"}, "Visits")


def test_a_number_that_a_post_fills_in_and_links_held_are_written_in_the_browser(client, draft):
    rule = written_rule(client, draft, bound="asked", asked="secretary", number="")
    assert rule["at_least"] == {"ask": "secretary"}
    draft, _ = fresh(draft)
    rule = written_rule(
        client, draft, title="有班主任", subject="homeroom", measure="links:homeroom_teacher", word="standing"
    )
    assert rule["measure"] == {"links": "homeroom_teacher"}
    assert "count" not in rule


def test_a_number_by_post_is_written_line_by_line(client, draft):
    form = {"subject": "staff", "bearer-0": "self", "part": "", "number": "", "bound": "banded", "by": "post",
            "b0-value": "secretary", "b0-number": "5", "otherwise": "1"}  # fmt: skip
    page = client.post(url("rule_new", draft.public_id), VISITS | form | {"revision": draft.revision})
    assert "b1-value" in page.context["form"].fields
    form |= {"b1-value": "homeroom_teacher", "b1-number": "3"}
    assert written_rule(client, draft, **form)["at_least"] == {
        "by": "post", "secretary": 5, "homeroom_teacher": 3, "else": 1,
    }  # fmt: skip


def test_only_what_answers_an_event_is_counted_where_the_browser_says_so(client, draft):
    form = {"word": "within", "when-n": "14", "when-unit": "day", "when-of": "arrived", "about": "event"}
    page = client.post(url("rule_new", draft.public_id), VISITS | form | {"revision": draft.revision})
    assert [code for code, _word in page.context["form"].fields["about"].choices] == ["", "event"]
    assert written_rule(client, draft, **form)["count"]["about"] == "event"


def test_two_windows_consequences_and_how_a_rule_stands_to_others_are_written_in_the_browser(client, draft):
    of_staff = {"subject": "staff", "bearer-0": "self", "part": "visitor"}
    other = written_rule(client, draft, title="每月谈心", **of_staff)["id"]
    draft, _ = fresh(draft)
    form = VISITS | of_staff | {"w0-word": "within", "e0-kind": "points", "revision": draft.revision}
    page = client.post(url("rule_new", draft.public_id), form)
    assert {"w0-n", "w0-of", "w1-word", "e0-floor", "e1-kind", "n0"} <= page.context["form"].fields.keys()
    form = {"w0-word": "between_events", "w0-of": "arrived", "w0-until": "left", "e0-kind": "points", "e0-number": "-1",
            "e0-floor": "-10", "e1-kind": "veto", "e1-what": "selection", "n0": other, "overrides": other,
            "o-what": "post:secretary", "o-op": "has_not", "next_window": "on"}  # fmt: skip
    rule = written_rule(client, draft, title="另一条", **of_staff, **form)
    assert rule["windows"] == ["term", {"between_events": {"from": "arrived", "until": "left"}}]
    assert rule["consequence"] == [{"points": -1, "floor": -10}, {"veto": "selection"}]
    assert (rule["not_with"], rule["applies"]) == ([other], "next_window")
    assert rule["overrides"] == {"id": other, "when": {"not": {"post": "secretary"}}}
    page = client.get(url("rule", draft.public_id, 1))
    assert page.context["form"].said.period.word == "term"
    assert "代替“每月谈心”" in page.context["sentence"]


def test_no_rule_about_cases_is_offered_for_it_would_judge_nobody(client, draft):
    offered = dict(client.get(url("rule_new", draft.public_id)).context["form"].fields["subject"].choices)
    assert "case" not in offered
    assert "student" in offered


def test_no_consequence_is_offered_for_children(client, draft):
    page = client.post(url("rule_new", draft.public_id), VISITS | {"revision": draft.revision})
    assert "e0-kind" not in page.context["form"].fields


def test_a_fraction_of_another_rule_some_right_numbers_and_a_grace_are_written_in_the_browser(client, draft):
    other = written_rule(client, draft, title="每学期三次", number="3")["id"]
    draft, _ = fresh(draft)
    rule = written_rule(
        client, draft, measure="fraction_of", fraction_of=other, number="1/3", **{"kind-0": "", "part": ""}
    )
    assert (rule["measure"], rule["at_least"]) == ({"fraction_of": {"obligation": other}}, "1/3")
    assert "count" not in rule
    draft, pack = fresh(draft)
    assert pack.obligations[-1].demand.bound.low.number == 1
    rule = written_rule(client, draft, bound="one_of", number="3、5、7")
    assert rule["one_of"] == [3, 5, 7]
    draft, _ = fresh(draft)
    rule = written_rule(
        client,
        draft,
        subject="homeroom",
        measure="links:homeroom_teacher",
        word="standing",
        **{"when-grace": "30"},
    )
    assert rule["window"] == {"standing": True, "grace": "30d"}


def test_conditions_in_groups_a_range_and_a_finer_line_are_written_in_the_browser(client, draft):
    form = {"c0-what": "attribute:priority_care", "c0-op": "is", "c0-value": "true", "c1-what": "attribute:grade",
            "c1-op": "is", "c1-value": "7", "c2-what": "attribute:grade", "c2-op": "at_least", "c2-value": "9",
            "c2-tie": "tied"}  # fmt: skip
    page = client.post(url("rule_new", draft.public_id), VISITS | form | {"revision": draft.revision})
    assert "c2-tie" in page.context["form"].fields
    assert written_rule(client, draft, **form)["where"] == {"all": [
        {"attribute": "priority_care", "is": True},
        {"any": [{"attribute": "grade", "is": 7}, {"attribute": "grade", "at_least": 9}]},
    ]}  # fmt: skip
    draft, _ = fresh(draft)
    lessons = {
        "subject": "homeroom",
        "kind-0": "wellbeing_lesson",
        "part": "homeroom",
        "amount-hours": ">=0.5",
    }
    assert written_rule(client, draft, **lessons)["count"]["only"] == {"hours": {"at_least": "0.5"}}
    draft, _ = fresh(draft)
    form = {"listed": "all_of", "i0-title": "家访人两名", "i0-kind": "home_visit", "i0-part": "visitor", "i0-finer": "on",
            "i0-how": "people", "i0-bound": "exactly", "i0-number": "2", "i0-evidence": ["photo"], "i0-with": "visited",
            "i0-w-what": "attribute:priority_care", "i0-w-op": "is", "i0-w-value": "true"}  # fmt: skip
    (line,) = written_rule(client, draft, subject="school", **form)["all_of"]
    assert line == {
        "title": "家访人两名", "measure": "people", "exactly": 2, "evidence": ["photo"],
        "count": {"kind": "home_visit", "part": "visitor", "with": {"part": "visited", "where": {"attribute": "priority_care", "is": True}}},
    }  # fmt: skip


@pytest.mark.parametrize("only", [{"hours": 2}, {"theme": ["relations", "new_role"]}])
def test_a_line_keeps_which_sort_it_counts_when_its_number_changes(client, cast, draft, only):
    rule = written_rule(client, draft)
    draft, pack = fresh(draft)
    line = {"title": "课", "count": {"kind": "wellbeing_lesson", "only": only}, "at_least": 1}
    rule = {key: value for key, value in rule.items() if key not in ("count", "measure", "at_least")}
    raw = dict(pack.raw) | {"obligations": [rule | {"subject": "homeroom", "all_of": [line]}]}
    draft = services.save(draft, raw, "准备", by=cast.wang.account, revision=draft.revision)
    form = client.get(url("rule", draft.public_id, 0)).context["form"]
    sent = {f.html_name: f.value() for f in form if f.value() not in (None, False)}
    answer = client.post(
        url("rule", draft.public_id, 0), sent | {"i0-number": "3", "save": "1", "revision": draft.revision}
    )
    assert answer.status_code == 302, answer.context["form"].errors or answer.context["wrong"]
    assert fresh(draft)[1].raw["obligations"][0]["all_of"] == [line | {"at_least": 3}]


def test_what_is_wrong_with_a_step_is_said_in_a_sentence(client, draft):
    form = VISITS | {"s0-to": "secretary", "s0-days": "下周", "save": "1", "revision": draft.revision}
    page = client.post(url("rule_new", draft.public_id), form).content.decode()
    assert "到期前后的天数" in page
    assert fresh(draft)[1].obligations == ()


def test_a_save_can_be_taken_back_and_a_rule_copied_and_removed(client, draft):
    client.post(url("rule_new", draft.public_id), VISITS | {"save": "1", "revision": draft.revision})
    draft, _ = fresh(draft)
    client.post(url("rule_copy", draft.public_id, 0), {"revision": draft.revision})
    draft, pack = fresh(draft)
    assert [rule.title for rule in pack.obligations] == [VISITS["title"], f"{VISITS['title']}（副本）"]
    assert len({rule.id for rule in pack.obligations}) == 2
    client.post(url("rule_remove", draft.public_id, 1), {"revision": draft.revision})
    assert len(fresh(draft)[1].obligations) == 1
    client.post(url("undo", draft.public_id))
    assert len(fresh(draft)[1].obligations) == 2


def test_two_tabs_do_not_overwrite_each_other(client, draft):
    client.post(url("rule_new", draft.public_id), VISITS | {"save": "1", "revision": draft.revision})
    page = client.post(
        url("rule_new", draft.public_id), VISITS | {"save": "1", "revision": draft.revision}
    ).content.decode()
    assert "刚刚在别处改过" in page
    assert len(fresh(draft)[1].obligations) == 1


def kind_form(**changes):
    empty = {"parts-count": "2", "amounts-count": "2", "qualifiers-count": "2", "evidence-count": "2"}
    return empty | {
        "title": "书香沙龙", "class": "K1", "heading": "1", "parts-0-title": "参加人", "parts-0-of": "staff", "parts-0-minutes": "45",
        "amounts-0-title": "学时", "amounts-0-unit": "小时", "amounts-0-per": "person", "qualifiers-0-title": "方式",
        "qualifiers-0-values": "线上、现场", "evidence-0-title": "照片",
    } | changes  # fmt: skip


def test_a_kind_of_activity_is_made_and_changed_without_losing_its_names(client, draft):
    client.post(url("kind_new", draft.public_id), kind_form(revision=draft.revision))
    draft, pack = fresh(draft)
    kind = next(kind for kind in pack.kinds.values() if kind.title == "书香沙龙")
    assert [part.title for part in kind.parts] == ["参加人"]
    assert kind.effort_min == {kind.parts[0].name: 45}
    assert list(kind.qualifiers[0].values.values()) == ["线上", "现场"]
    codes = list(kind.qualifiers[0].values)
    changed = kind_form(
        title="读书沙龙", revision=draft.revision, **{"qualifiers-0-values": "现场、线上、混合"}
    )
    client.post(url("kind", draft.public_id, kind.name), changed)
    again = fresh(draft)[1].kinds[kind.name]
    assert again.title == "读书沙龙"
    assert [code for code, title in again.qualifiers[0].values.items() if title in ("线上", "现场")] == codes[
        ::-1
    ]


def test_a_kind_that_a_rule_counts_is_not_removed(client, draft):
    client.post(url("rule_new", draft.public_id), VISITS | {"save": "1", "revision": draft.revision})
    draft, _ = fresh(draft)
    client.post(url("kind_remove", draft.public_id, "home_visit"), {"revision": draft.revision})
    assert "home_visit" in fresh(draft)[1].kinds


def test_the_outline_is_written_line_by_line(client, draft):
    form = {
        "title": "阳光家访",
        "headings": "1 主要措施\n1.1 家访\n2 保障",
        "document": "学校方案",
        "revision": draft.revision,
    }
    client.post(url("about", draft.public_id), form)
    draft, pack = fresh(draft)
    assert [heading.number for heading in pack.all_headings()] == ["1", "1.1", "2"]
    page = client.post(
        url("about", draft.public_id), form | {"headings": "家访", "revision": draft.revision}
    ).content.decode()
    assert "第1行看不懂" in page


def test_phases_months_and_words_are_filled_in_tables(client, draft):
    plan = {
        "phases-count": "3", "phases-0-title": "启动", "phases-0-from": "02-01", "phases-0-to": "03-31",
        "months-count": "2", "months-0-title": "开动员会", "months-0-month": "3", "months-0-owner": "secretary",
        "months-0-from": "03-01", "months-0-due": "03-20", "revision": draft.revision,
    }  # fmt: skip
    client.post(url("plan", draft.public_id), plan)
    draft, pack = fresh(draft)
    assert [(item.title, item.owner, item.due) for item in pack.plan_items] == [
        ("开动员会", "secretary", "03-20")
    ]
    # "②" is a digit that is no number.
    assert client.post(url("plan", draft.public_id), plan | {"months-count": "②"}).status_code < 500
    wrong = plan | {"months-0-due": "三月底", "revision": draft.revision}
    assert "要写成月-日" in client.post(url("plan", draft.public_id), wrong).content.decode()
    counts = {
        "posts-count": str(len(pack.posts) + 2),
        "attributes-count": "6",
        "links-count": "5",
        "events-count": "2",
    }
    shown = client.get(url("words", draft.public_id)).context["tables"]
    sent = {
        field.html_name: field.value() or "" for _t, table in shown for row in table.table() for field in row
    }
    at = len(pack.posts)
    new = {f"posts-{at}-title": "年级组长", f"posts-{at}-of": "department", "events-0-title": "返校", "events-0-of": "student",
           "events-0-class": "K2"}  # fmt: skip
    client.post(url("words", draft.public_id), sent | counts | new | {"revision": draft.revision})
    pack = fresh(draft)[1]
    assert "年级组长" in [post.title for post in pack.posts.values()]
    assert [event.title for event in pack.events.values()] == ["返校"]
    assert pack.attributes["need_type"].values["single_parent"] == "单亲家庭"


def test_a_draft_with_errors_cannot_be_adopted(cast, client, draft):
    page = client.get(url("hand_over", draft.public_id)).content.decode()
    assert "草稿里还有要改的地方" in page
    client.post(url("hand_over", draft.public_id), {"year": "2026"})
    assert PackDraft.objects.filter(pk=draft.pk).exists()


def test_a_change_of_an_adopted_programme_becomes_its_next_version(cast, client):
    cast.sign_in(client, cast.wang)
    client.post(url("take_up", cast.programme.public_id))
    draft = PackDraft.objects.get(programme=cast.programme)
    client.post(url("take_up", cast.programme.public_id))
    assert PackDraft.objects.filter(programme=cast.programme).count() == 1
    _, pack = fresh(draft)
    at = [raw["id"] for raw in pack.raw["obligations"]].index("visit-once-a-term")
    form = client.get(url("rule", draft.public_id, at)).context["form"]
    sent = {
        field.html_name: field.value() or ""
        for field in form
        if field.name not in ("evidence", "evidence_any")
    }
    sent |= {
        "evidence": form["evidence"].value() or [],
        "number": "2",
        "save": "1",
        "revision": draft.revision,
    }
    client.post(url("rule", draft.public_id, at), sent)
    page = client.get(url("hand_over", draft.public_id)).content.decode()
    assert "用时：" in page
    assert "按本校上一学期的数据" in page
    client.post(url("hand_over", draft.public_id), {"note": "改为两次"})
    assert current_version(cast.programme).number == 2
    assert current_pack(cast.programme).versions("visit-once-a-term")[0].demand.bound.low.number == 2


def test_cases_stay_with_a_rule_that_is_only_renamed_and_go_with_its_old_meaning(cast, client):
    case = {"name": "没有家访，算未完成", "entries": [], "as_of": "2026-06-30", "verdict": "missed"}
    draft = services.start_from_text(cast.school, PACK, by=None)
    raw = copy.deepcopy(services.pack_of(draft).raw)
    at = [rule["id"] for rule in raw["obligations"]].index("visit-once-a-term")
    raw["obligations"][at]["cases"] = [case]
    draft = services.save(draft, raw, "准备", by=None, revision=draft.revision)
    cast.sign_in(client, cast.wang)

    def saved(**changes):
        form = client.get(url("rule", draft.public_id, at)).context["form"]
        sent = {field.html_name: field.value() for field in form if field.value()} | changes
        client.post(
            url("rule", draft.public_id, at), sent | {"save": "1", "revision": fresh(draft)[0].revision}
        )
        return fresh(draft)[1].raw["obligations"][at]

    renamed = saved(title="每学期家访")
    assert (renamed["title"], renamed["cases"]) == ("每学期家访", [case])
    assert "cases" not in saved(number="2")


def test_export_and_import_give_the_same_programme(cast, client, draft):
    client.post(url("rule_new", draft.public_id), VISITS | {"save": "1", "revision": draft.revision})
    draft, pack = fresh(draft)
    answer = client.get(url("export", draft.public_id))
    assert pack_from_text(answer.content.decode()) == pack
    file = SimpleUploadedFile("pack.yaml", answer.content)
    client.post(url("drafts"), {"upload": "1", "file": file})
    assert services.pack_of(PackDraft.objects.latest("pk")) == pack


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", b"[1, 2", b"- a\n- b", b""])
def test_a_wrong_file_is_refused_in_a_sentence(cast, client, content):
    cast.sign_in(client, cast.wang)
    page = client.post(
        url("drafts"), {"upload": "1", "file": SimpleUploadedFile("pack.yaml", content)}
    ).content.decode()
    assert "field__error" in page
    assert not PackDraft.objects.exists()


def test_discarding_says_so_in_the_audit_trail_and_leaves_the_programme(cast, client):
    cast.sign_in(client, cast.wang)
    client.post(url("take_up", cast.programme.public_id))
    draft = PackDraft.objects.get()
    client.post(url("discard", draft.public_id))
    assert not PackDraft.objects.exists()
    assert AuditRow.objects.filter(action="authoring.discarded").exists()
    assert current_version(cast.programme).number == 1


@pytest.mark.parametrize("who", ["liu", "sun", "guo", "zhou", "zhao"])
def test_nobody_but_the_secretaries_writes_programmes(cast, client, draft, who):
    cast.sign_in(client, getattr(cast, who))
    for name, args in (("drafts", ()), ("draft", (draft.public_id,)), ("rule_new", (draft.public_id,))):
        # A bureau writes its own programmes, and reads none of a school's drafts.
        own = who == "zhou" and name == "drafts"
        assert client.get(url(name, *args)).status_code == (200 if own else 404)


def test_a_draft_of_another_school_is_not_there(cast, client, draft):
    other = services.start_from_text(cast.other_school, PACK, by=None)
    for name in ("draft", "export", "hand_over", "rule_new"):
        assert client.get(url(name, other.public_id)).status_code == 404


def test_a_kind_called_public_in_a_draft_names_no_child_when_its_rule_is_tried(cast, client, draft):
    open_to_all = draft.text.replace("title: 家访\n  class: K3", "title: 家访\n  class: K1")
    assert open_to_all != draft.text
    PackDraft.objects.filter(pk=draft.pk).update(text=open_to_all)
    form = VISITS | {"try": "1", "revision": draft.revision, "word": "year"}
    page = client.post(url("rule_new", draft.public_id), form)
    assert page.context["asked"]
    assert not [s.name for s in cast.students[1] if s.name in page.content.decode()]
    client.post(url("rule_new", draft.public_id), VISITS | {"save": "1", "revision": draft.revision})
    client.post(url("hand_over", draft.public_id), {"year": "2026", "note": ""})
    assert not Programme.objects.filter(title="阳光家访").exists()


REPORT = VISITS | {"title": "班主任在汇报日前家访", "word": "announced", "when-name": "第二次汇报日"}


def test_a_day_to_be_announced_is_named_where_the_rule_is_written(client, draft):
    page = client.post(url("rule_new", draft.public_id), REPORT | {"look": "1"}).content.decode()
    assert "在公布的日期（第二次汇报日）前" in page
    client.post(url("rule_new", draft.public_id), REPORT | {"save": "1", "revision": draft.revision})
    draft, pack = fresh(draft)
    (declared,) = pack.announced.values()
    assert declared.title == "第二次汇报日"
    assert pack.raw["obligations"][0]["window"] == {"by": {"announced": declared.name}}
    form = client.get(url("rule", draft.public_id, 0)).context["form"]
    assert form["when-name"].value() == "第二次汇报日"
    again = REPORT | {"title": "又一条", "save": "1", "revision": draft.revision}
    client.post(url("rule_new", draft.public_id), again)
    draft, pack = fresh(draft)
    assert len(pack.announced) == 1, "the same title is the same day"
    assert len(pack.obligations) == 2


def test_a_new_day_to_be_announced_keeps_the_other_windows_of_the_rule(client, draft):
    rule = written_rule(client, draft, **REPORT, **{"w0-word": "term"})
    (name,) = fresh(draft)[1].announced
    assert rule["windows"] == [{"by": {"announced": name}}, "term"]
    assert "window" not in rule


@pytest.mark.parametrize("words", [{"announced": "report-day"}, {"title_en": "Report day"}])
def test_a_rule_saved_on_an_english_page_asks_for_the_same_announced_day(client, cast, draft, words):
    rule = written_rule(client, draft, **REPORT)
    draft, pack = fresh(draft)
    (day,) = pack.raw["announced"]
    raw = dict(pack.raw) | {"announced": [day | words]}
    window = {"by": {"announced": words.get("announced", day["announced"])}}
    raw["obligations"] = [rule | {"window": window}]
    draft = services.save(draft, raw, "准备", by=cast.wang.account, revision=draft.revision)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    form = client.get(url("rule", draft.public_id, 0)).context["form"]
    sent = {f.html_name: f.value() for f in form if f.value() not in (None, False)}
    client.post(
        url("rule", draft.public_id, 0), sent | {"title": "改名", "save": "1", "revision": draft.revision}
    )
    pack = fresh(draft)[1]
    assert pack.raw["obligations"][0]["title"] == "改名"
    assert pack.raw["obligations"][0]["window"] == window
    assert len(pack.announced) == 1


def test_the_title_of_what_is_announced_is_changed_among_the_words(client, draft):
    client.post(url("rule_new", draft.public_id), REPORT | {"save": "1", "revision": draft.revision})
    draft, pack = fresh(draft)
    name = next(iter(pack.announced))
    shown = client.get(url("words", draft.public_id)).context["tables"]
    sent = {f.html_name: f.value() or "" for _t, table in shown for row in table.table() for f in row}
    sent |= {f"{table.prefix}-count": table.count for _t, table in shown}
    new = {"announced-0-title": "第三次汇报日", "announced-1-title": "素养学分数", "revision": draft.revision}
    client.post(url("words", draft.public_id), sent | new)
    pack = fresh(draft)[1]
    assert pack.announced[name].title == "第三次汇报日"
    assert [one.title for one in pack.announced.values()] == ["第三次汇报日", "素养学分数"]
    assert all(len(one) <= 29 for one in pack.announced)
    assert "第三次汇报日" in sentence(pack, pack.obligations[0])


def test_what_a_read_file_asks_for_without_a_title_can_be_given_one(client, cast, draft):
    client.post(url("rule_new", draft.public_id), VISITS | {"save": "1", "revision": draft.revision})
    draft, pack = fresh(draft)
    raw = dict(pack.raw) | {
        "obligations": [
            pack.raw["obligations"][0] | {"at_least": {"announced": "visit-number"}},
            pack.raw["obligations"][0] | {"id": "by-day", "window": {"by": {"announced": "visit-day"}}},
        ]
    }
    services.save(draft, raw, "读入", by=cast.wang.account, revision=draft.revision)
    shown = dict(client.get(url("words", draft.public_id)).context["tables"])
    titles = [row[0].value() for row in shown["待公布的数和日期"].table()]
    assert titles[:2] == ["visit-number", "visit-day"]


@pytest.mark.parametrize("who", ["liu", "zhao", "guo"])
def test_nobody_else_names_what_is_announced(client, cast, draft, who):
    cast.sign_in(client, getattr(cast, who))
    assert client.get(url("words", draft.public_id)).status_code == 404
    sent = REPORT | {"save": "1", "revision": draft.revision}
    assert client.post(url("rule_new", draft.public_id), sent).status_code == 404
    assert not fresh(draft)[1].announced


def changed_draft(cast, client, rule, number):
    """A draft of the school's programme in which one rule asks for another number, with the page before it is kept."""
    cast.sign_in(client, cast.wang)
    client.post(url("take_up", cast.programme.public_id))
    draft = PackDraft.objects.get(programme=cast.programme)
    raw = copy.deepcopy(fresh(draft)[1].raw)  # the pack of a text is kept for all
    raw["obligations"][[one["id"] for one in raw["obligations"]].index(rule)]["at_least"] = number
    draft = services.save(draft, raw, "改数", by=None, revision=draft.revision)
    return client.get(url("hand_over", draft.public_id))


def test_before_a_draft_is_kept_its_author_reads_whose_verdict_would_change(cast, client):
    for member in (cast.xu, cast.li):
        cast.record("branch_study", date(2026, 4, 10), {"attendee": [member.subject]}, hours=9)
    page = changed_draft(cast, client, "study-hours", 10)
    rows = page.context["rows"]
    assert {row.rule.id for row in rows} == {"study-hours"}
    assert rows[0].subject.name in page.content.decode()


def test_children_beyond_the_authors_reach_are_not_named_before_a_draft_is_kept(cast, client):
    for student in cast.students[1]:
        cast.visit(student, date(2026, 4, 10))
    page = changed_draft(cast, client, "visit-once-a-term", 3).content.decode()
    assert "按本校上一学期的数据" in page
    assert not [one.name for one in cast.students[1] if one.name in page]


def sheet_of(answer):
    book = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    return {str(cell.value) for row in book for cell in row}


def test_whose_verdict_a_draft_would_change_is_exported_as_far_as_its_author_may_name_them(cast, client):
    for member in (cast.xu, cast.li):
        cast.record("branch_study", date(2026, 4, 10), {"attendee": [member.subject]}, hours=9)
    page = changed_draft(cast, client, "study-hours", 10)
    cells = sheet_of(client.get(page.context["export_url"]))
    assert {row.subject.name for row in page.context["rows"]} <= cells
    assert AuditRow.objects.filter(action="authoring.people_exported").count() == 1
    for who in (cast.liu, cast.sun, cast.zhao):
        cast.sign_in(client, who)
        assert client.get(page.context["export_url"]).status_code == 404


def test_children_are_not_in_the_export_of_a_draft_whose_author_may_not_name_them(cast, client):
    for student in cast.students[1]:
        cast.visit(student, date(2026, 4, 10))
    changed_draft(cast, client, "visit-once-a-term", 3)
    found = PackDraft.objects.get()
    cells = sheet_of(client.get(url("people_export", found.public_id)))
    assert not [one.name for one in cast.students[1] if one.name in cells]


def test_who_would_owe_something_under_a_new_programme_is_said_and_exported(cast, client, draft):
    written_rule(client, draft, subject="member", part="visitor", **{"bearer-0": "self"})
    page = client.get(url("hand_over", draft.public_id))
    assert "个人要做事" in page.content.decode()
    assert {"许静", "李梅", "刘洋"} <= sheet_of(client.get(page.context["export_url"]))
