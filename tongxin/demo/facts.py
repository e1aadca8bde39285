"""Links and attributes of a school, collected in memory and inserted in one batch each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from tongxin.kernel.base.fields import ALWAYS, NO_END
from tongxin.kernel.base.models import Attribute, Link, School, Subject

from .inserting import insert
from .invented import Inventor, public_id


def moment(day: date, hour: float = 9.0) -> datetime:
    """An instant of a day, Shanghai time (UTC+8)."""
    return datetime.combine(day, time(), UTC) + timedelta(hours=hour - 8)


@dataclass
class Facts:
    """started: since when the school's records run; what was so before it is recorded on that day."""

    school: School
    inventor: Inventor
    started: date
    links: list[Link] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)

    def _recorded(self, first: date) -> datetime:
        return moment(max(self.started, first) if first > ALWAYS else self.started)

    def link(self, kind: str, a: Subject, b: Subject, first: date = ALWAYS, last: date = NO_END) -> None:
        self.links.append(
            Link(
                school=self.school,
                kind=kind,
                a=a,
                b=b,
                valid_from=first,
                valid_to=last,
                recorded_at=self._recorded(first),
                public_id=public_id(self.inventor),
            )
        )

    def state(
        self, subject: Subject, name: str, value: object, first: date = ALWAYS, last: date = NO_END
    ) -> None:
        self.attributes.append(
            Attribute(
                school=self.school,
                subject=subject,
                name=name,
                value=str(value).lower() if isinstance(value, bool) else str(value),
                valid_from=first,
                valid_to=last,
                recorded_at=self._recorded(first),
            )
        )

    def write(self) -> None:
        insert(Link, self.links)
        insert(Attribute, self.attributes)
