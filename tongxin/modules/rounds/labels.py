"""What people of a round are called where two may have one name: with the class or the department behind it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.programmes.pairings import Pairing

from .models import Participant, Round


class Labels:
    """people: all of a round. Two queries for any number of them."""

    def __init__(self, round_: Round, pairing: Pairing, people: Sequence[Participant]) -> None:
        self.people = people
        self.groups = groups_of(round_, people)
        names = Counter(one.subject.name for one in people)
        self._label = {
            one.pk: self._with_group(one) if names[one.subject.name] > 1 else one.subject.name
            for one in people
        }
        self._found: dict[str, list[Participant]] = defaultdict(list)
        for one in people:
            for text in {one.subject.name, self._with_group(one)}:
                self._found[plain(text)].append(one)

    def _with_group(self, one: Participant) -> str:
        group = self.groups.get(one.subject_id, "")
        return f"{one.subject.name}（{group}）" if group else one.subject.name

    def of(self, one: Participant) -> str:
        return self._label[one.pk]

    def group(self, one: Participant) -> str:
        """Return somebody's class or department, "" for none."""
        return self.groups.get(one.subject_id, "")

    def named(self, text: str) -> list[Participant]:
        """Return whom a text can mean."""
        return self._found.get(plain(text), [])


def plain(text: str) -> str:
    """Return a name as it is compared: without spaces, with one kind of brackets."""
    return "".join(text.split()).replace("(", "（").replace(")", "）")


def groups_of(round_: Round, people: Sequence[Participant]) -> dict[int, str]:
    """Return {subject: class or department} of a round's people."""
    rows = Link.objects.filter(
        school_id=round_.school_id, kind__in=("enrolled_in", "in_department"), superseded_at=FOREVER,
        valid_from__lte=round_.starts_on, valid_to__gte=round_.starts_on,
    )  # fmt: skip
    mine = {one.subject_id for one in people}
    return {a: name for a, name in rows.values_list("a_id", "b__name") if a in mine}
