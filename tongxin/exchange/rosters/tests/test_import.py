import subprocess
import sys
from datetime import date

import pytest

from tongxin.exchange.models import ImportMapping, ImportRun
from tongxin.exchange.rosters import services, undo
from tongxin.exchange.rosters.refusal import RosterRefused
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Account, Attribute, Link, School, Subject
from tongxin.kernel.people import services as people
from tongxin.kernel.people.guards import PostRefused
from tongxin.kernel.people.models import Contact, Homeroom, Person, Staff, Student
from tongxin.kernel.programmes import services as programmes
from tongxin.testing.gate import gated_pack

from .conftest import SINCE, TODAY
from .workbooks import CHEN, HAN, HEADINGS, LIN, LIU, STAFF_HEADINGS, WU

pytestmark = pytest.mark.django_db


# What the two students of one test differ in.
DIFFERENT = ("id_number", "id_number_index", "pupil_number")


def everything():
    """Return all rows an import may touch, without what says when, to compare before and after."""
    return {
        "subjects": sorted(Subject.objects.values_list("type", "name", "pinyin", "present_from")),
        "persons": sorted((p.name, p.sex, p.id_number) for p in Person.objects.select_related("subject")),
        "links": sorted(
            Link.objects.filter(superseded_at=FOREVER).values_list(
                "kind", "a__name", "b__name", "valid_from", "valid_to"
            )
        ),
        "attributes": sorted(
            Attribute.objects.filter(superseded_at=FOREVER).values_list("subject__name", "name", "value")
        ),
        "contacts": sorted(Contact.objects.values_list("person__subject__name", "value")),
        "students": sorted(Student.objects.values_list("person__subject__name", "pupil_number")),
    }


def test_students_arrive_with_class_guardian_and_numbers(school, bring_in):
    run, seen = bring_in([["某校七年级学生花名册"], HEADINGS, WU, LIN, HAN])
    assert seen.plan.counts["new"] == 3
    assert run.state == ImportRun.State.APPLIED
    wu = Student.objects.get(pupil_number=WU[2])
    assert (wu.person.name, wu.person.sex, wu.person.birth_date) == ("吴军", "male", date(2012, 11, 23))
    assert (wu.person.subject.pinyin, wu.person.subject.initials) == ("wujun", "wj")
    rooms = {room.name: room for room in Homeroom.objects.all()}
    assert set(rooms) == {"七年级3班", "七年级4班"}  # 七（3）班 and 七年级3班 are one class
    assert (rooms["七年级4班"].entry_year, rooms["七年级4班"].number) == (2026, 4)
    link = Link.objects.get(kind="enrolled_in", a=wu.person.subject)
    assert (link.b.name, link.valid_from, link.recorded_by.login) == ("七年级3班", SINCE, "office")
    guardian = Link.objects.get(kind="guardian_of", b=wu.person.subject).a
    assert guardian.name == "吴大山"
    assert Contact.objects.get(person_id=guardian.pk).value == "13800000001"


def test_what_the_bulk_path_writes_is_what_the_people_room_writes(school, bring_in):
    """The raw insert must not drift away from the models."""
    bring_in([HEADINGS[:6], WU[:6]])
    other = people.make_student(
        school,
        "吴军",
        homeroom=Homeroom.objects.get(),
        since=SINCE,
        sex="male",
        birth_date=date(2012, 11, 23),
        id_number="11",
    )
    ours = Student.objects.exclude(pk=other.pk).get()
    for model in (Subject, Person, Student):
        mine, theirs = model.objects.get(pk=ours.pk), model.objects.get(pk=other.pk)
        for field in model._meta.concrete_fields:
            if not (field.unique or field.primary_key or field.name in DIFFERENT):
                assert getattr(mine, field.attname) == getattr(theirs, field.attname), field
    links = [Link.objects.get(kind="enrolled_in", a_id=pk) for pk in (ours.pk, other.pk)]
    assert links[0].valid_from == links[1].valid_from
    assert links[0].superseded_at == links[1].superseded_at


def test_the_same_file_twice_makes_no_doubles(bring_in):
    bring_in([HEADINGS, WU, LIN, HAN])
    before = everything()
    _, seen = bring_in([HEADINGS, WU, LIN, HAN])
    assert seen.plan.counts["unchanged"] == 3
    assert seen.plan.nothing_to_do
    assert everything() == before


def test_a_second_file_updates_by_number_and_moves_to_another_class(school, bring_in):
    bring_in([HEADINGS, WU, LIN])
    moved = [*WU]
    moved[0], moved[3], moved[7] = "吴钧", "七年级5班", "13800000009"
    _, seen = bring_in([HEADINGS, moved, LIN], since=date(2026, 11, 1))
    assert [(c.title, c.before, c.after) for c in seen.plan.of("changed")[0].changes] == [
        ("姓名", "吴军", "吴钧"),
        ("班级", "七年级3班", "七年级5班"),
        ("家长电话", "（空）", "13800000009"),
    ]
    wu = Subject.objects.get(name="吴钧")
    spans = Link.objects.filter(a=wu, kind="enrolled_in", superseded_at=FOREVER).order_by("valid_from")
    assert [(s.b.name, s.valid_from, s.valid_to) for s in spans] == [
        ("七年级3班", SINCE, date(2026, 10, 31)),
        ("七年级5班", date(2026, 11, 1), date.max),
    ]
    assert Student.objects.count() == 2


def test_an_empty_cell_takes_nothing_away(bring_in):
    bring_in([HEADINGS, WU])
    _, seen = bring_in([HEADINGS, [*WU[:4], "", "", "", ""]])
    assert seen.plan.counts["unchanged"] == 1
    assert Contact.objects.exists()


def test_name_and_class_alone_are_a_question(bring_in):
    rows = [["姓名", "班级"], ["吴军", "七年级3班"]]
    bring_in(rows)
    _, seen = bring_in(rows)
    assert [q.name for q in seen.plan.questions] == ["吴军"]
    assert seen.plan.counts["left_out"] == 1
    assert Student.objects.count() == 1
    bring_in(rows, answer_all="same")
    assert Student.objects.count() == 1
    bring_in(rows, answer_all="new")
    assert Student.objects.count() == 2


def test_a_namesake_with_another_number_is_another_person(bring_in):
    bring_in([HEADINGS, WU])
    twin = [*WU]
    twin[1] = "130108201211234031"
    twin[2] = "G130108201211234031"
    _, seen = bring_in([HEADINGS, twin])
    assert seen.plan.counts["new"] == 1, [p.sentence for p in seen.checked.result.problems]
    assert not seen.plan.questions


def test_numbers_that_belong_to_two_people_are_a_conflict(bring_in):
    bring_in([HEADINGS, WU, LIN])
    mixed = [*WU]
    mixed[2] = LIN[2]
    _, seen = bring_in([HEADINGS, mixed])
    assert seen.plan.counts["left_out"] == 1
    assert "属于不同的人" in seen.plan.problems[0].sentence


def test_brothers_and_sisters_share_a_guardian(bring_in):
    sister = [*LIN]
    sister[6:8] = WU[6:8]
    bring_in([HEADINGS, WU, sister])
    assert Subject.objects.filter(type="guardian").count() == 1
    assert Link.objects.filter(kind="guardian_of").count() == 2


def test_staff_arrive_with_department_branch_and_class(school, bring_in):
    people.make_branch(school, "第一党支部")
    bring_in([STAFF_HEADINGS, LIU, CHEN], kind="staff")
    liu = Staff.objects.get(staff_number="T001")
    held = dict(Link.objects.filter(a_id=liu.pk).values_list("kind", "b__name"))
    assert held == {
        "in_department": "教务处",
        "branch_member": "第一党支部",
        "homeroom_teacher": "七年级3班",
    }
    assert liu.person.subject.present_from == date(2010, 9, 1)
    assert not Link.objects.filter(a__name="陈晓", kind="branch_member").exists()


def test_a_new_homeroom_teacher_ends_the_term_of_the_old_one(bring_in):
    bring_in([STAFF_HEADINGS, LIU, CHEN], kind="staff")
    run, _ = bring_in(
        [STAFF_HEADINGS, [*CHEN[:6], "七年级3班", *CHEN[7:]]], kind="staff", since=date(2026, 11, 1)
    )
    live = Link.objects.filter(kind="homeroom_teacher", superseded_at=FOREVER).order_by("valid_from")
    assert [(link.a.name, link.valid_to) for link in live] == [
        ("刘敏", date(2026, 10, 31)),
        ("陈晓", date.max),
    ]
    services.take_back(run, by=None)
    live = Link.objects.filter(kind="homeroom_teacher", superseded_at=FOREVER)
    assert [(link.a.name, link.valid_to) for link in live] == [("刘敏", date.max)]


def test_an_import_passes_the_gates_of_posts_for_new_and_for_known_people(school, bring_in):
    programmes.adopt(school, "", 2026, by=None, text=gated_pack())
    before = everything()
    with pytest.raises(PostRefused, match="刘敏还不能担任班主任"):
        bring_in([STAFF_HEADINGS, LIU, CHEN], kind="staff")
    assert everything() == before
    nobody_s = [*LIU[:6], "", *LIU[7:]]
    bring_in([STAFF_HEADINGS, nobody_s, CHEN], kind="staff")
    with pytest.raises(PostRefused, match="陈晓还不能担任班主任"):
        bring_in([STAFF_HEADINGS, [*CHEN[:6], "七年级3班", *CHEN[7:]]], kind="staff")
    assert not Link.objects.filter(kind="homeroom_teacher").exists()


@pytest.mark.parametrize("since", [date(2019, 9, 1), date(2026, 1, 5)])
def test_an_import_from_a_day_before_the_gate_passes_it_today(school, bring_in, since):
    programmes.adopt(school, "", 2026, by=None, text=gated_pack())
    with pytest.raises(PostRefused, match="那时还没有这条要求，所以按今天判断：刘敏还不能担任班主任"):
        bring_in([STAFF_HEADINGS, LIU, CHEN], kind="staff", since=since)
    assert not Link.objects.filter(kind="homeroom_teacher").exists()


def test_party_members_without_a_branch_are_named_in_a_note(bring_in):
    _, seen = bring_in([STAFF_HEADINGS, LIU], kind="staff")
    assert any("没有写所在党支部" in note for note in seen.plan.notes)


def test_undo_restores_what_was_there(bring_in, office):
    bring_in([HEADINGS, WU, LIN])
    before = everything()
    moved = [*WU]
    moved[0], moved[3], moved[5], moved[7] = "吴钧", "八年级1班", "2012-11-22", "13800000009"
    run, _ = bring_in([HEADINGS, moved, HAN])
    assert everything() != before
    services.take_back(run, by=office)
    assert everything() == before
    run.refresh_from_db()
    assert run.state == ImportRun.State.UNDONE
    with pytest.raises(services.RunClosed):
        services.take_back(run, by=office)


def test_undo_of_the_first_import_leaves_an_empty_school(bring_in, office):
    before = everything()
    run, _ = bring_in([HEADINGS, WU, LIN, HAN])
    services.take_back(run, by=office)
    assert everything() == before


def test_undo_is_refused_where_later_work_rests_on_it(school, bring_in, office):
    run, _ = bring_in([HEADINGS, WU])
    teacher = people.make_staff(school, "刘敏")
    people.set_link("mentor_of", teacher.person.subject, Subject.objects.get(name="吴军"))
    before = everything()
    with pytest.raises(undo.CannotUndo, match="后来设置的班级、职务或结对"):
        services.take_back(run, by=office)
    assert everything() == before


def test_undo_is_refused_where_somebody_has_an_account_by_now(bring_in, office):
    run, _ = bring_in([HEADINGS, WU])
    Person.objects.filter(subject__name="吴军").update(account=office)
    with pytest.raises(undo.CannotUndo, match="账号"):
        services.take_back(run, by=office)


def test_undo_is_refused_where_a_value_was_changed_again(bring_in, office):
    bring_in([HEADINGS, WU])
    run, _ = bring_in([HEADINGS, ["吴钧", *WU[1:]]])
    people.rename(Subject.objects.get(name="吴钧"), "吴均")
    with pytest.raises(undo.CannotUndo, match="又改过"):
        services.take_back(run, by=office)


def test_a_confirmed_import_cannot_be_confirmed_again(bring_in, office):
    run, seen = bring_in([HEADINGS, WU])
    with pytest.raises(services.RunClosed):
        services.confirm(run, seen.fingerprint, day=TODAY, since=SINCE, by=office)
    assert Student.objects.count() == 1


def test_what_was_not_shown_is_not_imported(school, bring_in, office):
    run, seen = bring_in([HEADINGS, WU], confirm=False)
    people.make_student(school, "别人", id_number=WU[1])
    with pytest.raises(services.PlanChanged):
        services.confirm(run, seen.fingerprint, day=TODAY, since=SINCE, by=office)
    assert Student.objects.count() == 1


def test_an_error_in_the_middle_leaves_nothing(bring_in, office, monkeypatch):
    run, seen = bring_in([HEADINGS, WU, LIN], confirm=False)
    before = everything()
    monkeypatch.setattr("tongxin.exchange.rosters.apply._Writer.publish", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.confirm(run, seen.fingerprint, day=TODAY, since=SINCE, by=office)
    assert everything() == before
    run.refresh_from_db()
    assert run.state == ImportRun.State.OPEN


def test_rows_with_problems_stay_out_and_the_others_come_in(bring_in):
    bad = [*LIN]
    bad[1] = "431129201211301041"
    run, seen = bring_in([HEADINGS, WU, bad])
    assert Student.objects.count() == 1
    assert run.counts["left_out"] == 1
    assert seen.checked.result.left_out == {3: "这一行有问题，改好以后再导入。"}


def test_headings_a_user_mapped_are_remembered_for_the_school(school, bring_in, office):
    mapping = {"孩子": "name", "所属": "homeroom"}
    bring_in([["孩子", "所属", "备注"], ["吴军", "七年级3班", "x"]], mapping=mapping)
    assert services.remembered(school, "students") == {"孩子": "name", "所属": "homeroom"}
    _, seen = bring_in([["孩子", "所属", "备注"], ["林燕", "七年级3班", "x"]])
    assert seen.checked.result.mapping == mapping
    assert Student.objects.count() == 2
    other = School.objects.create(name="外校")
    assert services.remembered(other, "students") == {}
    assert not ImportMapping.objects.filter(school=other).exists()


def test_other_schools_people_are_neither_matched_nor_touched(bring_in):
    other = School.objects.create(name="外校")
    people.make_student(other, "吴军", id_number=WU[1], pupil_number=WU[2])
    _, seen = bring_in([HEADINGS, WU])
    assert seen.plan.counts["new"] == 1
    assert Student.objects.filter(school=other).count() == 1


def test_the_file_is_private_and_goes_when_the_import_ends(bring_in, data_folder, office):
    run, _ = bring_in([HEADINGS, WU], confirm=False)
    (file,) = (data_folder / "uploads").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    services.drop(run, by=office)
    assert not list((data_folder / "uploads").iterdir())


def test_a_refused_file_is_not_kept(school, office, data_folder):
    with pytest.raises(RosterRefused):
        services.start(school, "students", [b"%PDF-1.7"], "a.pdf", by=office)
    assert not list((data_folder / "uploads").iterdir())
    assert not ImportRun.objects.exists()


def test_every_step_is_audited_without_names_or_numbers(bring_in, office):
    run, _ = bring_in([HEADINGS, WU])
    services.take_back(run, by=office)
    rows = AuditRow.objects.filter(action__startswith="rosters.")
    assert [row.action for row in rows] == ["rosters.uploaded", "rosters.applied", "rosters.undone"]
    assert not any("吴军" in str(row.data) or WU[1] in str(row.data) for row in rows)


@pytest.mark.parametrize("size", [2, 40])
def test_a_comparison_needs_the_same_queries_for_any_size(bring_in, size, django_assert_num_queries):
    rows = [
        ["姓名", "学号", "班级"],
        *([f"学生{c}", str(n), "七年级3班"] for n, c in enumerate("甲乙丙丁戊己庚辛壬癸" * 4)),
    ]
    run, _ = bring_in(rows[: size + 1], confirm=False)
    checked = services.check_file(services.file_of(run), "students", today=TODAY)
    with django_assert_num_queries(10):
        services._plan(run, checked, TODAY)


KILLED = """
import os, signal, sys, django
django.setup()
from datetime import date
from django.conf import settings
from tongxin.exchange.models import ImportRun
from tongxin.exchange.rosters import apply, services
writer = apply._Writer.publish
def die(self):
    os.kill(os.getpid(), signal.SIGKILL)
apply._Writer.publish = die
run = ImportRun.objects.get()
seen = services.preview(run, day=date(2026, 11, 22))
services.confirm(run, seen.fingerprint, day=date(2026, 11, 22), since=date(2026, 9, 1), by=None)
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_leaves_nothing(tmp_path, bring_in):
    """kill -9 after every row was sent and before the commit: the school is as it was, and a retry works."""
    import os

    from django.conf import settings
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("the other process finds the test database by its file")
    run, _ = bring_in([HEADINGS, WU, LIN, HAN], confirm=False)
    before = everything()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "killed_settings",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
    }
    (tmp_path / "killed_settings.py").write_text(
        "from tongxin.config.settings import *\n"
        "from pathlib import Path\n"
        f"DATABASES['default']['NAME'] = {str(connection.settings_dict['NAME'])!r}\n"
        f"DATA_DIR = Path({str(settings.DATA_DIR)!r})\n"
    )
    connection.close()
    done = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == -9, done.stderr.decode()[-2000:]
    assert everything() == before
    run.refresh_from_db()
    assert run.state == ImportRun.State.OPEN
    seen = services.preview(run, day=TODAY)
    services.confirm(run, seen.fingerprint, day=TODAY, since=SINCE, by=None)
    assert Student.objects.count() == 3
    assert Account.objects.count() == 1
