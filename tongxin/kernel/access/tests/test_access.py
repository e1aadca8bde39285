from dataclasses import fields, replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tongxin.kernel.access import policy, services
from tongxin.kernel.access.models import ActivationSlip
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Account, Subject
from tongxin.kernel.people import services as people


def names(viewer, type_, data_class=None):
    return set(visible_subjects(viewer, data_class).filter(type=type_).values_list("name", flat=True))


def all_students(cast):
    return {s.name for number in (1, 2) for s in cast.students[number]}


def test_a_class_teacher_sees_the_names_of_their_own_class_only(cast):
    assert names(cast.liu.viewer(), "student") == {s.name for s in cast.students[1]}


@pytest.mark.parametrize("who", ["wang", "sun", "chen", "guo"])
def test_those_who_run_the_school_see_every_name(cast, who):
    assert names(getattr(cast, who).viewer(), "student") == all_students(cast)


@pytest.mark.parametrize("who", ["xu", "zhao", "zhou"])
def test_others_see_no_student_of_this_school(cast, who):
    assert not names(getattr(cast, who).viewer(), "student") & all_students(cast)


def test_facts_about_families_reach_the_carers_and_not_the_secretary(cast):
    assert names(cast.chen.viewer(), "student", "K3") == all_students(cast)
    assert names(cast.liu.viewer(), "student", "K3") == {s.name for s in cast.students[1]}
    assert names(cast.wang.viewer(), "student", "K3") == set()
    assert cast.wang.viewer().reach("K3").counts


def test_classes_nobody_is_cleared_for_reach_nobody(cast):
    for who in ("liu", "wang", "sun", "chen", "guo", "zhou"):
        for data_class in ("K4a", "K4d", "K5", "KT", "KS"):
            assert getattr(cast, who).viewer().reach(data_class).nothing


def test_a_mentor_sees_their_mentee_while_the_link_lasts(cast, today):
    student = cast.students[2][0]
    link = people.set_link("mentor_of", cast.xu.subject, student, since=today)
    assert names(cast.xu.viewer(), "student", "K3") == {student.name}
    people.end_link(link, today)
    assert names(cast.xu.viewer(today + timedelta(days=1)), "student", "K3") == set()


def test_a_guardian_sees_their_own_child(cast):
    child = cast.students[1][0]
    parent = people.make_guardian(cast.school, "安家长", children=[child])
    parent.account = Account.objects.create_user("parent")
    parent.save()
    from tongxin.kernel.access.viewer import viewer_for

    viewer = viewer_for(parent.account, cast.school, cast.liu.viewer().day)
    assert names(viewer, "student", "K3") == {child.name}
    assert viewer.verbs == {"case_tasks", "family_word", "pair_up", "pairs", "visit_answer"}


def test_rights_end_on_the_day_after_a_post_ends(cast, today):
    from tongxin.kernel.base.models import Link

    link = Link.objects.current().get(kind="homeroom_teacher", a=cast.liu.subject)
    people.end_post(link, today, by=cast.sun.viewer())
    assert names(cast.liu.viewer(), "student")
    assert not names(cast.liu.viewer(today + timedelta(days=1)), "student")


def test_somebody_without_a_person_in_the_school_is_a_stranger_there(cast, today):
    from tongxin.kernel.access.viewer import viewer_for

    viewer = viewer_for(cast.zhao.account, cast.school, today)
    assert viewer.school is None
    assert not visible_subjects(viewer).exists()
    assert viewer.verbs == frozenset()


def test_the_policy_file_names_only_what_exists():
    table = policy.table()
    assert set(table["read"]) - {"founder"} <= set(table["do"])
    assert policy.higher("K1", "K4b", "K3") == "K4b"


def test_a_slip_opens_an_account_once(cast):
    staff = people.make_staff(cast.school, "新老师").person
    _slip, code = services.issue_slip(staff, by=cast.guo.viewer())
    account = services.use_slip(code.lower().replace("-", " "), "A long enough passphrase")
    assert services.authenticate(account.login, "A long enough passphrase", "device") == account
    with pytest.raises(services.SlipNotValid):
        services.use_slip(code, "Another passphrase")


def test_a_new_slip_ends_the_earlier_one(cast):
    staff = people.make_staff(cast.school, "新老师").person
    _slip, first = services.issue_slip(staff, by=cast.guo.viewer())
    services.issue_slip(staff, by=cast.guo.viewer())
    with pytest.raises(services.SlipNotValid):
        services.slip_for(first)


def test_an_old_slip_is_worth_nothing(cast, monkeypatch):
    staff = people.make_staff(cast.school, "新老师").person
    _slip, code = services.issue_slip(staff, by=cast.guo.viewer())
    later = timezone.now() + timedelta(days=31)
    monkeypatch.setattr(timezone, "now", lambda: later)
    with pytest.raises(services.SlipNotValid):
        services.slip_for(code)


def test_the_code_itself_is_kept_nowhere(cast):
    staff = people.make_staff(cast.school, "新老师").person
    _slip, code = services.issue_slip(staff, by=cast.guo.viewer())
    kept = ActivationSlip.objects.get()
    assert code.replace("-", "") not in "".join(str(v) for v in vars(kept).values())


def test_after_five_failures_a_device_waits_but_others_do_not(cast):
    cast.liu.account.set_password("The right passphrase")
    cast.liu.account.save()
    for _attempt in range(services.FAILURES_PER_DEVICE):
        with pytest.raises(services.WrongLogin):
            services.authenticate("liu", "guess", "thief")
    with pytest.raises(services.TooManyFailures):
        services.authenticate("liu", "The right passphrase", "thief")
    assert services.authenticate("liu", "The right passphrase", "own phone") == cast.liu.account


def test_a_locked_account_cannot_sign_in(cast):
    cast.liu.account.set_password("The right passphrase")
    cast.liu.account.save()
    services.set_active(cast.liu.person, False, by=cast.guo.viewer())
    with pytest.raises(services.WrongLogin):
        services.authenticate("liu", "The right passphrase", "own phone")


def test_groups_show_their_name_to_all_staff_and_to_nobody_else(cast):
    assert cast.room_two.subject in visible_subjects(cast.liu.viewer())
    assert cast.room_two.subject not in visible_subjects(cast.zhao.viewer())
    assert Subject.objects.count() > visible_subjects(cast.wang.viewer()).count()


def test_the_signature_of_a_viewer_tells_all_that_a_query_may_depend_on(cast):
    """Prepared queries are kept by it: whoever gives the viewer a new field decides here whether it belongs in."""
    told = {"account", "school", "person", "day", "posts", "roles", "children"}
    # A fresh second factor opens sealed values; it shows no row that would not be listed without it.
    assert {field.name for field in fields(Viewer)} == told | {"proved"}
    people = [
        getattr(cast, who).viewer() for who in ("liu", "wang", "sun", "chen", "guo", "xu", "zhao", "zhou")
    ]
    assert len({viewer.signature for viewer in people}) == len(people)
    liu = cast.liu.viewer()
    for name, other in [("day", liu.day + timedelta(days=1)), ("roles", frozenset()), ("posts", {})]:
        assert replace(liu, **{name: other}).signature != liu.signature
