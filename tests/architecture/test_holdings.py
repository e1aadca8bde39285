"""Whatever lies sealed about a child is registered with those who copy, erase and let go: a new table cannot be forgotten."""

from django.apps import apps

from tongxin.kernel.access import holdings, policy, terms
from tongxin.kernel.base.sealing import rotation

# Table → the holding that tells and erases it, or why none does. A new sealed column needs a line here.
TABLES = {
    "person": "people.facts",
    "entry": "ledger.entries",
    "answer_page": "screening.answers",
    "result": "screening.scores",
    "signal": "signals.raised",
    "rights_request": "privacy.requests",
    "opening": "privacy.openings",
    "import_run": "rosters.undo",
    "stated_reason": "obligations.reasons",
    "consequence_decision": "obligations.consequences",
    "concern": "network.concern_words",
    "talk": "network.talks",
    "talk_answer": "network.talks",
    "family_word": "network.family_words",
    "harm_entry": "why: a mandatory report is kept by law and told nobody but its writer's own readers",
    "pair_agreement": "mentoring.agreements",
    "pair_wish": "mentoring.wishes",
    "pair_mark": "mentoring.marks",
    "pair_feedback": "mentoring.feedback",
    "pair_asked": "mentoring.changes",
    "pair_step": "mentoring.changes",
    "growth_request": "mentoring.growth",
    "case_paper": "cases.notes",
    "case_task": "cases.plan",
    "case_standing": "cases.rank",
    "case_evidence": "cases.exceptional",
    "case_draft": "cases.exceptional",
    "signal_outcome": "cases.notes",
    "pairing_participant": "rounds.said",
    "pairing_bond": "rounds.said",
    "pairing_member": "rounds.said",
    "pairing_proposal": "why: names nobody: people stand in it by the key of their row, which keeps no name of its own",
    "legal_hold": "why: the ground of a hold is kept with the hold, and holds nothing else",
    "incident": "why: about an event; nobody is named in it",
    "impact_assessment": "why: about a way of working; nobody is named but who assessed it",
    "sharing": "why: about whoever got data; no child is named in it",
    "second_factor": "why: a secret of the account, which is closed with it",
    "visit_home_place": "home_visits.home",
    "visit": "home_visits.visits",
    "visit_record": "home_visits.records",
    "visit_finding": "home_visits.finding_words",
    "visit_family_request": "home_visits.requests",
    "network_task": "why: handed down to staff, about a class",
    "team_change": "teams.changes",
    "team_rating": "teams.ratings",
    "network_report": "why: figures of a class, nobody is named in it",
}


def test_every_table_with_sealed_columns_has_its_holding_or_a_reason():
    registered = {one.name for type_ in ("student", "guardian", "staff") for one in holdings.of_type(type_)}
    tables = {field.model._meta.db_table for field in rotation.columns()}
    tables = {name for name in tables if name in {model._meta.db_table for model in apps.get_models()}}
    known = {name for name, told in TABLES.items() if told.startswith("why:") or told in registered}
    assert tables - known == set()


def test_every_class_of_the_schedule_is_one_that_a_holding_may_have_and_sealed_classes_all_have_a_term():
    schedule = terms.shipped_schedule()
    assert set(schedule) <= set(policy.CLASSES)
    assert {name for name in policy.CLASSES if name.startswith(("K4", "K5"))} <= set(schedule)
