import pytest

from tongxin.kernel.audit import keys as audited_keys
from tongxin.kernel.audit import tasks
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.sealing import rotation, store
from tongxin.testing.sealed import Paper

WORD = Paper._meta.get_field("word")


def written(subject_id):
    row = Paper(school_id=1, subject_id=subject_id, word="谈到家里的事")
    row.save()
    return row


def reads(row):
    return WORD.unsealed(row, Paper.objects.filter(pk=row.pk).values().get()["word"])


def test_erasing_a_child_destroys_that_childs_keys_and_is_on_record(papers):
    erased, other = written(7), written(8)
    assert audited_keys.erase(school_id=1, subject_id=7, by=None) == 1
    with pytest.raises(store.KeyDestroyed):
        reads(erased)
    assert reads(other) == "谈到家里的事"
    row = AuditRow.objects.get(action="keys.destroyed")
    assert row.data["subject"] == 7
    assert int(row.data["key"]) in {r.id for r in store.rows() if r.destroyed_at}


def test_an_older_copy_of_the_keys_does_not_bring_an_erased_child_back(papers, tmp_path):
    erased = written(7)
    copy = tmp_path / "older.sqlite3"
    store.copy_to(copy)
    audited_keys.erase(school_id=1, subject_id=7, by=None)
    store.file().unlink()
    store.take_back(copy)
    assert reads(erased) == "谈到家里的事"
    assert audited_keys.finish() == 1
    with pytest.raises(store.KeyDestroyed):
        reads(erased)
    assert audited_keys.finish() == 0


def test_an_erasure_cut_off_after_its_record_is_finished_at_the_next_start(papers, monkeypatch):
    erased = written(7)
    with monkeypatch.context() as cut:
        cut.setattr(store, "destroy", lambda ids: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            audited_keys.erase(school_id=1, subject_id=7, by=None)
    assert reads(erased) == "谈到家里的事"
    audited_keys.finish()
    with pytest.raises(store.KeyDestroyed):
        reads(erased)


def test_erasing_needs_to_know_whose_or_which(papers):
    with pytest.raises(ValueError, match="whose"):
        audited_keys.erase(school_id=1, by=None)


def test_new_keys_are_on_record_and_the_background_task_moves_the_old_rows(papers, monkeypatch):
    row = written(7)
    monkeypatch.setattr(rotation, "columns", lambda: [WORD])
    before = Paper.objects.filter(pk=row.pk).values().get()["word"]
    assert audited_keys.rotate() == (1, 0)
    while rotation.wanted():
        tasks.move_to_new_keys.call()
    assert Paper.objects.filter(pk=row.pk).values().get()["word"] != before
    assert reads(row) == "谈到家里的事"
    assert AuditRow.objects.filter(action="keys.rotated").exists()
