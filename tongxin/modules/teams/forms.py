"""Forms of the teams. What may be left out says so; what a programme words is asked in its words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import School, Subject, SubjectType
from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.kernel.people import services as person_services
from tongxin.kernel.people import teams
from tongxin.kernel.programmes import queries as programmes
from tongxin.methods.cadence.declarations import Kind as Activity
from tongxin.ui.widgets import DayInput

from . import looking, measuring, people, pool
from .kinds import LEADER, Log, Seat, TeamKind, choices
from .logs import Draft
from .models import Topic
from .rules import Refused

AREA = forms.Textarea(attrs={"rows": 3})
Choices = list[tuple[str, Any]]


def _choose(rows: list[Subject], first: str) -> Choices:
    return [("", first), *((one.public_id, one.name) for one in rows)]


class SeatFields(forms.Form):
    """Mixin: the seats of a kind of team as fields. Staff are picked or named, students named with their class."""

    def add_seats(self, school: School, kind: TeamKind, viewer: Viewer, *, leader: bool) -> None:
        self.school, self.kind, self.viewer = school, kind, viewer
        self.asked = [seat for seat in kind.seats if leader or seat.name != LEADER]
        rooms = [("", _("请选班级")), *people.rooms(school, viewer.day).values_list("public_id", "name")]
        for seat in self.asked:
            self._add(seat, rooms)

    def _add(self, seat: Seat, rooms: Choices) -> None:
        required = seat.least > 0
        field: forms.Field
        if seat.most > 1:
            example = (
                _("一行一名，先写班级，例如：七年级1班 王小明") if seat.of == "student" else _("一行一个姓名")
            )
            field = forms.CharField(
                label=seat.title, required=required, widget=AREA, max_length=1000, help_text=example
            )
        elif seat.of == "student":
            self.fields[f"room_{seat.name}"] = forms.ChoiceField(
                label=_("%(seat)s的班级") % {"seat": seat.title}, choices=rooms, required=required
            )
            field = forms.CharField(
                label=_("%(seat)s的姓名") % {"seat": seat.title}, max_length=40, required=required
            )
        else:
            rows = (
                list(people.enterprises(self.school))
                if seat.of == "enterprise"
                else [
                    one
                    for one in people.staff(self.school, self.viewer.day, member=seat.member)
                    if seat.name == LEADER or one.pk != self.viewer.person_id
                ]
            )
            field = forms.ChoiceField(label=seat.title, choices=_choose(rows, _("请选")), required=required)
        self.fields[seat.name] = field

    def members(self) -> dict[str, list[int]]:
        """Return {seat: subject ids} as the form names them. Raises Refused."""
        found: dict[str, list[int]] = {}
        for seat in self.asked:
            text = self.cleaned_data.get(seat.name, "")
            if not text:
                continue
            if seat.most > 1:
                found[seat.name] = [one.pk for one in people.lines(self.school, seat, text, self.viewer.day)]
            elif seat.of == "student":
                room = self.cleaned_data.get(f"room_{seat.name}", "")
                found[seat.name] = [people.named(self.school, seat, text, self.viewer.day, room).pk]
            else:
                found[seat.name] = [Subject.objects.get(school=self.school, public_id=text).pk]
        return found


class TeamForm(SeatFields):
    """A team to be. led: formed for others by whoever leads the branch or the school, who also names the leader."""

    def __init__(self, *args, viewer: Viewer, school: School, kind: TeamKind, led: bool, **more) -> None:
        super().__init__(*args, **more)
        self.led = led
        self.fields["name"] = forms.CharField(
            label=_("团队名称"),
            max_length=40,
            help_text=_("一般用项目、课程或难题的名字，不写学生姓名。"),
        )
        self.fields["topic"] = forms.ChoiceField(
            label=_("从“难题与选题”里认领"), required=kind.needs_topic, choices=self._topics(viewer, kind)
        )
        activity = programmes.kinds(school, viewer.day).get(kind.formed)
        for qualifier in activity.qualifiers if activity else ():
            if qualifier.name != "mode" and qualifier.values:
                self.fields[qualifier.name] = forms.ChoiceField(
                    label=qualifier.title,
                    required=qualifier.required,
                    choices=[("", _("请选")), *qualifier.values.items()],
                )
        self.add_seats(school, kind, viewer, leader=led)
        if led:
            self.fields["since"] = forms.DateField(label=_("成立日期"), widget=DayInput(), initial=viewer.day)

    def _topics(self, viewer: Viewer, kind: TeamKind) -> Choices:
        self.topics = {
            one.public_id: one for one in pool.topics(viewer, kind=kind.name, state=Topic.State.OPEN)[:200]
        }
        return [("", _("请选") if kind.needs_topic else _("不认领，用上面的名称"))] + [
            (key, f"{one.title}（{one.enterprise.name}）" if one.enterprise else one.title)
            for key, one in self.topics.items()
        ]

    def topic(self) -> Topic | None:
        return self.topics.get(self.cleaned_data.get("topic", ""))


class InsteadForm(SeatFields):
    """Somebody else for one seat."""

    def __init__(self, *args, viewer: Viewer, school: School, kind: TeamKind, seat: Seat, **more) -> None:
        super().__init__(*args, **more)
        self.school, self.kind, self.viewer, self.asked = school, kind, viewer, [seat]
        rooms = [("", _("请选班级")), *people.rooms(school, viewer.day).values_list("public_id", "name")]
        self._add(seat, rooms)
        self.fields[seat.name].required = True


class ChangeForm(forms.Form):
    seat = forms.ChoiceField(label=gettext_lazy("哪个席位"))
    leaving = forms.ChoiceField(label=gettext_lazy("谁离开"), required=False)
    name = forms.CharField(
        label=gettext_lazy("谁加入"), max_length=60, required=False,
        help_text=gettext_lazy("写姓名；学生先写班级，例如：七年级1班 王小明。没有人接替就不写。"),
    )  # fmt: skip
    since = forms.DateField(label=gettext_lazy("从哪一天起"), widget=DayInput())
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=300, widget=AREA)

    def __init__(self, *args, viewer: Viewer, kind: TeamKind, team: Subject, **more) -> None:
        super().__init__(*args, **more)
        self.kind, self.team, self.viewer = kind, team, viewer
        links = teams.seats_of([team.pk], viewer.day)
        names = looking.names_of(viewer, team)
        self.people = {link.a.public_id: link.a for link in links}
        titles = {seat.name: seat.title for seat in kind.seats}
        self.fields["seat"].choices = [("", _("请选")), *titles.items()]  # type: ignore[attr-defined]
        self.fields["leaving"].choices = [("", _("没有人离开，只是加人"))] + [  # type: ignore[attr-defined]
            (link.a.public_id, f"{names.seen(link.a).name}（{titles.get(link.kind, '')}）") for link in links
        ]
        self.fields["since"].initial = viewer.day

    def coming(self) -> int | None:
        """Return who comes, if anybody. Raises Refused."""
        text, seat = self.cleaned_data["name"], self.kind.seat(self.cleaned_data["seat"])
        if not text.strip() or seat is None:
            return None
        try:
            return people.named(self.team.school, seat, text, self.cleaned_data["since"]).pk
        except Refused as refused:
            raise Refused(str(refused), "name") from refused

    def leaving_id(self) -> int | None:
        found = self.people.get(self.cleaned_data["leaving"])
        return found.pk if found else None


class EndForm(forms.Form):
    since = forms.DateField(label=gettext_lazy("最后一天"), widget=DayInput())
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=300, widget=AREA)


class StepForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("要做什么"), max_length=60)
    bearer = forms.ChoiceField(label=gettext_lazy("谁来做"), required=False)
    due = forms.DateField(label=gettext_lazy("哪天前完成"), widget=DayInput())

    def __init__(self, *args, members: list[Subject], **more) -> None:
        super().__init__(*args, **more)
        self.people = {one.public_id: one for one in members}
        self.fields["bearer"].choices = _choose(members, _("大家一起"))  # type: ignore[attr-defined]

    def bearer_id(self) -> int | None:
        found = self.people.get(self.cleaned_data["bearer"])
        return found.pk if found else None


class LogForm(forms.Form):
    """One thing a team did. Fields for what its activity asks; who was there is ticked."""

    day = forms.DateField(label=gettext_lazy("哪一天"), widget=DayInput())
    title = forms.CharField(
        label=gettext_lazy("做了什么"), max_length=60, help_text=gettext_lazy("一句话，不写学生姓名。")
    )

    def __init__(
        self, *args, log: Log, activity: Activity, woven: Activity | None, members: list[Subject], **more
    ) -> None:
        super().__init__(*args, **more)
        self.log, self.activity, self.woven = log, activity, woven
        self.people = {one.public_id: one for one in members}
        for qualifier in activity.qualifiers:
            self.fields[f"q_{qualifier.name}"] = (
                forms.ChoiceField(
                    label=qualifier.title,
                    required=qualifier.required,
                    choices=[("", _("请选")), *qualifier.values.items()],
                )
                if qualifier.values
                else forms.CharField(label=qualifier.title, max_length=40, required=qualifier.required)
            )
        for amount in activity.amounts:
            self.fields[f"a_{amount.name}"] = forms.DecimalField(
                label=f"{amount.title}（{amount.unit}）" if amount.unit else amount.title,
                required=False,
                min_value=0,
                max_value=100_000_000,
                decimal_places=2,
            )
        self.fields["present"] = forms.MultipleChoiceField(
            label=_("谁在场"),
            choices=[(one.public_id, one.name) for one in members],
            initial=list(self.people),
            widget=forms.CheckboxSelectMultiple,
        )
        if woven is not None:
            self._add_woven(woven)
        if ledger.notes_allowed(activity.data_class):
            self.fields["note"] = forms.CharField(
                label=_("记录"), max_length=2000, required=False, widget=AREA
            )

    def _add_woven(self, woven: Activity) -> None:
        self.fields["party"] = forms.BooleanField(
            label=_("这次也是党建活动"),
            required=False,
            help_text=_("勾选后只登记这一条，训练和党建两处都计，不用再登记一次。"),
        )
        self.fields["party_theme"] = forms.ChoiceField(
            label=_("党建内容"),
            required=False,
            choices=[("", _("没有勾选就不用选")), *choices(woven, "theme").items()],
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("party") and not data.get("party_theme"):
            self.add_error("party_theme", _("请选择党建内容。"))
        if data.get("party") and "q_theme" in self.errors:
            del self._errors["q_theme"]  # type: ignore[attr-defined]
        return data

    @property
    def is_woven(self) -> bool:
        return bool(self.cleaned_data.get("party") and self.woven)

    def draft(self, uploads: list[ledger.Upload]) -> Draft:
        data = self.cleaned_data
        said = {q.name: str(data.get(f"q_{q.name}", "")) for q in self.activity.qualifiers}
        if self.is_woven:
            said = {"theme": data["party_theme"]}
        present = frozenset(self.people[key].pk for key in data["present"])
        amounts = {
            a.name: round(data[f"a_{a.name}"] * 100)
            for a in self.activity.amounts
            if data.get(f"a_{a.name}") is not None
        }
        return Draft(data["day"], data["title"], present, said, amounts, data.get("note", ""), uploads)


class RateForm(forms.Form):
    def __init__(self, *args, **more) -> None:
        super().__init__(*args, **more)
        scale = [(1, _("1 还不太行")), (2, "2"), (3, _("3 一般")), (4, "4"), (5, _("5 很有把握"))]
        for name, title in measuring.ABILITIES.items():
            self.fields[name] = forms.TypedChoiceField(
                label=title, coerce=int, choices=scale, widget=forms.RadioSelect
            )


class TopicForm(forms.Form):
    """Something for the pool; the questions about an enterprise only where the kind of team serves one."""

    def __init__(self, *args, viewer: Viewer, school: School, kind: TeamKind, **more) -> None:
        super().__init__(*args, **more)
        self.school, self.kind = school, kind
        self.fields["title"] = forms.CharField(label=_("名称"), max_length=60)
        activity = programmes.kinds(school, viewer.day).get(kind.pooled or kind.formed)
        themes = choices(activity, "theme")
        if themes:
            self.fields["theme"] = forms.ChoiceField(
                label=_("类别"), required=False, choices=[("", _("请选")), *themes.items()]
            )
        if kind.pooled:
            self._add_enterprise(viewer)
        self.fields["words"] = forms.CharField(
            label=_("说明"),
            max_length=1000,
            required=False,
            widget=AREA,
            help_text=_("要解决什么，做到什么程度。"),
        )

    def _add_enterprise(self, viewer: Viewer) -> None:
        self.fields["enterprise"] = forms.CharField(
            label=_("企业"), max_length=60, help_text=_("写全称；名录里没有的会新建。")
        )
        self.fields["industry"] = forms.CharField(label=_("行业"), max_length=60, required=False)
        self.fields["people_needed"] = forms.CharField(label=_("人才需求"), max_length=200, required=False)
        self.fields["policy"] = forms.CharField(label=_("政策落实情况"), max_length=200, required=False)
        visits = visible_entries(viewer).filter(kind="enterprise_visit", superseded_at=FOREVER)
        self.visits = {one.public_id: one for one in visits.order_by("-day", "-pk")[:30]}
        self.fields["visit"] = forms.ChoiceField(
            label=_("从哪次走访得知"),
            required=False,
            choices=[("", _("不是走访得知的"))]
            + [(key, f"{one.day:%Y-%m-%d} {one.title}") for key, one in self.visits.items()],
        )

    def given(self) -> dict[str, Any]:
        """Return the columns of the topic; an enterprise that is not known yet is made."""
        data = {
            name: value for name, value in self.cleaned_data.items() if name not in ("enterprise", "visit")
        }
        if "enterprise" in self.fields:
            name = " ".join(self.cleaned_data["enterprise"].split())
            known = people.enterprises(self.school).filter(name=name).first()
            data["enterprise"] = known or person_services.make_subject(
                self.school, SubjectType.ENTERPRISE, name
            )
            data["visit"] = self.visits.get(self.cleaned_data["visit"])
        return data


class ContestForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("比赛名称"), max_length=60)
    level = forms.ChoiceField(label=gettext_lazy("级别"))
    theme = forms.ChoiceField(label=gettext_lazy("赛事"))
    first_day = forms.DateField(label=gettext_lazy("开始日期"), widget=DayInput())
    last_day = forms.DateField(label=gettext_lazy("结束日期"), widget=DayInput())

    def __init__(self, *args, activity: Activity, **more) -> None:
        super().__init__(*args, **more)
        for name in ("level", "theme"):
            self.fields[name].choices = [("", _("请选")), *choices(activity, name).items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("first_day") and data.get("last_day") and data["last_day"] < data["first_day"]:
            self.add_error("last_day", _("结束日期早于开始日期，请改正其中一个。"))
        return data


class SendOnForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("上一级比赛的名称"), max_length=60)
    first_day = forms.DateField(label=gettext_lazy("开始日期"), widget=DayInput())
    last_day = forms.DateField(label=gettext_lazy("结束日期"), widget=DayInput())


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200, widget=AREA)
