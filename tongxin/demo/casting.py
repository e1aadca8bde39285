"""Who signs in at the demo: one person for every role, by one click."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tongxin.kernel.base.models import Account, Link
from tongxin.kernel.people.models import Person

from .inserting import insert
from .invented import Inventor, public_id
from .population import Populated, Pupil, StaffMember
from .world import BureauPlan


@dataclass(frozen=True)
class Role:
    """A sign-in of the demo: what the button says, under which school it stands, and the login."""

    school: str
    label: str
    login: str

    def as_row(self) -> dict[str, str]:
        return {"school": self.school, "label": self.label, "login": self.login}


# The posts shown for a school, in the order of the list.
SHOWN = (
    ("secretary", "党组织书记"),
    ("branch_secretary", "支部书记"),
    ("homeroom_teacher", "班主任"),
    ("counsellor", "心理教师"),
    ("administrator", "行政"),
    ("office", "学校办公室"),
    ("department_head", "教研室主任"),
    ("union_organiser", "工会"),
    ("women_organiser", "妇女组织"),
    ("league_organiser", "团组织"),
    ("pioneers_organiser", "少先队辅导员"),
    ("it_admin", "系统管理员"),
    ("security_admin", "安全管理员"),
    ("audit_admin", "审计管理员"),
)
BUREAU_SHOWN = (("bureau_officer", "教育局干部"), ("it_admin", "系统管理员"), ("audit_admin", "审计管理员"))
FULL = ("a", "e")
SHORT = ("secretary", "homeroom_teacher", "counsellor", "office", "it_admin")


def cast_bureau(plan: BureauPlan, logins: dict[str, str]) -> list[Role]:
    return [Role(plan.short, label, logins[post]) for post, label in BUREAU_SHOWN if post in logins]


def cast_school(out: Populated, inventor: Inventor) -> list[Role]:
    """Choose the people behind a school's buttons; give a student and a parent an account."""
    full = out.plan.slug in FULL
    shown = [(post, label) for post, label in SHOWN if full or post in SHORT]
    found: dict[str, StaffMember] = {}
    for post, label in sorted(shown, key=lambda pair: sum(pair[0] in s.posts for s in out.staff)):
        person = _holder(out, post, taken=list(found.values()))
        if person is not None:
            found[label] = person
    chosen = {label: found[label] for _, label in shown if label in found}
    if full:
        chosen |= _teachers(out, list(chosen.values()))
    out.shown = chosen
    roles = [_role(out, label, person) for label, person in chosen.items()]
    return roles + (_family(out, inventor) if full else [])


def _holder(out: Populated, post: str, taken: list[StaffMember]) -> StaffMember | None:
    """Somebody with the post, best one who holds nothing else that is shown and is shown nowhere else."""
    held = [s for s in out.staff if post in s.posts and s not in taken]
    rooms = {room.teacher for room in out.rooms_in(out.year)}
    if post == "homeroom_teacher":
        held = [s for s in held if s in rooms]
    return min(held, key=lambda s: len(set(s.posts)), default=None)


def _teachers(out: Populated, taken: list[StaffMember]) -> dict[str, StaffMember]:
    """Teachers without a post: a member, an ordinary one, a young one, a newcomer, a master."""
    plain = [s for s in out.staff if s not in taken and not s.posts]
    found = {
        "党员教师": [s for s in out.members() if s in plain] or [s for s in out.members() if s not in taken],
        "任课教师": [s for s in plain if s.teaching and not s.member and not s.young],
        "青年教师": [s for s in plain if s.young and s.arrived.year == 1],
        "新调入教师": [s for s in plain if s.arrived.year == out.year],
        "师傅": [master for master, _, _ in out.masters if master in plain],
    }
    return {label: people[0] for label, people in found.items() if people}


def _role(out: Populated, label: str, person: StaffMember) -> Role:
    assert person.account is not None
    return Role(out.plan.short, f"{label} · {person.name}", person.account.login)


def show_leader(roles: list[Role], out: Populated, leader: StaffMember) -> None:
    """Give who is in charge of mental health, chosen after the others, a button; or say it on the one they have."""
    role = _role(out, "分管心理健康的校领导", leader)
    for at, known in enumerate(roles):
        if known.login == role.login:
            post, _, name = known.label.partition(" · ")
            roles[at] = replace(known, label=f"{post}、分管心理健康的校领导 · {name}")
            return
    roles.append(role)


def shown_pupil(out: Populated) -> Pupil:
    """The student whose button stands on the demo's sign-in page."""
    return next(p for p in out.rooms_in(out.year)[0].pupils if not p.priority)


def _family(out: Populated, inventor: Inventor) -> list[Role]:
    """A student of the present school year, and that student's parent."""
    pupil = shown_pupil(out)
    roles = []
    for label, subject in (("学生", pupil.subject), ("家长", pupil.guardian)):
        login = f"{out.plan.slug}.{'student' if label == '学生' else 'parent'}"
        account = new_account(login, inventor)
        Person.objects.filter(pk=subject.pk).update(account=account)
        roles.append(Role(out.plan.short, f"{label} · {subject.name}", login))
    return roles


def peer_role(out: Populated, inventor: Inventor) -> list[Role]:
    """The peer supporter of the first class, where it is not the student who signs in already."""
    room = out.rooms_in(out.year)[0]
    link = (
        Link.objects.filter(kind="peer_supporter", b=room.subject).select_related("a").order_by("pk").first()
    )
    if link is None or link.a_id == shown_pupil(out).id:
        return []
    account = new_account(f"{out.plan.slug}.peer", inventor)
    Person.objects.filter(pk=link.a_id).update(account=account)
    return [Role(out.plan.short, f"心理委员 · {link.a.name}", account.login)]


def new_account(login: str, inventor: Inventor) -> Account:
    """Insert an account that only the demo's sign-in page opens: it has no password."""
    account = Account(login=login, public_id=public_id(inventor))
    account.set_unusable_password()
    insert(Account, [account])
    return account
