"""The policy table, read once from policy.yaml and checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

CLASSES = ("K0", "K1", "K2", "K3", "K4a", "K4b", "K4c", "K4d", "K4e", "K5", "KT", "KA", "KS")
REACHES = ("school", "branch", "class", "mentees", "own", "counts", "branch_counts", "duty")
VERBS = (
    "todo", "record", "ledger", "programme", "gaps", "explain", "plan_mark", "programme_edit", "people",
    "people_edit", "import", "accounts", "calendar", "settings", "report", "export", "submit", "bureau",
    "audit", "correct", "consent", "consent_text", "screening", "screening_progress", "screening_figures",
    "signals", "signal_chain", "network", "network_edit", "mood", "talk", "concern", "family_word", "answer",
    "harm_report", "visits", "visits_plan", "visits_figures", "visit_answer", "pairs", "pairs_lead", "growth",
    "growth_assign", "cases", "case_lead", "case_figures", "case_scheme", "case_tasks", "grants",
    "grants_decide", "grants_watch", "rights", "rights_decide", "pairing", "pair_up", "first_run", "teams",
    "teams_watch", "teams_form", "contests", "list_export",
)  # fmt: skip

GRANT, BREAK_GLASS = "grant", "break_glass"
LIMITS = ("grant_days", "glass_hours", "review_days", "request_days", "kept_open_days")

# Posts that a person can hold, with the type of thing they are held at.
POSTS = {
    "secretary": "school",
    "deputy_secretary": "school",
    "administrator": "school",
    "office": "school",
    "care_leader": "school",
    "committee_member": "school",
    "counsellor": "school",
    "it_admin": "school",
    "security_admin": "school",
    "audit_admin": "school",
    "bureau_officer": "school",
    "union_organiser": "school",
    "women_organiser": "school",
    "league_organiser": "school",
    "pioneers_organiser": "school",
    "branch_secretary": "branch",
    "branch_organiser": "branch",
    "branch_committee": "branch",
    "department_head": "department",
    "homeroom_teacher": "homeroom",
}
# Posts that a student can hold.
STUDENT_POSTS = {"peer_supporter": "homeroom"}
# Links that widen what somebody may read while they last.
CARE_LINKS = (
    "homeroom_liaison", "teaches", "mentor_of", "exam_support_of", "helps_student", "helps_family",
)  # fmt: skip


@cache
def table() -> dict:
    """Return {"read", "sealed": {role: {class: reach}}, "ask": {role: {class: how}}, "do": {role: verbs}, "limits"}.

    Raises ValueError when the file names a class, reach, way of asking, limit or verb that does not exist.
    """
    raw = yaml.safe_load(Path(__file__).with_name("policy.yaml").read_text(encoding="utf-8"))
    for part in ("read", "sealed"):
        for role, row in raw[part].items():
            for data_class, reach in row.items():
                if data_class not in CLASSES or reach not in REACHES:
                    raise ValueError(f"policy.yaml: {part} {role} {data_class}: {reach}")
    verbs = {role: frozenset(row) for role, row in raw["do"].items()}
    for role, row in verbs.items():
        if row - set(VERBS):
            raise ValueError(f"policy.yaml: do {role}: {sorted(row - set(VERBS))}")
    for role, row in raw["ask"].items():
        if set(row) - set(CLASSES) or set(row.values()) - {GRANT, BREAK_GLASS}:
            raise ValueError(f"policy.yaml: ask {role}: {row}")
    if set(raw["limits"]) != set(LIMITS) or min(raw["limits"].values()) <= 0:
        raise ValueError(f"policy.yaml: limits {raw['limits']}")
    return {name: raw[name] for name in ("read", "sealed", "ask", "limits")} | {"do": verbs}


@cache
def second_factor_roles() -> frozenset[str]:
    """Return the roles that open sealed data of others, by themselves or when it is granted: they need a second factor.

    What a duty opens says so itself.
    """
    by_themselves = {role for role, row in table()["sealed"].items() if set(row.values()) - {"own", "duty"}}
    granted = {
        role for role, row in table()["ask"].items() if any(name.startswith(("K4", "K5")) for name in row)
    }
    return frozenset(by_themselves | granted)


def limit(name: str) -> int:
    """Return one of LIMITS, in the unit its name says."""
    return table()["limits"][name]


def higher(*classes: str) -> str:
    """Return the most sensitive of some data classes."""
    return max(classes, key=CLASSES.index, default="K0")
