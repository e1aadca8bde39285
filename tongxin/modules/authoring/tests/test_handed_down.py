"""A programme that the bureau decides is read by a school and changed nowhere, a draft of it neither."""

import copy

import pytest
from django.urls import reverse

from tongxin.kernel.programmes import services as programmes
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.packs import findings
from tongxin.kernel.programmes.queries import current_version
from tongxin.modules.authoring import services
from tongxin.modules.authoring.models import PackDraft
from tongxin.testing.pack import PACK

LOCKED = "上级统一采用"


def url(name, *args):
    return reverse(f"authoring:{name}", args=args)


@pytest.fixture
def theirs(cast):
    """The school's programme, which follows its bureau's."""
    programmes.adopt(cast.bureau, "green-hill", 2026, by=cast.zhou.account, text=PACK)
    return Programme.objects.get(school=cast.school, pack="green-hill")


@pytest.fixture
def overtaken(cast):
    """A draft of the school's own programme, changed once, before the bureau took the programme over."""
    draft = services.start_from_programme(cast.programme, by=None)
    raw = services.pack_of(draft).raw
    services.save(draft, raw | {"title": "青山育人（改）"}, "改名", by=None, revision=draft.revision)
    programmes.adopt(cast.bureau, "green-hill", 2026, by=cast.zhou.account, text=PACK)
    return PackDraft.objects.get(pk=draft.pk)


def told(client):
    """What the next page says."""
    return client.get(url("drafts")).content.decode()


def test_a_school_takes_up_its_own_programme_and_not_one_that_was_handed_down(cast, client):
    cast.sign_in(client, cast.wang)
    client.post(url("take_up", cast.programme.public_id))
    assert PackDraft.objects.get().programme == cast.programme
    PackDraft.objects.all().delete()
    programmes.adopt(cast.bureau, "green-hill", 2026, by=cast.zhou.account, text=PACK)
    answer = client.post(url("take_up", cast.programme.public_id), follow=True)
    assert answer.redirect_chain == [(reverse("desk:programme", args=[cast.programme.public_id]), 302)]
    assert LOCKED in answer.content.decode()
    assert not PackDraft.objects.exists()


def test_the_service_begins_no_draft_of_a_programme_that_was_handed_down(theirs):
    with pytest.raises(programmes.CannotAdopt, match=LOCKED):
        services.start_from_programme(theirs, by=None)


def test_the_bureau_itself_takes_its_programme_up(cast, client, theirs):
    cast.sign_in(client, cast.zhou)
    client.post(url("take_up", theirs.handed_down.public_id))
    assert PackDraft.objects.get().programme == theirs.handed_down


def test_a_draft_of_a_programme_that_the_bureau_took_over_is_changed_on_no_page(cast, client, overtaken):
    cast.sign_in(client, cast.wang)
    draft, pack = overtaken, services.pack_of(overtaken)
    before = (draft.text, draft.before, draft.revision)
    assert LOCKED in client.get(url("draft", draft.public_id)).content.decode()
    for name, *args in (("about",), ("kind", next(iter(pack.kinds))), ("rule", 0)):
        form = client.get(url(name, draft.public_id, *args)).context["form"]
        fields = {field.html_name: "" if field.value() is None else field.value() for field in form}
        for _title, table in getattr(form, "tables", ()):
            fields |= {field.html_name: field.value() or "" for row in table.table() for field in row}
        page = client.post(
            url(name, draft.public_id, *args), fields | {"save": "1", "revision": draft.revision}
        )
        assert LOCKED in page.content.decode(), name
    for name in ("plan", "words"):
        tables = client.get(url(name, draft.public_id)).context["tables"]
        fields = {
            f.html_name: f.value() or "" for _title, table in tables for row in table.table() for f in row
        }
        page = client.post(url(name, draft.public_id), fields | {"revision": draft.revision})
        assert LOCKED in page.content.decode(), name
    for name, *args in (("rule_copy", 0), ("rule_remove", 0), ("undo",)):
        client.post(url(name, draft.public_id, *args), {"revision": draft.revision})
        assert LOCKED in told(client), name
    draft.refresh_from_db()
    assert (draft.text, draft.before, draft.revision) == before


def test_a_draft_of_a_programme_that_the_bureau_took_over_is_not_handed_over_but_may_go(
    cast, client, overtaken
):
    cast.sign_in(client, cast.wang)
    assert LOCKED in client.get(url("hand_over", overtaken.public_id)).content.decode()
    client.post(url("hand_over", overtaken.public_id), {"note": ""})
    assert current_version(cast.programme).text == PACK
    with pytest.raises(programmes.CannotAdopt, match=LOCKED):
        services.hand_over(overtaken, 2026, "", by=None)
    client.post(url("discard", overtaken.public_id))
    assert not PackDraft.objects.exists()


def test_a_draft_under_the_name_of_a_programme_that_was_handed_down_is_not_adopted_beside_it(
    cast, client, theirs
):
    """Neither with the same days nor with others that meet them."""
    earlier = PACK.replace("准备阶段, from: 02-01", "准备阶段, from: 01-15")
    assert earlier != PACK
    for text in (PACK, earlier):
        draft = services.start_from_text(cast.school, text, by=None)
        with pytest.raises(programmes.CannotAdopt, match=LOCKED):
            services.hand_over(draft, 2026, "", by=None)
    cast.sign_in(client, cast.wang)
    page = client.post(url("hand_over", draft.public_id), {"year": "2026", "note": ""})
    assert LOCKED in page.content.decode()
    other = services.start_from_text(cast.school, PACK.replace("pack: green-hill", "pack: own-plan"), by=None)
    client.post(url("hand_over", other.public_id), {"year": "2026", "note": ""})
    assert Programme.objects.filter(school=cast.school, pack="own-plan").exists()


def test_a_rule_of_the_bureau_is_tightened_in_a_draft_of_the_schools_own(cast, client, theirs):
    """It begins as the bureau wrote it, names what it tightens, and brings the words that the new programme lacks."""
    cast.sign_in(client, cast.wang)
    page = client.get(reverse("desk:duty", args=[theirs.public_id, "visit-once-a-term"]))
    address = page.context["stricter_url"]
    assert address in page.content.decode()
    answer = client.post(address, {"place": "new"})
    draft = PackDraft.objects.get()
    assert answer.url == url("rule", draft.public_id, 0)
    (rule,) = services.pack_of(draft).raw["obligations"]
    assert rule["tightens"] == "green-hill:visit-once-a-term"
    form = client.get(answer.url).context["form"]
    assert form["tightens"].value() == "green-hill:visit-once-a-term"
    sent = {f.html_name: f.value() for f in form if f.value() not in (None, False)}
    sent |= {"number": "2", "save": "1", "revision": draft.revision}
    assert client.post(answer.url, sent).status_code == 302
    draft.refresh_from_db()
    assert [f.sentence for f in findings(draft.text, (PACK,)) if f.level == "error"] == []
    client.post(url("hand_over", draft.public_id), {"year": "2026", "note": ""})
    chained = client.get(reverse("desk:duty", args=[theirs.public_id, "visit-once-a-term"])).content.decode()
    assert "又被收紧为" in chained


def test_a_loosened_rule_is_refused_with_a_sentence(cast, client, theirs):
    cast.sign_in(client, cast.wang)
    client.post(url("stricter", theirs.public_id, "visit-once-a-term"), {"place": "new"})
    draft = PackDraft.objects.get()
    raw = copy.deepcopy(services.pack_of(draft).raw)
    raw["obligations"][0]["at_least"] = 0
    draft = services.save(draft, raw, "放松", by=None, revision=draft.revision)
    page = client.get(url("hand_over", draft.public_id)).content.decode()
    assert "草稿里还有要改的地方" in page


def test_nobody_else_and_nothing_of_the_schools_own_is_made_stricter_so(cast, client, theirs):
    for person in (cast.liu, cast.zhao):
        cast.sign_in(client, person)
        assert client.get(url("stricter", theirs.public_id, "visit-once-a-term")).status_code == 404
    cast.sign_in(client, cast.wang)
    assert client.get(url("stricter", theirs.public_id, "no-such-rule")).status_code == 404
    own = services.start_from_text(cast.school, PACK.replace("pack: green-hill", "pack: own-plan"), by=None)
    client.post(url("hand_over", own.public_id), {"year": "2026", "note": ""})
    mine = Programme.objects.get(school=cast.school, pack="own-plan")
    assert client.get(url("stricter", mine.public_id, "visit-once-a-term")).status_code == 404
