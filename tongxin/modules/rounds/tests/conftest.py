"""The cast with the programmes of pairs and teams: mentors, special students, masters, candidates, seats of teams."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from tongxin.kernel.base.models import Account, Subject
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes.services import adopt
from tongxin.modules.rounds import schemes, services
from tongxin.modules.rounds.models import Participant, Round
from tongxin.testing.cast import SINCE, TODAY, Cast, Player, cast, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

PLATFORMS, HEARTS, TEAMS, GUIDANCE = (
    "three-platforms-five-integrations", "heart-nurturing-branch", "one-plus-one-plus-one",
    "dual-guidance-mutual-aid",
)  # fmt: skip
STARTS = TODAY + timedelta(days=20)


def signs_in(subject: Subject, login: str) -> Player:
    account = Account.objects.create_user(login)
    Person.objects.filter(pk=subject.pk).update(account=account)
    return Player(Person.objects.select_related("subject", "school").get(pk=subject.pk), account)


@dataclass
class Pairs:
    """special: 安小禾 and 何雨桐, whom only the counsellor may know to be on a list. pupil: 安小禾 signing in."""

    cast: Cast
    special: list[Subject]
    pupil: Player
    parent: Player
    rounds: dict[str, Round] = field(default_factory=dict)

    def plan(self, title: str = "一轮", **more) -> services.Plan:
        days = {
            "starts_on": STARTS, "ends_on": date(2027, 8, 31), "wishes_by": TODAY + timedelta(days=7),
            "answers_by": TODAY + timedelta(days=14),
        }  # fmt: skip
        return services.Plan(title, **{**days, **more})

    def begin(self, scheme: str, by: Player, token: str = "begin", **more) -> Round:
        pairing = schemes.named(self.cast.school, scheme, TODAY)
        assert pairing is not None
        return services.open_round(
            by.viewer(), pairing, self.plan(pairing.title, **more), token=f"{token}-{scheme}"
        )

    def place(self, round_: Round, player: Player | Subject) -> Participant:
        subject = player.subject if isinstance(player, Player) else player
        return Participant.objects.select_related("subject", "round").get(round=round_, subject=subject)

    def propose(self, round_: Round, by: Player, *, fresh: bool = True, stable: bool = False):
        round_.refresh_from_db()
        run = services.propose(by.viewer(), round_, round_.version, seconds=10, stable=stable, fresh=fresh)
        round_.refresh_from_db()
        run.refresh_from_db()
        return run

    def groups(self, round_: Round) -> set[tuple[str, ...]]:
        """The present proposal by names."""
        names = dict(Participant.objects.filter(round=round_).values_list("pk", "subject__name"))
        assert round_.proposal is not None
        return {tuple(names[key] for key in group["who"]) for group in round_.proposal.found["groups"]}


@pytest.fixture
def pairs(cast, keys) -> Pairs:  # noqa: F811
    for slug in (PLATFORMS, HEARTS, TEAMS, GUIDANCE):
        adopt(cast.school, slug, 2026, by=cast.wang.account)
    special = [cast.students[1][0], cast.students[2][0]]
    for child in special:
        people.set_attribute(child, "priority_care", True, since=SINCE)
    people.set_attribute(special[0], "need_type", "learning_difficulty", since=SINCE)
    people.set_link("teaches", cast.xu.subject, cast.room_two.subject, since=SINCE)
    pupil = signs_in(special[0], "pupil")
    guardian = people.make_guardian(cast.school, "安家长", children=[special[0]])
    return Pairs(cast, special, pupil, signs_in(guardian.subject, "parent"))
