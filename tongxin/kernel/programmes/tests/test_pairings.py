"""The schemes of packs/pairings: all can be read, none reads what it may not, and each school gets its programmes' own."""

from __future__ import annotations

import pytest

from tongxin.kernel.programmes import pairings
from tongxin.kernel.programmes.packs import offered, parse
from tongxin.kernel.programmes.services import adopt
from tongxin.methods.cadence.declarations import STRUCTURE_LINKS
from tongxin.methods.cadence.findings import ERROR
from tongxin.testing.cast import TODAY, cast  # noqa: F401

NAMES = sorted(pairings.shipped())
# Types that a seat's link may stand on, by what the packs say of their links.
TEAM = "team"


@pytest.mark.parametrize("name", NAMES)
def test_the_linter_finds_nothing(name):
    assert pairings.checked(pairings.shipped()[name]) == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_scheme_names_packs_that_are_there_and_links_of_their_types(name):
    scheme, use = pairings.read(pairings.shipped()[name])
    assert use.packs
    assert use.about
    for slug in use.packs:
        pack = parse(offered()[slug].text)
        for kind in use.kinds():
            if kind in pack.links and use.link:
                declared = pack.links[kind]
                seats = [use.type_of(seat.id) for seat in scheme.seats]
                assert seats == [declared.a, declared.b]
            elif kind in pack.links:
                assert pack.links[kind].b == TEAM
            else:
                assert kind in STRUCTURE_LINKS or kind in pairings.STRUCTURE


@pytest.mark.parametrize("name", NAMES)
def test_every_attribute_a_scheme_reads_is_declared_derived_or_asked(name):
    derived = {
        "party_member", "branch", "department", "subjects", "grades", "homerooms", "posts", "age", "sex", "job_title",
        "years", "track", "grade", "lacks", "teaching", "home",
    }  # fmt: skip
    scheme, use = pairings.read(pairings.shipped()[name])
    declared = set()
    for slug in use.packs:
        declared |= set(parse(offered()[slug].text).attributes)
    for seat in scheme.seats:
        ask = use.ask(seat.id)
        asked = {slot.id for slot in ask.slots} if ask else set()
        assert scheme.attributes_of(seat.id) <= derived | declared | asked


def test_rows_of_the_plan_have_their_scheme():
    rows = {
        "three-platforms-five-integrations": {
            "homeroom_liaison",
            "mentor_of",
            "exam_support_of",
            "contestant_seat",
        },
        "heart-nurturing-branch": {"helps_student", "helps_family", "homeroom_liaison"},
        "one-plus-one-plus-one": {"student_member_seat", "colleague_seat", "enterprise_seat"},
        "dual-guidance-mutual-aid": {"master_of"},
    }
    for slug, kinds in rows.items():
        found = [pairings.read(text)[1] for text in pairings.shipped().values()]
        assert kinds <= {kind for use in found if slug in use.packs for kind in use.kinds()}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("priority_care: true", "wellbeing_need: true"), "too-sensitive"),
        (("link: mentor_of", "links: {mentor: team_leader}"), "link"),
        (("mentor: staff, ", "mentor: nobody, "), "people"),
        (("title: 会说的方言, free: true", "title: 会说的方言"), "slot"),
        (("wishes: 3", "wishes: 30"), "wishes"),
        (("capacity: [0, 3]", "capacity: [4, 3]"), "capacity"),
    ],
)
def test_a_mistake_is_told_with_its_line(change, code):
    text = pairings.shipped()["growth-mentors"]
    assert change[0] in text
    found = [one for one in pairings.checked(text.replace(*change, 1)) if one.level == ERROR]
    assert code in {one.code for one in found}
    assert all(one.line > 1 for one in found)


def test_a_scheme_without_its_use_is_no_scheme_for_a_school():
    text = pairings.shipped()["class-contacts"]
    begin, end = text.index("round:"), text.index("decides:")
    assert [one.code for one in pairings.checked(text[:begin] + text[end:])] == ["no-round"]


@pytest.mark.django_db
def test_a_school_has_the_pairings_of_its_programmes(cast):  # noqa: F811
    assert pairings.pairings(cast.school, TODAY) == []
    adopt(cast.school, "three-platforms-five-integrations", 2026, by=cast.wang.account)
    found = {one.name: one for one in pairings.pairings(cast.school, TODAY)}
    assert set(found) == {"class-contacts", "growth-mentors", "exam-helpers"}
    assert {one.name for one in pairings.of_school(cast.school, TODAY)} == {*found, "contest-teams"}
    mentors = found["growth-mentors"]
    assert (mentors.link, mentors.a_title, mentors.b_title) == ("mentor_of", "成长导师", "学生")
    assert mentors.sensitive
    assert found["class-contacts"].data_class == "K1"
