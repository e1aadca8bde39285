"""The programme packs that come with the product: clean, worked, and with every number of their plans."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tongxin.methods.cadence.golden import run_cases
from tongxin.methods.cadence.lint import check_path
from tongxin.methods.cadence.pack import Pack, load_pack
from tongxin.methods.cadence.pack_page import packs_page

FOLDER = Path(__file__).parents[2] / "packs" / "programmes"
PACKS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
A, B = "three-platforms-five-integrations", "heart-nurturing-branch"
C, D = "party-building-plus", "one-plus-one-plus-one"
E, BASE = "dual-guidance-mutual-aid", "national-base"
LEVELS = {"state", "province", "city", "district", "school"}


def pack(slug: str) -> Pack:
    return load_pack(FOLDER / slug)


@pytest.mark.parametrize("slug", PACKS)
def test_nothing_is_left_for_later_and_the_linter_only_reminds_of_open_numbers(slug):
    assert {finding.code for finding in check_path(FOLDER / slug)} <= {"open-number"}
    assert [rule.id for rule in pack(slug).obligations if rule.later] == []


@pytest.mark.parametrize("slug", PACKS)
def test_every_rule_has_two_worked_cases_and_they_all_hold(slug):
    rules = [rule for rule in pack(slug).obligations if rule.evaluable]
    assert [rule.id for rule in rules if len(rule.cases) < 2] == []
    assert [o.sentence for _, _, o in run_cases(pack(slug)) if not o.passed] == []


@pytest.mark.parametrize("slug", PACKS)
def test_the_cases_of_a_rule_do_not_all_end_alike(slug):
    for rule in pack(slug).obligations:
        if rule.evaluable:
            assert len({case["verdict"] for case in rule.cases}) > 1, rule.id


@pytest.mark.parametrize("slug", PACKS)
def test_every_rule_says_where_it_is_written_and_where_it_is_filed(slug):
    found = pack(slug)
    headings = {heading.number for heading in found.all_headings()}
    for rule in found.obligations:
        source = rule.source
        assert all((source.document, source.at, source.level in LEVELS)), rule.id
        assert rule.heading in headings, rule.id


@pytest.mark.parametrize("slug", PACKS)
def test_every_kind_is_used_by_a_rule_a_figure_or_the_plan(slug):
    found = pack(slug)
    raw = yaml.safe_dump({key: found.raw.get(key) for key in ("obligations", "figures", "plan")})
    shared = {kind["kind"] for kind in shared_kinds(slug)}
    assert [name for name in found.kinds if name not in raw and name not in shared] == []


def shared_kinds(slug: str) -> list[dict]:
    path = FOLDER / slug / "kinds-shared.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["kinds"] if path.exists() else []


def test_kinds_that_several_packs_use_are_spelled_alike():
    spelled: dict[str, dict] = {}
    for slug in PACKS:
        for kind in pack(slug).raw["kinds"]:
            plain = {key: value for key, value in kind.items() if key != "heading"}
            assert spelled.setdefault(kind["kind"], plain) == plain


def least(slug: str, name: str) -> list[tuple]:
    """(lower bound, upper bound) of a rule's requirements."""
    rule = pack(slug).versions(name)[-1]
    bounds = (item.bound for item in rule.requirements())
    return [tuple(getattr(end, "number", None) for end in (bound.low, bound.high)) for bound in bounds]


@pytest.mark.parametrize(
    ("slug", "name", "bounds"),
    [
        (A, "visit-online", [(1, None)]),
        (A, "visit-in-person", [(1, None)]),
        (A, "visit-priority", [(1, None)]),
        (A, "member-lesson-fortnight", [(1, None)]),
        (A, "base-founded", [(1, 2)]),
        (A, "core-group-qualified", [(1, None), (2, None), (7, None), (7, None)]),
        (A, "three-teams", [(3, None)]),
        (A, "clubs-three-levels", [(3, None)]),
        (A, "mentor-three-firsts", [(3, None)]),
        (A, "mentor-three-initiatives", [(3, None)]),
        (A, "network-four-levels", [(1, None)] * 4),
        (A, "five-settings", [(5, None)]),
        (A, "station-five-zones", [(5, None)]),
        (B, "pledge-six", [(6, None)]),
        (B, "joint-programmes-four", [(4, None)]),
        (B, "homeroom-entry-hours", [(12, None)]),
        (C, "new-teacher-eight-hours", [(8, None)]),
        (C, "no-serious-breach", [(None, 0)]),
        (D, "project-team-recipe", [(1, 1)] * 3),
        (D, "course-team-recipe", [(1, 1)] * 2),
        (D, "service-team-recipe", [(1, 1)] * 3),
        (D, "courses-provincial", [(3, None)]),
        (D, "research-teams-school", [(5, None)]),
        (E, "eight-ones", [(1, None)] * 8),
        (E, "open-lesson-five-invited", [(5, None)]),
        (E, "model-teachers-ten", [(10, 10)]),
        (E, "womens-home-monthly", [(1, None)]),
        (E, "forum-four-themes", [(4, None)]),
        (E, "student-publications-hundred", [(100, None)]),
        (BASE, "family-guidance-twice", [(2, None)]),
        (BASE, "mentor-at-most-fifteen", [(None, 15)]),
        (BASE, "probation-training-120", [(120, None)]),
        (BASE, "activist-one-year", [(365, None)]),
        (BASE, "branch-thirty-at-most", [(None, 30)]),
    ],
)
def test_the_numbers_of_the_plans_stand_in_the_rules(slug, name, bounds):
    assert least(slug, name) == bounds


def test_the_plan_of_the_calendar_year_runs_from_february_to_december_in_four_phases():
    found = pack(A)
    assert {item.month for item in found.plan_items} == set(range(2, 13))
    assert [(p.first, p.last) for p in found.phases.values()] == [
        ("02-01", "03-31"),
        ("03-01", "11-30"),
        ("11-11", "11-20"),
        ("12-01", "12-31"),
    ]


@pytest.mark.parametrize("slug", PACKS)
def test_every_sentence_of_the_report_that_counts_is_bound_to_a_figure(slug):
    found = pack(slug)
    outcome = found.reports["outcome"]
    assert len(outcome.outline) >= 8
    for block in outcome.outline:
        words = block.get("text", "").replace("{year}", "")
        for figure in found.figures:
            words = words.replace(f"{{figure:{figure}}}", "")
        assert not any(character.isdigit() for character in words), words


ROWS = {A: 21, B: 12, C: 7, D: 5, E: 7}


@pytest.mark.parametrize("slug", ROWS)
def test_every_row_of_a_plan_is_answered_by_a_rule(slug):
    letter = "ABCDE"[list(ROWS).index(slug)]
    answered = {row for rule in pack(slug).obligations for row in rule.rows}
    assert answered == {f"{letter}{number}" for number in range(1, ROWS[slug] + 1)}


def test_the_reference_page_is_made_from_the_packs():
    page = Path(__file__).parents[2] / "docs" / "reference" / "packs.md"
    assert page.read_text(encoding="utf-8") == packs_page(pack(slug) for slug in [*ROWS, BASE])


def test_what_a_school_tightens_is_asked_above_it():
    base = pack(BASE)
    named = [name for slug in ROWS for rule in pack(slug).obligations for name in rule.tightens]
    assert len(named) >= 5
    assert [name.spelled() for name in named if name.pack != BASE or not base.versions(name.id)] == []


@pytest.mark.parametrize("slug", [slug for slug in PACKS if slug != BASE])
def test_every_pack_of_a_school_names_a_scheme_of_levels_that_is_shipped(slug):
    schemes = {file.stem for file in (FOLDER.parent / "schemes").glob("*.yaml")}
    assert pack(slug).case_scheme in schemes
