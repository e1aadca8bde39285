"""The policy table, read once from policy.yaml and checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

CLASSES = ("K0", "K1", "K2", "K3", "K4a", "K4b", "K4c", "K4d", "K4e", "K5", "KT", "KA", "KS")
REACHES = ("school", "branch", "class", "mentees", "own", "counts", "branch_counts", "duty")
VERBS = (
    "todo", "record", "ledger", "programme", "gaps", "explain", "plan_mark", "programme_edit", "people",
    "people_edit", "import", "accounts", "calendar", "settings", "report", "export", "submit", "bureau", "audit",
    "correct", "consent", "consent_text", "screening", "screening_progress", "screening_figures", "signals",
    "signal_chain", "network", "network_edit", "mood", "talk", "concern", "family_word", "answer", "harm_report",
    "cases", "case_lead", "case_figures", "case_scheme", "case_tasks", "first_run",
)  # fmt: skip

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
CARE_LINKS = ("homeroom_liaison", "teaches", "mentor_of")


@cache
def table() -> dict:
    """Return {"read" and "sealed": {role: {class: reach}}, "do": {role: frozenset(verbs)}}.

    Raises ValueError when the file names a class, reach or verb that does not exist.
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
    return {"read": raw["read"], "sealed": raw["sealed"], "do": verbs}


@cache
def second_factor_roles() -> frozenset[str]:
    """Return the roles that open sealed data of others: they need a second factor. What a duty opens says so itself."""
    return frozenset(role for role, row in table()["sealed"].items() if set(row.values()) - {"own", "duty"})


def higher(*classes: str) -> str:
    """Return the most sensitive of some data classes."""
    return max(classes, key=CLASSES.index, default="K0")
