import os
import sqlite3
import threading
from datetime import date

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kernel.base.sealing import cipher, master, rotation, store
from tongxin.kernel.base.sealing.cipher import Place, Scope, Sealed, Tampered, open_sealed, seal
from tongxin.kernel.base.sealing.fields import NotOpened, SealedTextField, school_year_of
from tongxin.kernel.base.sealing.master import KeysRefused
from tongxin.testing.sealed import Paper

HERE = Place("test_paper", "family", "a1")
SECRET = "外婆住院，家里只有他一人"


def paper(**more):
    given = {"school_id": 1, "subject_id": 7, "day": date(2026, 10, 8), "family": SECRET}
    return Paper(**given | more)


def seen(row):
    """What lies in the database, before anything opens it."""
    return Paper.objects.filter(pk=row.pk).values().get()


# ---------------------------------------------------------------- bytes


@pytest.mark.parametrize("name", ["aes", "sm4"])
def test_what_was_sealed_opens_at_its_place_and_nowhere_else(keys, settings, name):
    settings.CIPHER = name
    sealed = seal(SECRET.encode(), Scope(1, "K3", 2026), HERE)
    assert open_sealed(sealed, HERE).decode() == SECRET
    for other in (HERE._replace(row="a2"), HERE._replace(column="word"), HERE._replace(table="entry")):
        with pytest.raises(Tampered):
            open_sealed(sealed, other)
    # What one cipher sealed opens after the setting has changed.
    settings.CIPHER = "aes" if name == "sm4" else "sm4"
    assert open_sealed(sealed, HERE).decode() == SECRET


@pytest.mark.parametrize("at", [0, 5, 10, 25, -1])
def test_a_changed_byte_is_noticed_wherever_it_is(keys, at):
    sealed = bytearray(seal(b"x" * 40, Scope(1, "K3", 2026), HERE))
    sealed[at] ^= 1
    with pytest.raises((Tampered, KeysRefused)):
        open_sealed(bytes(sealed), HERE)


@given(text=st.text(max_size=300), row=st.text(min_size=1, max_size=20))
def test_any_text_comes_back_as_it_was(text, row):
    place = Place("t", "c", row)
    assert open_sealed(seal(text.encode(), Scope(1, "K3", 2026), place), place).decode() == text


def test_the_same_text_never_looks_the_same_twice(keys):
    assert seal(b"same", Scope(1, "K3"), HERE) != seal(b"same", Scope(1, "K3"), HERE)


# ---------------------------------------------------------------- rows


def test_a_row_lies_sealed_and_reads_as_it_was_written(papers):
    row = paper(number="110101 2013-0101 0011")
    row.save()
    stored = seen(row)
    assert SECRET.encode() not in bytes(stored["family"])
    assert isinstance(stored["family"], Sealed)
    assert Paper.objects.get(pk=row.pk).family == SECRET
    assert Paper.objects.defer("family").get(pk=row.pk).family == SECRET


def test_nothing_is_stored_for_an_empty_text(papers):
    row = paper(family="")
    row.save()
    assert seen(row)["family"] is None
    assert Paper.objects.get(pk=row.pk).family == ""


def test_bulk_created_rows_lie_sealed_each_for_itself(papers):
    Paper.objects.bulk_create([paper(), paper()])
    first, second = Paper.objects.order_by("pk")
    assert [first.family, second.family] == [SECRET, SECRET]
    first.__dict__["family"] = seen(second)["family"]
    with pytest.raises(Tampered):
        _ = first.family


def test_saving_a_row_that_was_only_read_leaves_its_bytes_alone(papers):
    row = paper()
    row.save()
    before = seen(row)["family"]
    again = Paper.objects.get(pk=row.pk)
    again.subject_id = 8
    again.save()
    assert seen(row)["family"] == before


def test_writing_past_the_row_is_refused(papers):
    row = paper()
    row.save()
    with pytest.raises(TypeError, match="sealed"):
        Paper.objects.filter(pk=row.pk).update(family="offen")
    with pytest.raises(TypeError, match="sealed"):
        Paper.objects.filter(family=SECRET).exists()


def test_answers_and_notes_open_only_by_the_door_that_notes_it(papers):
    row = paper(answers=[0, 3, 1], word="夜里睡不着")
    row.save()
    again = Paper.objects.get(pk=row.pk)
    for name in ("answers", "word"):
        with pytest.raises(NotOpened):
            getattr(again, name)
    with pytest.raises(NotOpened):
        Paper._meta.get_field("answers").read(seen(row)["answers"], row.public_id)


def test_a_field_of_a_class_that_must_be_noted_needs_its_child():
    field = SealedTextField(data_class="K4a")
    field.set_attributes_from_name("answers")
    field.model = Paper
    assert "sealing.E002" in [found.id for found in field.check()]


def test_a_number_is_found_by_its_blind_index_however_it_is_written(papers):
    row = paper(number="11010120130101001x")
    row.save()
    index = Paper._meta.get_field("number_index")
    assert Paper.objects.get(number_index=index.index_of(1, " 110101 20130101 001X ")) == row
    assert not Paper.objects.filter(number_index=index.index_of(1, "110101201301010028")).exists()
    assert index.index_of(2, "11010120130101001X") != row.number_index
    assert "110101" not in row.number_index


def test_a_batch_of_rows_lies_sealed_as_each_row_alone_would(papers):
    number, index = (Paper._meta.get_field(name) for name in ("number", "number_index"))
    assert not store.rows(), "a key is made with the first value, not before"
    seal_one, index_one = number.sealer(1), index.indexer(1)
    assert seal_one("", "a1") is None
    assert index_one("") == ""
    assert not store.rows()
    sealed = [seal_one(f"11010120130101{place:04}", f"a{place}") for place in range(3)]
    assert number.read(sealed[1], "a1") == "110101201301010001"
    with pytest.raises(Tampered):
        number.read(sealed[1], "a2")
    with pytest.raises(ValueError, match="public_id"):
        seal_one("1", "")
    for text in ("11010120130101001x", " 110101-20130101 001X", "+86 13900000000", "008613900000000"):
        assert index_one(text) == index.index_of(1, text)
    assert index_one("+86 139 0000 0000") == index_one("13900000000")


def test_a_key_destroyed_after_one_batch_refuses_the_next(papers):
    number = Paper._meta.get_field("number")
    sealed = number.sealer(1)("110101201301010001", "a1")
    store.destroy([row.id for row in store.rows()])
    with pytest.raises(store.KeyDestroyed):
        number.sealer(1)("110101201301010002", "a2")
    with pytest.raises(store.KeyDestroyed):
        number.read(sealed, "a1")


def test_each_school_class_and_year_has_a_key_of_its_own_and_each_child_for_notes(papers):
    for school, child, day in (
        (1, 7, date(2026, 10, 8)),
        (1, 8, date(2027, 9, 1)),
        (2, 9, date(2026, 10, 8)),
    ):
        paper(school_id=school, subject_id=child, day=day, word="话").save()
    scopes = {(r.scope.school, r.scope.data_class, r.scope.year, r.scope.subject) for r in store.rows()}
    assert scopes == {
        (1, "K3", 2026, 0), (1, "K3", 2027, 0), (2, "K3", 2026, 0),
        (1, "K4d", 0, 7), (1, "K4d", 0, 8), (2, "K4d", 0, 9),
    }  # fmt: skip


def test_a_school_year_begins_in_august():
    assert [school_year_of(date(2026, 7, 31)), school_year_of(date(2026, 8, 1))] == [2025, 2026]


# ---------------------------------------------------------------- the master key


def test_the_master_key_is_made_on_first_use_and_only_this_user_may_read_it(keys):
    store.make()
    assert (keys / "master.key").stat().st_mode & 0o777 == 0o600
    assert (keys / "keys.sqlite3").stat().st_mode & 0o777 == 0o600
    assert store.refusals() == []


def test_two_first_starts_at_once_make_one_master_key(keys):
    made = []
    threads = [threading.Thread(target=lambda: made.append(master.master_key())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert [path.name for path in keys.iterdir()] == ["master.key"]


def test_a_master_key_that_others_may_read_is_refused(keys):
    store.make()
    (keys / "master.key").chmod(0o640)
    assert "chmod 600" in store.refusals()[0]


def test_a_lost_master_key_is_refused_and_no_new_one_is_made(keys):
    store.make()
    (keys / "master.key").unlink()
    assert "找不到主密钥" in store.refusals()[0]
    with pytest.raises(KeysRefused):
        store.key_for(Scope(1, "K3", 2026))
    assert not (keys / "master.key").exists()


@pytest.mark.parametrize(("text", "word"), [("00" * 32, "对不上"), ("abc", "不完整"), ("", "不完整")])
def test_another_or_a_broken_master_key_is_refused(keys, text, word):
    store.make()
    (keys / "master.key").write_text(text)
    assert word in store.refusals()[0]


def test_a_master_key_from_the_environment_needs_no_file(keys, settings):
    settings.MASTER_KEY = "5a" * 32
    sealed = seal(b"x", Scope(1, "K3"), HERE)
    assert not (keys / "master.key").exists()
    assert open_sealed(sealed, HERE) == b"x"
    settings.MASTER_KEY = "5b" * 32
    with pytest.raises(KeysRefused):
        open_sealed(sealed, HERE)


def test_after_a_change_of_the_master_key_everything_still_opens_and_the_old_one_opens_nothing(keys):
    sealed = seal(b"x", Scope(1, "K3"), HERE)
    old = (keys / "master.key").read_text()
    store.change_master()
    assert open_sealed(sealed, HERE) == b"x"
    (keys / "master.key").write_text(old)
    assert "对不上" in store.refusals()[0]


def test_a_change_of_the_master_key_cut_off_before_the_file_is_put_in_place_is_finished_later(
    keys, monkeypatch
):
    sealed = seal(b"x", Scope(1, "K3"), HERE)
    replace = os.replace

    def cut_off(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        store.change_master()
    monkeypatch.setattr("pathlib.Path.replace", lambda self, target: replace(self, target))
    assert open_sealed(sealed, HERE) == b"x"
    assert [p.name for p in keys.glob("master*")] == ["master.key"]


def test_a_changed_wrapped_key_is_refused(keys):
    sealed = seal(b"x", Scope(1, "K3"), HERE)
    with sqlite3.connect(keys / "keys.sqlite3") as opened:
        opened.execute("UPDATE key SET school = 2")
    with pytest.raises(KeysRefused, match="改动或损坏"):
        open_sealed(sealed, HERE)


# ---------------------------------------------------------------- erasing


def test_a_destroyed_key_leaves_nothing_to_open_in_the_store_the_memory_or_the_copy(papers, tmp_path):
    row, other = paper(word="话", subject_id=7), paper(word="别人的话", subject_id=8)
    row.save()
    other.save()
    (key_id,) = store.ids_of(school=1, subject=7)
    with sqlite3.connect(store.file()) as opened:
        wrapped = opened.execute("SELECT wrapped FROM key WHERE id=?", (key_id,)).fetchone()[0]
    field = Paper._meta.get_field("word")
    assert field.unsealed(row, seen(row)["word"]) == "话"

    assert store.destroy([key_id]) == 1

    with pytest.raises(store.KeyDestroyed):
        field.unsealed(row, seen(row)["word"])
    with pytest.raises(store.KeyDestroyed), transaction.atomic():
        paper(word="又来", subject_id=7).save()
    assert field.unsealed(other, seen(other)["word"]) == "别人的话"
    copy = tmp_path / "copy.sqlite3"
    store.copy_to(copy)
    for path in (*store.file().parent.iterdir(), copy):
        assert wrapped not in path.read_bytes()
        assert wrapped[12:] not in path.read_bytes()


def test_a_copy_of_the_store_brings_everything_back_and_overwrites_no_keys(keys, tmp_path):
    sealed = seal(b"x", Scope(1, "K3"), HERE)
    copy = tmp_path / "copy.sqlite3"
    assert store.copy_to(copy) == 1
    with pytest.raises(KeysRefused, match="不覆盖"):
        store.take_back(copy)
    store.file().unlink()
    assert store.take_back(copy) == 1
    assert open_sealed(sealed, HERE) == b"x"
    (tmp_path / "junk").write_bytes(b"no store" * 100)
    store.file().unlink()
    with pytest.raises(KeysRefused, match="不是密钥备份"):
        store.take_back(tmp_path / "junk")


# ---------------------------------------------------------------- rotation


@pytest.fixture
def rotated_columns(papers, monkeypatch):
    fields = [Paper._meta.get_field(name) for name in ("answers", "family", "number", "word")]
    monkeypatch.setattr(rotation, "columns", lambda: fields)
    monkeypatch.setattr(rotation, "BATCH", 3)
    return fields


def everything_under_new_keys():
    retired = store.retired_ids()
    return not any(
        cipher.key_id_of(value) in retired
        for row in Paper.objects.values()
        for value in row.values()
        if isinstance(value, Sealed)
    )


def test_a_rotation_cut_off_again_and_again_brings_every_row_over_and_changes_no_value(rotated_columns):
    for number in range(8):
        paper(family=f"第{number}家", number=str(number), word=f"话{number}", answers=[number]).save()
    indexes = list(Paper.objects.order_by("pk").values_list("number_index", flat=True))
    assert rotation.begin() == 4
    assert not everything_under_new_keys()
    rounds = 0
    while rotation.wanted():
        rotation.rotate(most=1)
        rounds += 1
    assert rounds > 8
    assert everything_under_new_keys()
    assert [row.family for row in Paper.objects.order_by("pk")] == [f"第{n}家" for n in range(8)]
    assert list(Paper.objects.order_by("pk").values_list("number_index", flat=True)) == indexes
    answers = Paper._meta.get_field("answers")
    assert [answers.unsealed(row, row.__dict__["answers"]) for row in Paper.objects.order_by("pk")] == [
        [n] for n in range(8)
    ]


def test_a_rotation_never_undoes_what_somebody_writes_meanwhile(rotated_columns, monkeypatch):
    row = paper()
    row.save()
    rotation.begin()
    replace = rotation.replace

    def written_in_between(field, read, old):
        if field.name == "family":
            newer = Paper.objects.get(pk=row.pk)
            newer.family = "新写的"
            newer.save()
        return replace(field, read, old)

    monkeypatch.setattr(rotation, "replace", written_in_between)
    assert rotation.rotate().moved == 0
    assert Paper.objects.get(pk=row.pk).family == "新写的"
    assert everything_under_new_keys()


def test_rows_under_keys_the_store_does_not_have_are_named(rotated_columns):
    paper().save()
    assert rotation.unknown_keys() == []
    store.file().unlink()
    assert rotation.unknown_keys() == ["test_paper.family"]
