import io

import pytest
from django.db import transaction
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tongxin.kernel.access.reading import opened
from tongxin.kernel.audit import services as audit
from tongxin.kernel.audit import tasks
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Account
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.modules.screening.models import Result
from tongxin.testing.cast import TODAY, Player, player
from tongxin.testing.screening import answered_sitting


@pytest.fixture
def keeper(cast):
    """The audit admin."""
    return player(cast.school, "审计员", "shenji", audit_admin=people.school_subject(cast.school))


def read_by_chen(cast, child):
    answered_sitting(child, TODAY)
    opened(cast.chen.viewer(proved=True), Result.objects.filter(student=child), "screening_review", "scores")


def test_the_audit_admin_finds_rows_by_what_who_when_and_object_and_takes_them_along(
    client, cast, keys, keeper
):
    child = cast.students[1][0]
    read_by_chen(cast, child)
    cast.sign_in(client, keeper)
    page = client.get(reverse("privacy:audit"), {"group": "read", "who": "陈", "about": str(child.pk)})
    text = page.content.decode()
    assert "陈晨" in text
    assert "看筛查结果 · 1条" in text
    assert child.name not in text
    for nobody in (
        {"group": "keys"},
        {"who": "李"},
        {"from": "2026-11-19"},
        {"to": "2026-11-17"},
        {"about": "0"},
    ):
        assert "没有符合条件的记录" in client.get(reverse("privacy:audit"), nobody).content.decode()
    # Nonsense in an address finds everything rather than an error.
    assert client.get(reverse("privacy:audit"), {"from": "2026-13-45", "group": "x"}).status_code == 200
    file = client.get(reverse("privacy:audit_export"), {"group": "read"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    assert ["sealed.read", f"人员 {child.pk}", "看筛查结果 · 1条"] == rows[-1][4:7]
    assert AuditRow.objects.get(action="privacy.audit_exported").data["rows"] == 1


def test_the_chain_is_checked_on_the_page_and_the_first_bad_row_named(client, cast, keeper):
    cast.sign_in(client, keeper)
    assert "没有发现改动" in client.get(reverse("privacy:audit"), {"check": "1"}).content.decode()
    row = AuditRow.objects.filter(school=cast.school.pk).order_by("seq").first()
    AuditRow.objects.filter(pk=row.pk).update(account=999)
    assert f"从第{row.seq}条起不可信" in client.get(reverse("privacy:audit"), {"check": "1"}).content.decode()


def test_the_last_row_of_each_day_is_printed_and_downloads_as_the_file_that_the_offline_check_reads(
    client, cast, keeper, settings, tmp_path
):
    from tongxin.config.commands.verify_audit import read_anchors

    cast.sign_in(client, keeper)
    ((school, seq), digest), *_ = audit.anchors_of(cast.school.pk).items()
    assert digest in client.get(reverse("privacy:anchors")).content.decode()
    file = tmp_path / "anchors.txt"
    file.write_bytes(client.get(reverse("privacy:anchors"), {"file": "1"}).content)
    assert list(read_anchors(file)) == [(school, seq)]
    assert audit.verify(read_anchors(file), cast.school.pk)[1] == []
    # The background worker adds the same lines to a file elsewhere, each once.
    assert tasks.keep_anchors.call() == 0
    settings.ANCHORS_FILE = str(tmp_path / "elsewhere.txt")
    assert tasks.keep_anchors.call() > 0
    assert tasks.keep_anchors.call() == 0
    assert audit.verify(read_anchors(tmp_path / "elsewhere.txt"))[1] == []


def with_account(subject, login) -> Player:
    account = Account.objects.create_user(login)
    Person.objects.filter(pk=subject.pk).update(account=account)
    return Player(Person.objects.select_related("subject", "school").get(pk=subject.pk), account)


def test_a_child_and_its_guardian_see_who_looked_and_nobody_elses(client, cast, keys, papers):
    child, other = cast.students[1][:2]
    read_by_chen(cast, child)
    papers(school_id=cast.school.pk, subject_id=child.pk, day=TODAY, answers=[1]).save()
    opened(cast.chen.viewer(proved=True), papers.objects.all(), "counselling", "answers")
    guardian = people.make_guardian(cast.school, "安家长", children=[child])
    cast.sign_in(client, with_account(guardian.subject, "jiazhang"))
    text = client.get(reverse("privacy:mine")).content.decode()
    assert "陈晨（心理教师）" in text
    assert "看筛查结果" in text
    # What was said with the counsellor is the counsellor's to tell: home itself may be the trouble.
    assert "心理辅导" not in text
    assert client.get(reverse("privacy:mine"), {"who": other.public_id}).status_code == 404
    with transaction.atomic():
        about = [("subject", str(child.pk), {"purpose": "harm_report", "rows": ["1"]})]
        audit.write_each(cast.liu.account, "sealed.read", about, school_id=cast.school.pk)
    cast.sign_in(client, with_account(child, "xiaohe"))
    text = client.get(reverse("privacy:mine")).content.decode()
    assert "心理辅导" in text
    # Who spoke up for the child is told to no screen at home.
    assert "刘洋" not in text
    cast.sign_in(client, with_account(other, "yunfei"))
    assert "没有人看过" in client.get(reverse("privacy:mine")).content.decode()
