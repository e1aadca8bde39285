"""Forms of home visits. Each asks what one page needs; what may be left out says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.ui.formats import listed
from tongxin.ui.widgets import DayInput, TimeInput

from . import homes, recording, sessions
from .models import DistrictPlace, FamilyRequest, HomePlace, Mode, Visit, VisitorCard, VisitRound
from .reasons import Reason

DAYS = [
    ("0", gettext_lazy("周一")), ("1", gettext_lazy("周二")), ("2", gettext_lazy("周三")), ("3", gettext_lazy("周四")),
    ("4", gettext_lazy("周五")), ("5", gettext_lazy("周六")), ("6", gettext_lazy("周日")),
]  # fmt: skip
SHORT = forms.Textarea(attrs={"rows": 2})
AREA = forms.Textarea(attrs={"rows": 4})
ROWS_OF_TIMES = 2


class RefusedInWords:
    """Mixin: what a service refuses stands at the field it is about."""

    def refused(self, refused: Exception) -> None:
        form: forms.Form = self  # type: ignore[assignment]
        field = getattr(refused, "field", None)
        form.add_error(field if field in form.fields else None, str(refused))


class TimesForm(RefusedInWords, forms.Form):
    """Two weekly times: which days, from when to when. None at all: any time will do."""

    def __init__(self, *args, times: list[dict[str, Any]] | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for number in range(ROWS_OF_TIMES):
            kept = times[number] if times and number < len(times) else None
            label = _("哪几天方便") if number == 0 else _("还有哪几天")
            self.fields[f"days{number}"] = forms.MultipleChoiceField(
                label=label, choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple,
                initial=[str(day) for day in kept["days"]] if kept else [],
            )  # fmt: skip
            for side, title in (("from", _("从几点")), ("to", _("到几点"))):
                self.fields[f"{side}{number}"] = forms.TimeField(
                    label=title, required=False, widget=TimeInput(), initial=kept[side] if kept else None
                )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.times: list[dict[str, Any]] = []
        for number in range(ROWS_OF_TIMES):
            days, low, high = (data.get(f"{name}{number}") for name in ("days", "from", "to"))
            if not (days or low or high):
                continue
            if not (days and low and high):
                self.add_error(f"days{number}", _("请把星期几、从几点、到几点都填上，或都不填。"))
                continue
            try:
                self.times.append(homes.window(map(int, days), f"{low:%H:%M}", f"{high:%H:%M}"))
            except homes.Refused as refused:
                self.add_error(f"to{number}", str(refused))
        return data


class HomeForm(TimesForm):
    """Where a family lives and how it wants to be visited."""

    address = forms.CharField(
        label=gettext_lazy("住址"), required=False, max_length=120,
        help_text=gettext_lazy("写到门牌，加密保存，只有安排家访的老师和去家访的老师看得到。"),
    )  # fmt: skip
    code = forms.CharField(
        label=gettext_lazy("村或街道"), required=False, max_length=40,
        help_text=gettext_lazy("例如：东街/二社区。没有坐标时按它估计路程。"),
    )  # fmt: skip
    x = forms.IntegerField(
        label=gettext_lazy("学校以东（米）"),
        required=False,
        help_text=gettext_lazy("西边写负数；在地图上点一下会自动填。"),
    )
    y = forms.IntegerField(label=gettext_lazy("学校以北（米）"), required=False)
    minutes = forms.IntegerField(
        label=gettext_lazy("坐多久（分钟）"),
        min_value=homes.SHORTEST_MIN,
        max_value=homes.LONGEST_MIN,
        initial=homes.USUAL_MIN,
    )
    skills = forms.CharField(
        label=gettext_lazy("去的老师要会什么"), required=False, max_length=60,
        help_text=gettext_lazy("例如：心理、手语、方言。几样用顿号隔开。"),
    )  # fmt: skip

    def __init__(self, *args, home: HomePlace | None, school: int, **kwargs) -> None:
        spot, wants = (home.spot if home else None) or {}, homes.wants_of(home)
        initial = {name: spot.get(name) for name in ("address", "code", "x", "y")}
        initial |= {"minutes": wants["minutes"], "skills": listed(wants["skills"])}
        super().__init__(*args, times=wants["times"], initial=initial, **kwargs)
        self.codes = list(
            DistrictPlace.objects.filter(school=school).order_by("code").values_list("code", flat=True)
        )
        self.fields["code"].widget.attrs["list"] = "codes"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        try:
            self.spot = homes.spot(
                address=data.get("address") or "",
                code=data.get("code") or "",
                x=data.get("x"),
                y=data.get("y"),
            )
        except homes.Refused as refused:
            self.refused(refused)
            return data
        if self.spot.get("address") and not homes.located(self.spot):
            self.add_error("code", _("有住址，但没有村或街道，也没有坐标，找不到路。请补上其中一样。"))
        return data

    def wants(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"times": self.times, "minutes": data["minutes"], "skills": homes.skills_of(data["skills"])}


class CentreForm(RefusedInWords, forms.Form):
    code = forms.CharField(label=gettext_lazy("村或街道"), max_length=40)
    x = forms.IntegerField(
        label=gettext_lazy("学校以东（米）"), help_text=gettext_lazy("西边写负数；在地图上点一下会自动填。")
    )
    y = forms.IntegerField(label=gettext_lazy("学校以北（米）"))


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("表格文件"), help_text=gettext_lazy("Excel 或 CSV，用模板里的列名。")
    )
    lat = forms.FloatField(
        label=gettext_lazy("学校的纬度"),
        required=False,
        help_text=gettext_lazy("表里写的是经纬度时才要填，例如 31.23。"),
    )
    lon = forms.FloatField(label=gettext_lazy("学校的经度"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        lat, lon = data.get("lat"), data.get("lon")
        if (lat is None) != (lon is None):
            self.add_error("lat" if lat is None else "lon", _("纬度和经度要都写。"))
        elif lat is not None and lon is not None and not (-90 <= lat <= 90 and -180 <= lon <= 180):
            self.add_error("lat", _("经纬度超出范围，请检查是不是写反了。"))
        return data


class CardForm(TimesForm):
    """When somebody can go, what they can do, and with whom they always go."""

    skills = forms.CharField(
        label=gettext_lazy("我会"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("例如：手语、方言。几样用顿号隔开。"),
    )
    most = forms.IntegerField(label=gettext_lazy("一次最多几家"), required=False, min_value=1, max_value=20)
    partner = forms.ChoiceField(label=gettext_lazy("总是和谁一起去"), required=False)

    def __init__(self, *args, card: VisitorCard, staff: list[Subject], **kwargs) -> None:
        super().__init__(*args, times=card.times, initial={
            "skills": listed(card.skills), "most": card.most, "partner": card.partner.public_id if card.partner else "",
        }, **kwargs)  # fmt: skip
        self.people = {one.public_id: one for one in staff}
        names = [(key, one.name) for key, one in self.people.items()]
        self.fields["partner"].choices = [("", _("不固定")), *names]  # type: ignore[attr-defined]

    def with_whom(self) -> Subject | None:
        return self.people.get(self.cleaned_data["partner"])


class TogetherForm(RefusedInWords, forms.Form):
    """Who comes along: a colleague, or somebody who can do something."""

    person = forms.CharField(required=False)
    skills = forms.CharField(
        label=gettext_lazy("或者：一起去的人要会什么"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("例如：心理。排的时候从可以去的人里找一位会的。"),
    )

    def __init__(self, *args, wish: Mapping[str, Any], staff: list[Subject], **kwargs) -> None:
        super().__init__(*args, initial={"skills": listed(wish.get("skills", ()))}, **kwargs)
        self.staff = {one.public_id: one for one in staff}
        self.chosen = next((one.public_id for one in staff if one.pk == wish.get("person")), "")
        self.fields["skills"].widget.attrs["list"] = "skills"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        nobody = "nobody" in self.data
        self.who = None if nobody else self.staff.get(data.get("person", ""))
        self.can = [] if nobody else homes.skills_of(data.get("skills") or "")
        if not nobody and self.who is None and not self.can:
            self.add_error("person", _("请选一位老师，或写要会什么。"))
        if self.who is not None and self.can:
            # Whoever changes one of the two wants that one.
            if self.who.public_id == self.chosen:
                self.who = None
            elif "skills" not in self.changed_data:
                self.can = []
            else:
                self.add_error("skills", _("选一位老师，或写要会什么，只要一样。"))
        return data


class RoundForm(RefusedInWords, forms.Form):
    """A round: for whom, when, who goes, what matters."""

    title = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    scope = forms.ChoiceField(label=gettext_lazy("走访哪些家庭"))
    mode = forms.ChoiceField(
        label=gettext_lazy("方式"), choices=Mode.choices, widget=forms.RadioSelect, initial=Mode.IN_PERSON
    )
    first_day = forms.DateField(label=gettext_lazy("从哪一天"), widget=DayInput())
    last_day = forms.DateField(label=gettext_lazy("到哪一天（期限）"), widget=DayInput())
    evenings = forms.MultipleChoiceField(
        label=gettext_lazy("哪几个晚上可以去"),
        choices=DAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    evening_from = forms.TimeField(label=gettext_lazy("晚上从"), widget=TimeInput(), initial="18:00")
    evening_to = forms.TimeField(label=gettext_lazy("晚上到"), widget=TimeInput(), initial="20:30")
    free_days = forms.BooleanField(label=gettext_lazy("周末和放假的白天也可以"), required=False, initial=True)
    day_from = forms.TimeField(label=gettext_lazy("白天从"), widget=TimeInput(), initial="09:00")
    day_to = forms.TimeField(label=gettext_lazy("白天到"), widget=TimeInput(), initial="12:00")
    most = forms.IntegerField(label=gettext_lazy("一次最多几家"), required=False, min_value=1, max_value=20)
    aim = forms.ChoiceField(
        label=gettext_lazy("先顾哪一样"),
        choices=VisitRound.Aim.choices,
        widget=forms.RadioSelect,
        initial="fewest",
    )
    team_size = forms.TypedChoiceField(
        label=gettext_lazy("几个人一起去"), coerce=int, choices=[(2, gettext_lazy("两人一组（安全）")), (1, gettext_lazy("一个人"))],
        widget=forms.RadioSelect, initial=2,
    )  # fmt: skip
    teacher_goes = forms.BooleanField(label=gettext_lazy("班主任要一起去"), required=False, initial=True)
    seconds = forms.IntegerField(label=gettext_lazy("最多算几秒"), min_value=1, max_value=300, initial=10)

    def __init__(
        self, *args, viewer: Viewer, rooms: list[Subject], grades: list[int], whole: bool, **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self.viewer, self.rooms = viewer, {one.public_id: one for one in rooms}
        choices = [(key, one.name) for key, one in self.rooms.items()]
        if whole:
            choices += [(f"grade-{grade}", _("%(n)d年级") % {"n": grade}) for grade in grades]
            choices.append(("school", _("全校")))
        self.fields["scope"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        hours = ("evening_from", "evening_to", "day_from", "day_to")
        assert self.viewer.school is not None
        if not self.errors and all(data.get(name) for name in (*hours, "first_day", "last_day")):
            said = {name: f"{data[name]:%H:%M}" for name in hours}
            try:
                self.sessions = sessions.made(
                    self.viewer.school, data["first_day"], data["last_day"], evenings=map(int, data["evenings"]),
                    evening=(said["evening_from"], said["evening_to"]), free_days=data["free_days"],
                    daytime=(said["day_from"], said["day_to"]), most=data["most"], today=self.viewer.day,
                )  # fmt: skip
            except homes.Refused as refused:
                self.refused(refused)
        return data

    def _named(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    def what(self) -> list[forms.BoundField]:
        return self._named("title", "scope", "mode", "first_day", "last_day", "evenings")

    def hours(self) -> list[forms.BoundField]:
        return self._named("evening_from", "evening_to", "free_days", "day_from", "day_to")

    def more(self) -> list[forms.BoundField]:
        return self._named("aim", "team_size", "teacher_goes", "most", "seconds")

    def homeroom(self) -> Subject | None:
        return self.rooms.get(self.cleaned_data["scope"])

    def grade(self) -> int | None:
        scope = self.cleaned_data["scope"]
        return int(scope.removeprefix("grade-")) if scope.startswith("grade-") else None


class SessionsForm(RefusedInWords, forms.Form):
    """Which sessions stay, and one more."""

    keep = forms.MultipleChoiceField(
        label=gettext_lazy("留下哪些场次"), required=False, widget=forms.CheckboxSelectMultiple
    )
    day = forms.DateField(label=gettext_lazy("再加一天"), required=False, widget=DayInput())
    start = forms.TimeField(label=gettext_lazy("从几点"), required=False, widget=TimeInput())
    until = forms.TimeField(label=gettext_lazy("到几点"), required=False, widget=TimeInput())

    def __init__(self, *args, round: VisitRound, today: date, **kwargs) -> None:
        self.round, self.today = round, today
        coming = [one for one in round.sessions if date.fromisoformat(one["day"]) >= today]
        super().__init__(*args, initial={"keep": [one["id"] for one in coming]}, **kwargs)
        names = [(one["id"], sessions.title(one, today)) for one in coming]
        self.fields["keep"].choices = names  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kept = [
            one
            for one in self.round.sessions
            if date.fromisoformat(one["day"]) < self.today or one["id"] in data.get("keep", [])
        ]
        day, start, until = data.get("day"), data.get("start"), data.get("until")
        if day and start and until:
            try:
                more = sessions.added(day, f"{start:%H:%M}", f"{until:%H:%M}", None, self.today)
            except homes.Refused as refused:
                self.refused(refused)
                return data
            kept = [*(one for one in kept if one["id"] != more["id"]), more]
        elif day or start or until:
            self.add_error("day", _("加场次要填日期、从几点、到几点。"))
        if not kept:
            self.add_error("keep", _("至少留一个场次。"))
        self.sessions = kept
        return data


class MoveForm(forms.Form):
    """Where a visit goes: which pair, which session, and the time if it matters."""

    team = forms.ChoiceField(label=gettext_lazy("谁去"))
    session = forms.ChoiceField(label=gettext_lazy("哪个场次"))
    time = forms.TimeField(
        label=gettext_lazy("几点到"),
        required=False,
        widget=TimeInput(),
        help_text=gettext_lazy("不填就由计算来定。"),
    )

    def __init__(
        self, *args, teams: list[tuple[str, str]], sessions: list[tuple[str, str]], **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].choices = teams  # type: ignore[attr-defined]
        self.fields["session"].choices = sessions  # type: ignore[attr-defined]


class ProposeForm(forms.Form):
    day = forms.DateField(label=gettext_lazy("哪一天方便"), widget=DayInput())
    time = forms.TimeField(label=gettext_lazy("几点方便"), widget=TimeInput())
    words = forms.CharField(label=gettext_lazy("想说的话"), required=False, max_length=200, widget=SHORT)

    def at(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"]))


class RefuseForm(forms.Form):
    instead = forms.ChoiceField(
        label=gettext_lazy("改成哪一种"), choices=Visit.Instead.choices[1:], widget=forms.RadioSelect
    )
    words = forms.CharField(label=gettext_lazy("为什么不方便"), max_length=200, widget=SHORT)


class RecordForm(RefusedInWords, forms.Form):
    """A visit in a minute: taps by the reason, a few words, the parent's signature or code."""

    day = forms.DateField(label=gettext_lazy("哪一天"), widget=DayInput())
    mode = forms.ChoiceField(label=gettext_lazy("方式"), widget=forms.RadioSelect)
    absent = forms.TypedMultipleChoiceField(
        label=gettext_lazy("谁没有去成"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("都去了就不用点；点了的人不记这一次。"),
    )  # fmt: skip
    minutes = forms.IntegerField(
        label=gettext_lazy("多久（分钟）"), min_value=1, max_value=300, initial=homes.USUAL_MIN
    )
    school_life = forms.BooleanField(
        label=gettext_lazy("向家长说了孩子在校的情况"), required=False, initial=True
    )
    told = forms.CharField(label=gettext_lazy("说了什么"), required=False, max_length=400, widget=SHORT)
    words = forms.CharField(label=gettext_lazy("还要记下的"), required=False, max_length=2000, widget=AREA)
    code = forms.CharField(
        label=gettext_lazy("确认码"),
        required=False,
        max_length=4,
        help_text=gettext_lazy("家长手机上的四位数；家长签了名就不用填。"),
    )
    signature = forms.CharField(required=False, widget=forms.HiddenInput)
    difficulty = forms.ChoiceField(
        label=gettext_lazy("家里有困难要帮"),
        required=False,
        choices=[("", gettext_lazy("没有")), *FamilyRequest.Kind.choices],
    )
    need = forms.CharField(label=gettext_lazy("需要什么"), required=False, max_length=400, widget=SHORT)
    owner = forms.ChoiceField(label=gettext_lazy("请谁办"), required=False)
    due = forms.DateField(label=gettext_lazy("什么时候办好"), required=False, widget=DayInput())
    finding = forms.ChoiceField(
        label=gettext_lazy("要让心理教师知道"), required=False, widget=forms.RadioSelect,
        choices=[("", gettext_lazy("没有")), ("calm", gettext_lazy("请看看")), ("now", gettext_lazy("现在就要有人"))],
    )  # fmt: skip
    seen = forms.CharField(label=gettext_lazy("看到了什么"), required=False, max_length=2000, widget=AREA)
    where = forms.CharField(label=gettext_lazy("孩子现在在哪里，怎么找到您"), required=False, max_length=200)

    def __init__(
        self,
        *args,
        reason: Reason,
        visit: Visit | None,
        staff: list[Subject],
        going: list[tuple[int, str]],
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reason, self.visit, self.people = reason, visit, {one.public_id: one for one in staff}
        self.fields["mode"].choices = recording.modes(visit)  # type: ignore[attr-defined]
        self.fields["owner"].choices = [(key, one.name) for key, one in self.people.items()]  # type: ignore[attr-defined]
        if visit is None:
            del self.fields["code"]
        self.going = [pk for pk, _name in going]
        self.fields["absent"].choices = going  # type: ignore[attr-defined]
        if len(going) < 2:
            del self.fields["absent"]
        for tap in reason.taps:
            self.fields[f"tap_{tap.name}"] = forms.MultipleChoiceField(
                label=tap.title,
                choices=list(tap.options.items()),
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )

    def taps(self) -> list[forms.BoundField]:
        return [self[f"tap_{tap.name}"] for tap in self.reason.taps]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("difficulty"):
            for name, sentence in (
                ("need", _("请写需要什么。")),
                ("due", _("请选什么时候办好。")),
                ("owner", _("请选请谁办。")),
            ):
                if not data.get(name):
                    self.add_error(name, sentence)
        if self.going and set(data.get("absent", ())) == set(self.going):
            self.add_error("absent", _("总要有一个人去过，才是一次家访。"))
        if data.get("finding") and not data.get("seen"):
            self.add_error("seen", _("请写看到了什么，心理教师好判断。"))
        if data.get("finding") == "now" and not data.get("where"):
            self.add_error("where", _("请写孩子现在在哪里，赶来的人好找。"))
        return data

    def told_to(self, token: str, photos: list[tuple[str, bytes]]) -> recording.Told:
        data = self.cleaned_data
        difficulty = finding = None
        if data["difficulty"]:
            difficulty = recording.Difficulty(
                data["difficulty"], data["need"], self.people[data["owner"]], data["due"]
            )
        if data["finding"]:
            finding = recording.Finding(data["seen"], data["where"], data["finding"] == "now")
        return recording.Told(
            token=token, day=data["day"], mode=data["mode"], reason=self.reason.name, minutes=data["minutes"],
            taps={tap.name: data[f"tap_{tap.name}"] for tap in self.reason.taps}, words=data["words"], told=data["told"],
            school_life=data["school_life"], signature=data["signature"], code=data.get("code", ""), photos=photos,
            difficulty=difficulty, finding=finding, people=[one for one in self.going if one not in data.get("absent", ())],
        )  # fmt: skip


class FinishForm(forms.Form):
    answer = forms.CharField(label=gettext_lazy("怎么办的"), max_length=1000, widget=AREA)


class HandOverForm(forms.Form):
    owner = forms.ChoiceField(label=gettext_lazy("请谁办"))
    due = forms.DateField(label=gettext_lazy("什么时候办好"), widget=DayInput())

    def __init__(self, *args, staff: list[Subject], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.public_id: one for one in staff}
        self.fields["owner"].choices = [(key, one.name) for key, one in self.people.items()]  # type: ignore[attr-defined]
