"""Rules of other stages and regions cost a school nothing, and a duty that a stricter one covers is listed once."""

from datetime import date

import pytest

from tongxin.kernel.obligations import engine
from tongxin.kernel.obligations.queries import ask, todo
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes import queries as programmes
from tongxin.kernel.programmes.services import adopt
from tongxin.testing.cast import TODAY, make_cast
from tongxin.testing.pack import PACK

OWN = (
    PACK.replace("pack: green-hill", "pack: own-plan")
    .replace("title: 青山育人", "title: 本校更严")
    .replace("    at_least: 4\n", "    at_least: 6\n    tightens: green-hill:study-hours\n")
)


@pytest.fixture
def based(cast):
    adopt(cast.bureau, "national-base", 2026, by=cast.zhou.account)
    cast.base = cast.school.programmes.get(pack="national-base")
    return cast


def state(cast, since=date.min, **facts):
    for name, value in facts.items():
        people.set_attribute(people.school_subject(cast.school), name, value, since=since)


def verdicts(cast, monkeypatch, *, whole: bool):
    """Verdicts with the rules that do not concern the school left out beforehand, or judged one by one."""
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_kept", engine.Kept())
        if whole:
            patch.setattr(engine, "_concerned", lambda school_id, pack, known_at: pack)
        return sorted(map(repr, ask(cast.base, TODAY).verdicts()))


@pytest.mark.parametrize("stage", ["primary", "junior", "vocational", "college"])
@pytest.mark.parametrize("region", ["other", "chongqing"])
def test_what_does_not_concern_a_school_has_no_verdict_anyhow(based, monkeypatch, stage, region):
    state(based, institution="school", stage=stage, region=region, students_total="12")
    mine = verdicts(based, monkeypatch, whole=False)
    assert mine
    assert mine == verdicts(based, monkeypatch, whole=True)


def test_a_school_that_changed_its_stage_is_still_judged_by_the_days_before(based, monkeypatch):
    state(based, institution="school", stage="junior", region="other")
    state(based, since=date(2026, 10, 12), stage="college")
    mine = verdicts(based, monkeypatch, whole=False)
    assert mine == verdicts(based, monkeypatch, whole=True)
    assert any("sport-two-hours" in one for one in mine)


def test_fewer_rules_are_asked_once_the_facts_are_known(based):
    pack = programmes.current_pack(based.base)
    state(based, institution="school", stage="primary", region="other")
    asked = engine._concerned(based.school.pk, pack, None)
    assert {rule.id for rule in asked.obligations} >= {"visit-yearly", "members-meeting-quarterly"}
    gone = {rule.id for rule in pack.obligations} - {rule.id for rule in asked.obligations}
    assert {"room-open-daily", "dormitory-visited-monthly", "region-joint-bodies-all"} <= gone


def test_what_a_stricter_duty_covers_is_listed_once(db, today):
    cast = make_cast()
    adopt(cast.bureau, "green-hill", 2026, by=cast.zhou.account, text=PACK)
    asked = [line for line in todo(cast.xu.viewer()) if line.rule.id == "study-hours"]
    assert [line.pack.slug for line in asked] == ["green-hill"]
    adopt(cast.school, "", 2026, by=cast.wang.account, text=OWN)
    asked = [line for line in todo(cast.xu.viewer()) if line.rule.id == "study-hours"]
    assert [line.pack.slug for line in asked] == ["own-plan"]


def test_the_words_of_the_school_s_own_programme_go_before_those_handed_down(db, today):
    cast = make_cast()
    adopt(cast.bureau, "green-hill", 2026, by=cast.zhou.account, text=PACK)
    own = OWN.replace("title: 家访\n", "title: 走进家庭\n", 1)
    adopt(cast.school, "", 2026, by=cast.wang.account, text=own)
    slugs = [programme.pack for programme, _pack in programmes.school_packs(cast.school, TODAY)]
    assert slugs == ["own-plan", "green-hill"]
    assert programmes.kinds(cast.school, TODAY)["home_visit"].title == "走进家庭"
