import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from PIL import Image

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.ledger import evidence as files
from tongxin.kernel.ledger import services
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.kernel.ledger.queries import countable_entries, may_change, visible_entries, visible_evidence
from tongxin.kernel.programmes.queries import kind_named
from tongxin.testing.cast import picture


@pytest.fixture
def visit(cast, today):
    return kind_named(cast.school, "home_visit", today)


def draft(cast, today, **more):
    given = {
        "day": today,
        "parts": {"visited": [cast.students[1][0].pk], "visitor": [cast.liu.subject.pk]},
        "qualifiers": {"mode": "in_person"},
    } | more
    return services.Draft(**given)


def test_an_activity_is_saved_with_its_people_files_and_audit_row(cast, visit, today):
    uploads = [services.Upload("photo", picture(), "家访.jpg")]
    entry = services.record_activity(
        cast.school, visit, draft(cast, today, uploads=uploads), by=cast.liu.account, today=today
    )
    rows = {(p.part, p.subject_id) for p in entry.participations.all()}
    assert rows == {("visited", cast.students[1][0].pk), ("visitor", cast.liu.subject.pk)}
    stored = Evidence.objects.get(entry=entry)
    assert files.read(cast.school.public_id, stored.file)[:2] == b"\xff\xd8"
    assert AuditRow.objects.filter(action="ledger.recorded", object_id=str(entry.pk)).count() == 1
    assert entry.data_class == "K3"


def test_sending_the_same_form_twice_makes_one_entry(cast, visit, today):
    first = services.record_activity(
        cast.school, visit, draft(cast, today, token="t1"), by=cast.liu.account, today=today
    )
    again = services.record_activity(
        cast.school, visit, draft(cast, today, token="t1"), by=cast.liu.account, today=today
    )
    assert first == again
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day": date(2026, 11, 19)}, "day"),
        ({"start_day": date(2026, 11, 19)}, "start_day"),
        ({"qualifiers": {}}, "qualifier_mode"),
        ({"qualifiers": {"mode": "by_magic"}}, "qualifier_mode"),
        ({"parts": {"visitor": []}}, "part_visited"),
        ({"amounts": {"hours": -1}}, "amount_hours"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_saved(cast, visit, today, change, field):
    with pytest.raises(services.Refused) as refused:
        services.record_activity(
            cast.school, visit, draft(cast, today, **change), by=cast.liu.account, today=today
        )
    assert refused.value.field == field
    assert str(refused.value).endswith("。")
    assert not Entry.objects.exists()


def test_words_and_pictures_about_a_family_lie_sealed_and_follow_a_correction(cast, visit, today):
    """A home visit is K3: neither its note nor its photo can be read from the disk."""
    uploads = [services.Upload("photo", picture(), "照片.jpg")]
    entry = services.record_activity(
        cast.school,
        visit,
        draft(cast, today, uploads=uploads, note="爷爷照看，父母在外"),
        by=cast.liu.account,
        today=today,
    )
    stored = Evidence.objects.get(entry=entry)
    on_disk = files.path_of(cast.school.public_id, stored.file).read_bytes()
    assert on_disk.startswith(files.SEALED)
    assert b"\xff\xd8\xff" not in on_disk
    assert "爷爷".encode() not in bytes(Entry.objects.filter(pk=entry.pk).values().get()["note"])
    services.withdraw(entry, "记错了", by=cast.liu.account)
    back = services.undo_withdrawal(Entry.objects.get(pk=entry.pk), by=cast.liu.account)
    assert Entry.objects.get(pk=back.pk).note == "爷爷照看，父母在外"
    copied = Evidence.objects.get(entry=back)
    assert files.read(cast.school.public_id, copied.file) == files.read(cast.school.public_id, stored.file)


def test_pictures_of_school_work_lie_open(cast, today):
    entry = cast.record(
        "branch_study", today, {"attendee": [cast.xu.subject]}, by=cast.li, evidence=["minutes"]
    )
    stored = Evidence.objects.get(entry=entry)
    assert files.path_of(cast.school.public_id, stored.file).read_bytes()[:2] == b"\xff\xd8"


def test_words_about_a_childs_mind_stay_out_of_the_ledger(cast, visit, today):
    counselling = replace(visit, data_class="K4d")
    with pytest.raises(services.Refused) as refused:
        services.check(cast.school, counselling, draft(cast, today, note="谈话"), today=today)
    assert refused.value.field == "note"


def test_people_of_another_school_cannot_be_entered(cast, visit, today):
    parts = {"visited": [cast.other_student.pk], "visitor": [cast.liu.subject.pk]}
    with pytest.raises(services.Refused):
        services.record_activity(
            cast.school, visit, draft(cast, today, parts=parts), by=cast.liu.account, today=today
        )


def test_a_member_of_staff_cannot_be_the_visited_student(cast, visit, today):
    parts = {"visited": [cast.liu.subject.pk], "visitor": [cast.liu.subject.pk]}
    with pytest.raises(services.Refused):
        services.record_activity(
            cast.school, visit, draft(cast, today, parts=parts), by=cast.liu.account, today=today
        )


def test_a_broken_file_leaves_no_entry(cast, visit, today):
    bad = [services.Upload("photo", b"no picture at all")]
    with pytest.raises(files.BadFile):
        services.record_activity(
            cast.school, visit, draft(cast, today, uploads=bad), by=cast.liu.account, today=today
        )
    assert not Entry.objects.exists()


def test_a_group_stands_for_its_members_less_the_absent(cast, today):
    kind = kind_named(cast.school, "branch_study", today)
    members = [cast.liu.subject.pk, cast.xu.subject.pk, cast.li.subject.pk]
    absent = frozenset({cast.xu.subject.pk})
    entry = services.record_activity(
        cast.school,
        kind,
        services.Draft(
            day=today, parts={"attendee": [cast.branch.pk]}, amounts={"hours": 200}, absent=absent
        ),
        by=cast.li.account,
        today=today,
    )
    rows = entry.participations.filter(part="attendee")
    assert set(rows.filter(via=cast.branch.pk).values_list("subject_id", flat=True)) == set(members)
    assert set(rows.filter(absent=True).values_list("subject_id", flat=True)) == absent
    assert set(rows.values_list("hours", flat=True)) == {200}


def test_withdrawing_needs_a_reason_and_keeps_the_row(cast, today):
    entry = cast.visit(cast.students[1][0], today, evidence=["photo"])
    with pytest.raises(services.Refused):
        services.withdraw(entry, "  ", by=cast.liu.account)
    services.withdraw(entry, "记错了班级", by=cast.liu.account)
    assert not Entry.objects.current().exists()
    assert Entry.objects.get().withdrawn_reason == "记错了班级"
    assert not Participation.objects.current().exists()
    assert not Evidence.objects.current().exists()
    with pytest.raises(services.AlreadyWithdrawn):
        services.withdraw(entry, "再来一次", by=cast.liu.account)


def test_undoing_a_withdrawal_brings_people_and_files_back(cast, today):
    entry = cast.visit(cast.students[1][0], today, evidence=["photo"])
    services.withdraw(entry, "记错了", by=cast.liu.account)
    back = services.undo_withdrawal(Entry.objects.get(pk=entry.pk), by=cast.liu.account)
    assert list(Entry.objects.current()) == [back]
    assert Participation.objects.current().filter(entry=back).count() == 2
    kept = Evidence.objects.current().get(entry=back)
    assert files.path_of(cast.school.public_id, kept.file).exists()


def test_a_correction_supersedes_and_carries_the_files_along(cast, visit, today):
    entry = cast.visit(cast.students[1][0], today, evidence=["photo"])
    new = services.correct_activity(
        entry, visit, draft(cast, today, day=today - timedelta(days=1)), by=cast.liu.account, today=today
    )
    assert list(Entry.objects.current()) == [new]
    assert new.supersedes == entry
    assert Evidence.objects.current().get().entry == new
    with pytest.raises(services.AlreadyWithdrawn):
        services.correct_activity(entry, visit, draft(cast, today), by=cast.liu.account, today=today)


def test_who_may_read_a_home_visit(cast, today):
    mine = cast.visit(cast.students[1][0], today, evidence=["photo"])
    readers = {
        name
        for name in ("liu", "ma", "xu", "chen", "wang", "sun", "guo", "zhou", "zhao")
        if mine in visible_entries(getattr(cast, name).viewer())
    }
    counters = {
        name
        for name in ("liu", "ma", "xu", "chen", "wang", "sun", "guo", "zhou", "zhao")
        if mine in countable_entries(getattr(cast, name).viewer())
    }
    assert readers == {"liu", "chen"}
    assert counters == {"liu", "chen", "wang", "sun"}
    assert visible_evidence(cast.wang.viewer()).count() == 0
    assert visible_evidence(cast.liu.viewer()).count() == 1


def test_an_entry_about_two_classes_is_not_shown_to_the_teacher_of_one(cast, today):
    both = [cast.students[1][0], cast.students[2][0]]
    entry = cast.record(
        "home_visit",
        today,
        {"visited": both, "visitor": [cast.chen.subject]},
        by=cast.chen,
        qualifiers={"mode": "online"},
    )
    assert entry not in visible_entries(cast.liu.viewer())
    assert entry in visible_entries(cast.chen.viewer())


def test_only_the_author_and_the_keepers_of_the_ledger_may_change_an_entry(cast, today):
    entry = cast.visit(cast.students[1][0], today)
    who = {
        n
        for n in ("liu", "ma", "chen", "wang", "sun", "zhao")
        if may_change(getattr(cast, n).viewer(), entry)
    }
    assert who == {"liu", "wang", "sun"}


def test_pictures_lose_their_metadata_and_their_size():
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "SECRET PLACE"
    Image.new("RGB", (4000, 3000), (1, 2, 3)).save(out, "JPEG", exif=exif)
    assert b"SECRET PLACE" in out.getvalue()
    kept = files.clean(out.getvalue())
    assert b"SECRET PLACE" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as picture_:
        assert max(picture_.size) == 2400


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00program",
        b"<svg onload='x'/>",
        b"%PDF-1.4 /JavaScript (x)",
        b"PK\x03\x04broken",
        b"\xff\xd8\xff but no picture",
    ],
)
def test_other_files_are_refused_with_a_sentence(content):
    with pytest.raises(files.BadFile) as refused:
        files.clean(content)
    assert str(refused.value).endswith("。")


def test_files_without_a_row_are_found_and_others_left_alone(cast, today, settings):
    entry = cast.visit(cast.students[1][0], today, evidence=["photo"])
    known = {f"{cast.school.public_id}/{Evidence.objects.get(entry=entry).file}"}
    lost = files.store(cast.school.public_id, files.clean(picture()))
    found = list(files.orphans(known, older_than=timedelta(days=-3650)))
    assert files.path_of(cast.school.public_id, lost) in found
    assert not any(str(p).endswith(next(iter(known))) for p in found)
