import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.base.sealing.cipher import Sealed
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person

NUMBER = "110101201503010014"


def test_an_id_number_lies_sealed_and_is_found_exactly(cast):
    student = people.make_student(cast.school, "有号", id_number=NUMBER)
    stored = Person.objects.filter(pk=student.pk).values().get()
    assert isinstance(stored["id_number"], Sealed)
    assert NUMBER.encode() not in bytes(stored["id_number"])
    assert Person.objects.get(pk=student.pk).id_number == NUMBER
    assert people.with_id_number(cast.school, " 110101 20150301 0014 ").get().pk == student.pk
    assert not people.with_id_number(cast.other_school, NUMBER).exists()
    assert not people.with_id_number(cast.school, "").exists()


def test_saving_a_person_anew_keeps_number_and_index(cast):
    student = people.make_student(cast.school, "有号", id_number=NUMBER)
    person = Person.objects.get(pk=student.pk)
    person.sex = "male"
    person.save()
    assert people.with_id_number(cast.school, NUMBER).get().id_number == NUMBER


@pytest.mark.django_db(transaction=True)
def test_numbers_stored_in_plain_before_are_sealed_by_the_update_and_laid_open_by_its_way_back():
    def migrate(name):
        executor = MigrationExecutor(connection)
        executor.migrate([("people", name)])
        return executor.loader.project_state([("people", name)]).apps

    # The newest way forward is whatever the disk has.
    leaf = max(key[1] for key in MigrationExecutor(connection).loader.disk_migrations if key[0] == "people")
    before = migrate("0001_initial")
    try:
        # Only the people's tables go back in time; schools and subjects stay as they are now.
        school = School.objects.create(name="旧学校")
        for name, number in (("甲", NUMBER), ("乙", "")):
            subject = Subject.objects.create(school=school, type="student", name=name)
            before.get_model("people", "Person").objects.create(
                subject_id=subject.pk, school_id=school.pk, id_number=number
            )
        migrate("0003_seal_id_numbers")
        back = migrate("0001_initial")
        assert sorted(back.get_model("people", "Person").objects.values_list("id_number", flat=True)) == [
            "",
            NUMBER,
        ]
    finally:
        migrate(leaf)
    people_now = {p.name: p for p in Person.objects.select_related("subject")}
    assert people_now["甲"].id_number == NUMBER
    assert people_now["乙"].id_number == ""
    assert people.with_id_number(people_now["甲"].school, NUMBER).get() == people_now["甲"]
