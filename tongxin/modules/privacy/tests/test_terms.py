"""The secretary changes terms and limits within bounds; what held before stays on file, and it holds from then on."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tongxin.kernel.access import erasing, openings, terms
from tongxin.kernel.access.models import SchoolTerm
from tongxin.kernel.access.reading import sealed_because_left
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.people import services as people
from tongxin.testing.screening import answered_sitting

PAGE = "privacy:terms"


def change(client, player, name, number, why="校务会议 11 月 16 日"):
    client.force_login(player.account)
    return client.post(reverse(PAGE), {"name": name, "number": number, "why": why})


def test_the_secretary_changes_a_term_and_what_held_before_stays(client, cast):
    assert change(client, cast.wang, "keep:K4a", 2).status_code == 302
    assert change(client, cast.wang, "keep:K4a", 3).status_code == 302
    assert terms.schedule(cast.school.pk)["K4a"].years == 3
    rows = list(SchoolTerm.objects.order_by("pk"))
    assert [(row.number, row.is_current) for row in rows] == [(2, False), (3, True)]
    written = list(
        AuditRow.objects.filter(action="privacy.term_changed").order_by("seq").values_list("data", flat=True)
    )
    assert [(row["before"], row["number"]) for row in written] == [(1, 2), (2, 3)]
    page = client.get(reverse(PAGE)).content.decode()
    assert "校务会议 11 月 16 日" in page
    assert cast.wang.subject.name in page
    # Nobody else's terms change.
    assert terms.schedule(cast.other_school.pk)["K4a"].years == 1


@pytest.mark.parametrize(
    ("name", "number"), [("keep:K4d", 1), ("keep:K5", 99), ("request_days", 16), ("glass_hours", 0)]
)
def test_what_the_law_or_the_purpose_does_not_allow_is_refused_in_words(client, cast, name, number):
    answer = change(client, cast.wang, name, number)
    assert answer.status_code == 422
    assert "之间的数" in answer.content.decode()
    assert not SchoolTerm.objects.exists()


def test_a_reason_is_wanted_and_the_same_number_changes_nothing(client, cast):
    assert change(client, cast.wang, "keep:K4a", 2, why="会").status_code == 422
    assert change(client, cast.wang, "keep:K4a", 1).status_code == 302
    assert not SchoolTerm.objects.exists()


@pytest.mark.parametrize("who", ["sun", "chen", "guo", "liu", "zhou"])
def test_nobody_else_changes_terms(client, cast, who):
    assert change(client, getattr(cast, who), "keep:K4a", 2).status_code == 404
    assert not SchoolTerm.objects.exists()


def test_it_holds_at_once_for_sealing_and_for_openings(client, cast, today):
    child, viewer = cast.students[1][0], cast.chen.viewer()
    people.depart(child, today - timedelta(days=10), by=cast.wang.account)
    child.refresh_from_db()
    assert sealed_because_left(viewer, [child]) == set()
    change(client, cast.wang, "kept_open_days", 5)
    assert sealed_because_left(viewer, [child]) == {child.pk}
    assert openings.most_hours(viewer, "grant") == 14 * 24
    change(client, cast.wang, "grant_days", 2)
    assert openings.most_hours(viewer, "grant") == 48


def test_what_is_past_its_time_follows_the_schools_own_term(client, cast, keys, today):
    child = cast.students[1][0]
    answered_sitting(child, today - timedelta(days=600))
    people.depart(child, today - timedelta(days=500), by=cast.wang.account)
    (due,) = [one for one in erasing.due(cast.school, today) if one.term.data_class == "K4a"]
    assert (due.people, due.term.years) == ((child.pk,), 1)
    change(client, cast.wang, "keep:K4a", 2)
    assert "K4a" not in {one.term.data_class for one in erasing.due(cast.school, today)}


def test_every_class_with_a_term_and_every_limit_has_bounds_that_hold_what_is_shipped():
    kept = {
        f"{terms.KEEP}{name}" for name, term in terms.shipped_schedule().items() if term.years is not None
    }
    assert set(terms.BOUNDS) == kept | {name for name in terms.BOUNDS if not name.startswith(terms.KEEP)}
    for name, bounds in terms.BOUNDS.items():
        assert bounds.least <= terms.shipped(name) <= bounds.most, name
