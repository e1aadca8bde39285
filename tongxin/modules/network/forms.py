"""Forms of the network. Each asks one thing; what may be left out says so."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Subject
from tongxin.ui.widgets import DayInput, TimeInput

from . import assigned, concerns, durations, families, harm, moods, posts, signs, summaries
from .models import Concern, HarmEntry, HarmReport, MoodReport

WORDS = 2000
AREA = forms.Textarea(attrs={"rows": 4})
SHORT_AREA = forms.Textarea(attrs={"rows": 3})
NOT_SEEN = ""
OTHER = "other"


class MoodForm(forms.Form):
    mood = forms.TypedChoiceField(
        label=gettext_lazy("这周班里的气氛"),
        coerce=int,
        choices=MoodReport.Mood.choices,
        widget=forms.RadioSelect,
    )
    themes = forms.MultipleChoiceField(
        label=gettext_lazy("这周大家忙的、说的多是什么"),
        choices=list(moods.THEMES.items()), required=False, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


class PeerWorryForm(forms.Form):
    """A classmate, and whether it can wait. Nothing else is asked."""

    student = forms.ChoiceField(label=gettext_lazy("你担心谁"))
    when = forms.ChoiceField(
        label=gettext_lazy("要多快"),
        widget=forms.RadioSelect,
        choices=[
            ("calm", gettext_lazy("请老师留意一下")),
            ("now", gettext_lazy("现在就需要大人")),
        ],
    )

    def __init__(self, *args, classmates, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {one.public_id: one for one in classmates}
        names = [(key, one.name) for key, one in self.people.items()]
        self.fields["student"].choices = [("", _("请选一个名字")), *names]  # type: ignore[attr-defined]


class TalkForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("想先说一句的话"), required=False, max_length=500, widget=SHORT_AREA,
        help_text=gettext_lazy("只有心理老师看得到。"),
    )  # fmt: skip


class TalkAnswerForm(forms.Form):
    day = forms.DateField(label=gettext_lazy("哪一天"), widget=DayInput())
    time = forms.TimeField(label=gettext_lazy("几点"), widget=TimeInput())
    words = forms.CharField(
        label=gettext_lazy("在哪里，说一句话"), max_length=300, widget=SHORT_AREA,
        help_text=gettext_lazy("学生会看到，例如：心理辅导室，直接来就行，我等你。"),
    )  # fmt: skip

    def at(self) -> datetime:
        data = self.cleaned_data
        return timezone.make_aware(datetime.combine(data["day"], data["time"]))


class ChildField:
    """Mixin: a child of the own class by a tap, any other by name and class; the whole roll is shown to nobody here."""

    def choose_child(self, viewer: Viewer) -> None:
        form: forms.Form = self  # type: ignore[assignment]
        rooms = viewer.posts.get(posts.HOMEROOM, frozenset()) | viewer.posts.get(
            "homeroom_liaison", frozenset()
        )
        mentees = viewer.posts.get("mentor_of", frozenset())
        own: list[tuple[str, str]] = []
        for room in posts.rooms(viewer.school_id or 0, viewer.day).filter(pk__in=rooms):
            own += [(one.public_id, f"{one.name}（{room.name}）") for one in posts.members(room, viewer.day)]
        known = {key for key, _name in own}
        own += [
            (one.public_id, one.name)
            for one in visible_subjects(viewer, "K2").filter(pk__in=mentees, type="student")
            if one.public_id not in known
        ]
        self.viewer = viewer
        choices = [("", _("请选")), *own, (OTHER, _("别的班的学生，在下面写姓名"))] if own else []
        there = posts.rooms(viewer.school_id or 0, viewer.day)
        form.fields["student"].choices = choices  # type: ignore[attr-defined]
        form.fields["room"].choices = [("", _("请选班级")), *there.values_list("public_id", "name")]  # type: ignore[attr-defined]
        if not own:
            del form.fields["student"]

    def child(self) -> Subject | None:
        """Return the child meant, or None with an error on the field that has to be mended."""
        form: forms.Form = self  # type: ignore[assignment]
        chosen = form.cleaned_data.get("student", "")
        there = Subject.objects.filter(
            school_id=self.viewer.school_id, type="student", present_from__lte=self.viewer.day,
            present_to__gte=self.viewer.day,
        )  # fmt: skip
        if chosen and chosen != OTHER:
            return there.filter(public_id=chosen).first()
        name = "".join(form.cleaned_data.get("name", "").split())
        room = posts.rooms(self.viewer.school_id or 0, self.viewer.day).filter(
            public_id=form.cleaned_data.get("room", "")
        )
        if not name or not room.exists():
            form.add_error("name", _("请写学生的姓名，并选班级。"))
            return None
        found = list(posts.members(room.get(), self.viewer.day).filter(name=name)[:2])
        if len(found) == 1:
            return found[0]
        form.add_error(
            "name",
            _("这个班有同名的学生，请直接找班主任或心理教师说。")
            if found
            else _("这个班的名单里没有这个姓名，请核对姓名和班级。着急就先打电话给班主任或心理教师。"),
        )
        return None


class LeftOutField(forms.Form):
    """Mixin: who of those who may come to know must not, because it is about them or the writer does not want it."""

    left_out = forms.MultipleChoiceField(
        label=gettext_lazy("不要告诉谁（没有就不选）"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("事情和谁有关，或您不想让谁知道，就勾上谁：不会通知他，他也看不到。其余的人会知道。"),
    )  # fmt: skip

    def choose_left_out(self, viewer: Viewer) -> None:
        people = concerns.may_learn(viewer.school_id or 0, viewer.day)
        self.may_learn = {one.public_id: one for one in people if one.pk != viewer.person_id}
        names = [(key, one.name) for key, one in self.may_learn.items()]
        self.fields["left_out"].choices = names  # type: ignore[attr-defined]

    def clean_left_out(self) -> list[int]:
        chosen = self.cleaned_data["left_out"]
        if chosen and len(chosen) == len(self.may_learn):
            raise forms.ValidationError(
                _("至少要有一个人知道，才有人来帮孩子。学校的人都不合适时，请打 110 或 12345。")
            )
        return [self.may_learn[key].pk for key in chosen]


class ConcernForm(ChildField, LeftOutField):
    what = forms.ChoiceField(
        label=gettext_lazy("是哪一种"),
        widget=forms.RadioSelect,
        choices=[
            (Concern.Origin.WORRY, gettext_lazy("我担心这名学生")),
            (Concern.Origin.INCIDENT, gettext_lazy("发生了一件事")),
        ],
    )
    student = forms.ChoiceField(label=gettext_lazy("哪名学生"), required=False)
    name = forms.CharField(label=gettext_lazy("学生姓名"), max_length=40, required=False)
    room = forms.ChoiceField(label=gettext_lazy("班级"), required=False)
    when = forms.ChoiceField(
        label=gettext_lazy("要多快"),
        widget=forms.RadioSelect,
        choices=[("calm", gettext_lazy("一天之内看看")), ("now", gettext_lazy("现在就要有人到"))],
    )
    where = forms.CharField(
        label=gettext_lazy("学生现在在哪里，怎么找到您"), max_length=200, required=False,
        help_text=gettext_lazy("要人马上到时请写，例如：操场看台，我陪着，手机 138…。被通知的人会看到这一句。"),
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("看到、听到了什么"), max_length=WORDS, required=False, widget=AREA,
        help_text=gettext_lazy("写事实，不写判断。只有心理教师看得到。"),
    )  # fmt: skip
    harm = forms.CharField(
        label=gettext_lazy("可能有人伤害孩子吗（没有就不写）"), max_length=WORDS, required=False, widget=SHORT_AREA,
        help_text=gettext_lazy("涉及学校里的大人时请用“强制报告”；写在这里的，在下面勾上他。"),
    )  # fmt: skip

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.choose_child(viewer)
        self.choose_left_out(viewer)
        self.order_fields(["what", "student", "name", "room", "when", "where", "words", "harm", "left_out"])

    def clean(self):
        data = super().clean() or {}
        if data.get("when") == "now" and not data.get("where", "").strip():
            self.add_error("where", _("要人马上到，请写学生在哪里。"))
        if data.get("when") == "calm" and not (data.get("words", "").strip() or data.get("harm", "").strip()):
            self.add_error("words", _("请写一两句看到、听到的。"))
        return data


def sheet_fields() -> dict[str, forms.Field]:
    return {
        f"sign-{sign.name}": forms.ChoiceField(
            label=sign.title,
            required=False,
            widget=forms.RadioSelect,
            initial=NOT_SEEN,
            choices=[(NOT_SEEN, _("没看到")), (signs.SOME, _("有一点")), (signs.MUCH, _("明显"))],
        )
        for sign in signs.signs()
    }


class SheetForm(ChildField, forms.Form):
    """The observation sheet about one child; where: asked once something urgent was ticked."""

    student = forms.ChoiceField(label=gettext_lazy("哪名学生"), required=False)
    name = forms.CharField(label=gettext_lazy("学生姓名"), max_length=40, required=False)
    room = forms.ChoiceField(label=gettext_lazy("班级"), required=False)
    words = forms.CharField(
        label=gettext_lazy("从什么时候开始，具体看到什么"),
        max_length=WORDS,
        required=False,
        widget=AREA,
    )
    where = forms.CharField(
        label=gettext_lazy("学生现在在哪里，怎么找到您"), max_length=200, required=False,
        help_text=gettext_lazy("选了最后两条里的一条时请写，会马上有人到。"),
    )  # fmt: skip

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields |= sheet_fields()
        self.order_fields(
            ["student", "name", "room", *(f"sign-{one.name}" for one in signs.signs()), "words", "where"]
        )
        self.choose_child(viewer)

    def sheet(self) -> dict[str, str]:
        return {
            sign.name: said for sign in signs.signs() if (said := self.cleaned_data.get(f"sign-{sign.name}"))
        }

    def clean(self):
        data = super().clean() or {}
        if not self.sheet():
            self.add_error(None, _("请至少选一条看到的变化；都没有看到就不用交。"))
        return data


class FamilyWordForm(forms.Form):
    words = forms.CharField(label=gettext_lazy("想说的话"), max_length=WORDS, widget=AREA)


class FamilyWorryForm(LeftOutField):
    student = forms.ChoiceField(label=gettext_lazy("哪个孩子"))
    when = forms.ChoiceField(
        label=gettext_lazy("要多快"),
        widget=forms.RadioSelect,
        choices=[("calm", gettext_lazy("请老师一天之内联系我")), ("now", gettext_lazy("现在就要有人"))],
    )
    where = forms.CharField(label=gettext_lazy("孩子现在在哪里，您的电话"), max_length=200, required=False)
    words = forms.CharField(
        label=gettext_lazy("您看到了什么"), max_length=WORDS, required=False, widget=AREA,
        help_text=gettext_lazy("只有心理教师看得到。"),
    )  # fmt: skip
    harm = forms.CharField(
        label=gettext_lazy("可能有人伤害孩子吗（没有就不写）"),
        max_length=WORDS,
        required=False,
        widget=SHORT_AREA,
    )

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {one.public_id: one for one in families.own_children(viewer)}
        self.fields["student"].choices = [(key, one.name) for key, one in self.people.items()]  # type: ignore[attr-defined]
        self.choose_left_out(viewer)
        self.order_fields(["student", "when", "where", "words", "harm", "left_out"])

    def clean(self):
        data = super().clean() or {}
        if data.get("when") == "now" and not data.get("where", "").strip():
            self.add_error("where", _("请写孩子在哪里和您的电话，好让人马上找到。"))
        return data


class TaskForm(forms.Form):
    level = forms.ChoiceField(label=gettext_lazy("派给谁"), widget=forms.RadioSelect)
    rooms = forms.MultipleChoiceField(
        label=gettext_lazy("哪些班（不选就是全部）"), required=False, widget=forms.CheckboxSelectMultiple
    )
    title = forms.CharField(
        label=gettext_lazy("要做什么"), max_length=60, help_text=gettext_lazy("不写学生姓名。")
    )
    words = forms.CharField(
        label=gettext_lazy("说明"), max_length=WORDS, required=False, widget=AREA,
        help_text=gettext_lazy("不写学生姓名和任何人的心理情况。"),
    )  # fmt: skip
    due = forms.DateField(label=gettext_lazy("什么时候前回复"), widget=DayInput())

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        levels = assigned.levels_below(viewer)
        labels = dict(assigned.Level.choices)
        self.fields["level"].choices = [(level, labels[level]) for level in levels]  # type: ignore[attr-defined]
        self.fields["due"].initial = viewer.day + timedelta(days=7)
        there = posts.rooms(viewer.school_id or 0, viewer.day)
        if posts.HOMEROOM in viewer.roles and not viewer.roles & (posts.SETTERS | {posts.COMMITTEE}):
            there = there.filter(pk__in=viewer.posts.get(posts.HOMEROOM, ()))
        self.there = {room.public_id: room for room in there}
        if levels == (assigned.Level.COUNSELLOR,):
            del self.fields["rooms"]
        else:
            self.fields["rooms"].choices = [(key, room.name) for key, room in self.there.items()]  # type: ignore[attr-defined]

    def chosen_rooms(self) -> list[Subject]:
        chosen = self.cleaned_data.get("rooms") or list(self.there)
        return [self.there[key] for key in chosen]


class AnswerForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("做得怎样"),
        max_length=WORDS,
        widget=AREA,
        help_text=gettext_lazy("不写学生姓名。"),
    )


class ReportForm(forms.Form):
    span = forms.ChoiceField(label=gettext_lazy("哪一段"))
    words = forms.CharField(
        label=gettext_lazy("要说明的话"), max_length=WORDS, required=False, widget=AREA,
        help_text=gettext_lazy("数字由记录自动算出，不用抄。不写学生姓名。"),
    )  # fmt: skip

    def __init__(self, *args, day, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["span"].choices = [(span.key, span_words(span)) for span in summaries.spans(day)]  # type: ignore[attr-defined]


def span_words(span: summaries.Span) -> str:
    if span.month:
        return _("%(y)d年%(m)d月") % {"y": span.first.year, "m": span.first.month}
    return _("%(m)d月%(d)d日起的一周") % {"m": span.first.month, "d": span.first.day}


class DurationForm(forms.Form):
    weeks = forms.IntegerField(label=gettext_lazy("几周"), min_value=1, max_value=durations.MOST_WEEKS)
    times = forms.IntegerField(
        label=gettext_lazy("几次"), min_value=2, max_value=durations.MOST_TIMES, required=False
    )
    active = forms.BooleanField(label=gettext_lazy("打开"), required=False)


class MomentForm(forms.Form):
    """Mixin: a day and a time that have passed."""

    day = forms.DateField(label=gettext_lazy("哪一天"), widget=DayInput())
    time = forms.TimeField(label=gettext_lazy("几点"), widget=TimeInput())

    def moment(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"]))


def now_initial() -> dict[str, object]:
    now = timezone.localtime()
    return {"day": now.date(), "time": time(now.hour, now.minute)}


class HarmForm(ChildField, MomentForm):
    matter = forms.ChoiceField(
        label=gettext_lazy("是什么事"), choices=HarmReport.Matter.choices, widget=forms.RadioSelect
    )
    student = forms.ChoiceField(label=gettext_lazy("哪名学生"), required=False)
    name = forms.CharField(label=gettext_lazy("学生姓名"), max_length=40, required=False)
    room = forms.ChoiceField(label=gettext_lazy("班级"), required=False)
    words = forms.CharField(
        label=gettext_lazy("知道的情况"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("时间、地点、看到和听到的，孩子的原话。不用先查清楚再报。"),
    )  # fmt: skip
    authority = forms.ChoiceField(
        label=gettext_lazy("已经向谁报告（还没有就先选“还没有”，马上去打电话）"),
        choices=[
            ("", gettext_lazy("还没有")),
            *((value, label) for value, label in HarmEntry.Authority.choices if value),
        ],
        required=False,
    )
    number = forms.CharField(label=gettext_lazy("对方给的编号（没有就不写）"), max_length=80, required=False)
    contact = forms.CharField(label=gettext_lazy("接报的人（没有就不写）"), max_length=80, required=False)
    inside = forms.BooleanField(
        label=gettext_lazy("牵涉或可能牵涉本校的人"), required=False,
        help_text=gettext_lazy("勾选后，学校的台账和督办里都不出现这件事，只有您和您告知的人看得到。"),
    )  # fmt: skip
    suspect = forms.ChoiceField(label=gettext_lazy("牵涉的教职工（说不准就不选）"), required=False)
    told = forms.MultipleChoiceField(
        label=gettext_lazy("校内告诉谁"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("由您决定。可能牵涉的人不要勾。没有勾的人看不到，也拦不住。"),
    )  # fmt: skip

    def __init__(self, *args, viewer: Viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(
            ["matter", "student", "name", "room", "day", "time", "words", "authority", "number", "contact", "inside",
             "suspect", "told"]
        )  # fmt: skip
        assert viewer.school is not None
        self.choose_child(viewer)
        self.fields["day"].label, self.fields["time"].label = _("哪一天发现的"), _("几点发现的")
        people = harm.tellable(viewer.school, viewer.day)
        told = [(one.public_id, one.name) for one in people if one.pk != viewer.person_id]
        self.fields["told"].choices = told  # type: ignore[attr-defined]
        self.fields["told"].initial = [
            one.public_id for one in harm.told_by_default(viewer.school, viewer.day)
        ]
        staff = harm.staff(viewer.school, viewer.day).exclude(pk=viewer.person_id)
        self.staff = {one.public_id: one for one in staff}
        names = [("", _("不选")), *((key, one.name) for key, one in self.staff.items())]
        self.fields["suspect"].choices = names  # type: ignore[attr-defined]


class HarmEntryForm(MomentForm):
    authority = forms.ChoiceField(
        label=gettext_lazy("是什么"),
        widget=forms.RadioSelect,
        required=False,
        choices=[
            (value, _label) for value, _label in HarmEntry.Authority.choices if value
        ] + [("", gettext_lazy("只补充情况"))],
    )  # fmt: skip
    mode = forms.ChoiceField(
        label=gettext_lazy("方式"), choices=HarmEntry.Mode.choices, widget=forms.RadioSelect,
        initial=HarmEntry.Mode.ORAL, required=False,
    )  # fmt: skip
    number = forms.CharField(label=gettext_lazy("对方给的编号（没有就不写）"), max_length=80, required=False)
    contact = forms.CharField(label=gettext_lazy("接报的人（没有就不写）"), max_length=80, required=False)
    words = forms.CharField(label=gettext_lazy("说了什么，或补充的情况"), max_length=4000, widget=AREA)


class HarmTellForm(forms.Form):
    told = forms.MultipleChoiceField(label=gettext_lazy("再告诉谁"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["told"].choices = choices  # type: ignore[attr-defined]
