"""A scheme's form as a form of a page: one simple control for each question, and several for goals and tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger import evidence
from tongxin.methods.schemes.scheme import Field, Form, Scheme

from .casework import bearing
from .casework.correcting import WHY
from .casework.papers import COLUMNS, Asked, Attached, Written
from .casework.people import holders
from .casework.scale import scale_words, watch_days
from .models import Case, CasePaper

GOALS, TASKS, WATCHES = 5, 3, 5
LONGEST_LINE, LONGEST_TEXT = 200, 8000


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass
class Part:
    """A question as the page draws it: one control, or rows of them. more: rows nobody needs yet, folded away."""

    field: Field
    one: forms.BoundField | None = None
    rows: list[list[forms.BoundField]] = dataclasses.field(default_factory=list)
    more: list[list[forms.BoundField]] = dataclasses.field(default_factory=list)


def _in_rows(field: Field, rows: list[list[forms.BoundField]]) -> Part:
    """Show the rows that say something, those with an error and one more; fold the rest."""
    used = [number for number, row in enumerate(rows) if row[0].value() or any(one.errors for one in row)]
    shown = max(used, default=-1) + 2
    return Part(field, rows=rows[:shown], more=rows[shown:])


class PaperForm(forms.Form):
    """goals: those of the newest plan, [{"id", "text"}]. draft: what was typed before, {name: [texts]}."""

    def __init__(
        self, data, files, *, scheme: Scheme, form: Form, case: Case, viewer: Viewer, goals: list[dict], draft=None,
        ask_why: bool = False, ask_correction: bool = False,
    ):  # fmt: skip
        self.scheme, self.paper, self.case, self.viewer, self.goals = scheme, form, case, viewer, goals
        super().__init__(data, files)
        asks_people = form.of_type("tasks") or form.of_type("watches")
        self._bearers = bearing.bearers(case, viewer.day) if asks_people else []
        for one in form.fields:
            self._add(one)
        self.initial = self._from_draft(draft) if draft else self._today()
        if ask_correction:
            self.fields[WHY] = forms.CharField(
                label=_("为什么更正"), max_length=LONGEST_LINE, widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("写明哪里写错了。能看方案的人也看得到这一句。"),
            )  # fmt: skip
        if ask_why:
            self.fields["_urgent"] = forms.CharField(
                label=_("情况紧急，来不及等同意的原因"), required=False, max_length=LONGEST_TEXT,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_("监护人还没有同意与校外交换情况。能等就先请监护人签字；等不了的在这里写明，分管领导会马上知道。"),
            )  # fmt: skip

    # ------------------------------------------------------------------ controls

    def _add(self, one: Field) -> None:
        common = {"label": one.title, "required": one.required, "help_text": one.help}
        match one.type:
            case "goals":
                for n in range(GOALS):
                    title = _("目标 %(n)d") % {"n": n + 1}
                    help_ = one.help if n == 0 else ""
                    self.fields[f"{one.id}-{n}"] = forms.CharField(
                        label=title,
                        required=one.required and n == 0,
                        max_length=LONGEST_LINE,
                        help_text=help_,
                    )
            case "goal_scores":
                choices = [
                    ("", _("还没有看")),
                    *((str(value), words) for value, words in scale_words().items()),
                ]
                for goal in self.goals:
                    self.fields[f"{one.id}-{goal['id']}"] = forms.ChoiceField(
                        label=goal["text"], required=False, choices=choices
                    )
            case "tasks":
                for n in range(TASKS):
                    self._add_task(one, n)
            case "watches":
                for n in range(WATCHES):
                    self._add_watch(one, n)
            case _:
                self.fields[one.id] = self._simple(one, common)

    def _people(self) -> list[tuple[str, str]]:
        return [
            ("", _("不用")),
            *((str(who.pk), f"{who.name}（{what}）" if what else who.name) for who, what in self._bearers),
        ]

    def _add_watch(self, one: Field, n: int) -> None:
        name, clock = f"{one.id}-{n}", forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        self.fields[f"{name}-who"] = forms.ChoiceField(
            label=_("班次 %(n)d：谁") % {"n": n + 1}, required=False, choices=self._people()
        )
        self.fields[f"{name}-from"] = forms.TimeField(label=_("几点起"), required=False, widget=clock)
        self.fields[f"{name}-to"] = forms.TimeField(label=_("到几点"), required=False, widget=clock)
        self.fields[f"{name}-days"] = forms.ChoiceField(
            label=_("哪些天"), required=False, choices=list(watch_days().items())
        )

    def _add_task(self, one: Field, n: int) -> None:
        number = {"n": n + 1}
        self.fields[f"{one.id}-{n}-who"] = forms.ChoiceField(
            label=_("任务 %(n)d：请谁") % number, required=False, choices=self._people()
        )
        self.fields[f"{one.id}-{n}-what"] = forms.CharField(
            label=_("做什么（对方会看到这句话，不要写原因）"), required=False, max_length=LONGEST_LINE
        )
        self.fields[f"{one.id}-{n}-until"] = forms.DateField(
            label=_("哪天以前"), required=False, widget=day_input()
        )

    def _simple(self, one: Field, common: dict[str, Any]) -> forms.Field:
        match one.type:
            case "long":
                area = forms.Textarea(attrs={"rows": 4})
                return forms.CharField(max_length=LONGEST_TEXT, widget=area, **common)
            case "choice":
                return forms.ChoiceField(choices=[("", _("请选择")), *one.options], **common)
            case "date":
                return forms.DateField(widget=day_input(), **common)
            case "number":
                return forms.DecimalField(max_digits=10, decimal_places=2, **common)
            case "yes_no":
                choices = [("", _("请选择")), ("yes", _("是")), ("no", _("否"))]
                return forms.ChoiceField(choices=choices, **common)
            case "people":
                staff = holders_and_staff(self.case, self.viewer)
                return forms.TypedMultipleChoiceField(choices=staff, coerce=int, **common)
            case "file":
                accept = "image/*,.pdf,.docx"
                return forms.FileField(widget=forms.ClearableFileInput(attrs={"accept": accept}), **common)
            case "rank":
                levels = [(str(level.rank), f"{level.words}：{level.means}" if level.means else level.words)
                          for level in reversed(self.scheme.levels)]  # fmt: skip
                return forms.TypedChoiceField(
                    choices=[("", _("请选择")), *levels], coerce=int, empty_value=None, **common
                )
        return forms.CharField(max_length=LONGEST_LINE, **common)

    def _today(self) -> dict[str, Any]:
        return {one.id: self.viewer.day for one in self.paper.of_type("date") if one.required}

    def _from_draft(self, draft: Mapping[str, list[str]]) -> dict[str, Any]:
        many = {one.id for one in self.paper.of_type("people")}
        return {
            name: values if name in many else values[0]
            for name, values in draft.items()
            if name in self.fields and values
        }

    # ------------------------------------------------------------------ what the page draws

    @property
    def parts(self) -> list[Part]:
        return [self._part(one) for one in self.paper.fields]

    def _part(self, one: Field) -> Part:
        names = [name for name in self.fields if name == one.id or name.startswith(f"{one.id}-")]
        if one.type == "tasks":
            rows = [[self[f"{one.id}-{n}-{what}"] for what in ("who", "what", "until")] for n in range(TASKS)]
            return _in_rows(one, rows)
        if one.type == "watches":
            asked = ("who", "from", "to", "days")
            return _in_rows(one, [[self[f"{one.id}-{n}-{what}"] for what in asked] for n in range(WATCHES)])
        if one.type == "goals":
            return _in_rows(one, [[self[name]] for name in names])
        if one.type == "goal_scores":
            return Part(one, rows=[[self[name]] for name in names])
        return Part(one, one=self[one.id])

    @property
    def people(self) -> dict[str, list[dict[str, Any]]]:
        """The choices of each question for people, as the picker takes them."""
        found = {}
        for one in self.paper.of_type("people"):
            chosen = {str(value) for value in (self[one.id].value() or [])}
            found[one.id] = [
                {"id": value, "name": label, "selected": str(value) in chosen}
                for value, label in self.fields[one.id].choices  # type: ignore[attr-defined]
            ]
        return found

    # ------------------------------------------------------------------ what was filled in

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for one in self.paper.of_type("tasks"):
            for n in range(TASKS):
                self._clean_task(one, n, cleaned)
        for one in self.paper.of_type("watches"):
            for n in range(WATCHES):
                self._clean_watch(one, n, cleaned)
        for one in self.paper.of_type("file"):
            uploaded = cleaned.get(one.id)
            if uploaded:
                try:
                    cleaned[one.id] = Attached(one.id, evidence.clean(uploaded.read()), uploaded.name or "")
                except evidence.BadFile as error:
                    self.add_error(one.id, str(error))
        return cleaned

    def _clean_task(self, one: Field, n: int, cleaned: dict[str, Any]) -> None:
        who, what, until = (f"{one.id}-{n}-{part}" for part in ("who", "what", "until"))
        given = [bool(cleaned.get(name)) for name in (who, what, until)]
        if any(given) and not all(given):
            missing = (who, what, until)[given.index(False)]
            if missing not in self.errors:
                self.add_error(missing, _("请谁、做什么、哪天以前要一起写；不用的一行全部留空。"))
        if cleaned.get(until) and cleaned[until] < self.viewer.day:
            self.add_error(until, _("任务的日期不能早于今天。"))

    def _clean_watch(self, one: Field, n: int, cleaned: dict[str, Any]) -> None:
        names = [f"{one.id}-{n}-{part}" for part in ("who", "from", "to")]
        missing = [name for name in names if not cleaned.get(name) and name not in self.errors]
        if 0 < len(missing) < len(names):
            self.add_error(missing[0], _("谁、几点起、到几点要一起写；不用的一行全部留空。"))
        begin, end = (cleaned.get(name) for name in names[1:])
        # A night goes over midnight: only a shift of no length is a slip.
        if begin and begin == end:
            self.add_error(names[2], _("结束的时间要和开始的不一样。"))

    def written(self) -> Written:
        """Return what was filled in as the service takes it."""
        cleaned, made = self.cleaned_data, Written(urgent=self.cleaned_data.get("_urgent", ""))
        tasks: list[Asked] = []
        files: list[Attached] = []
        for one in self.paper.fields:
            match one.type:
                case "rank":
                    made.rank = cleaned.get(one.id)
                case "tasks":
                    tasks += self._tasks(one, cleaned)
                case "file":
                    files += [cleaned[one.id]] if cleaned.get(one.id) else []
                case _:
                    value = self._value(one, cleaned)
                    if value not in (None, "", [], {}):
                        made.values[one.id] = value
        made.tasks, made.files = tasks, files
        return made

    def _tasks(self, one: Field, cleaned: dict[str, Any]) -> list[Asked]:
        rows = [
            [cleaned.get(f"{one.id}-{n}-{part}") for part in ("who", "what", "until")] for n in range(TASKS)
        ]
        return [Asked(int(who), what, until) for who, what, until in rows if who and what and until]

    def _value(self, one: Field, cleaned: dict[str, Any]) -> Any:
        match one.type:
            case "goals":
                texts = [cleaned.get(f"{one.id}-{n}", "").strip() for n in range(GOALS)]
                return [{"id": f"g{n}", "text": text} for n, text in enumerate(texts, 1) if text]
            case "goal_scores":
                said = {goal["id"]: cleaned.get(f"{one.id}-{goal['id']}") for goal in self.goals}
                return {goal: int(score) for goal, score in said.items() if score not in (None, "")}
            case "watches":
                rows = [
                    [cleaned.get(f"{one.id}-{n}-{part}") for part in ("who", "from", "to", "days")]
                    for n in range(WATCHES)
                ]
                return [
                    {
                        "who": int(who),
                        "from": f"{begin:%H:%M}",
                        "to": f"{end:%H:%M}",
                        "days": days or "school",
                    }
                    for who, begin, end, days in rows
                    if who and begin and end
                ]
            case "date":
                return cleaned[one.id].isoformat() if cleaned.get(one.id) else ""
            case "yes_no":
                return None if not cleaned.get(one.id) else cleaned[one.id] == "yes"
            case "number":
                return None if cleaned.get(one.id) is None else str(cleaned[one.id])
        return cleaned.get(one.id)


def holders_and_staff(case: Case, viewer: Viewer) -> list[tuple[int, str]]:
    """Return the staff of a school as choices: keeper and leaders first, for they are at every meeting."""
    first = list(holders(case.school_id, ("counsellor", "care_leader", "secretary"), viewer.day))
    rest = Subject.objects.filter(
        school_id=case.school_id, type="staff", present_from__lte=viewer.day, present_to__gte=viewer.day
    ).exclude(pk__in=[one.pk for one in first])
    return [(one.pk, one.name) for one in (*first, *rest.order_by("pinyin", "pk"))]


def as_typed(form: Form, paper: CasePaper) -> dict[str, list[str]]:
    """Return the answers of an opened paper as somebody would have typed them; what stays sealed is left out."""
    found: dict[str, list[str]] = {}
    for one in form.fields:
        value = ((getattr(paper, COLUMNS[one.data_class]) if one.data_class != "K5" else None) or {}).get(
            one.id
        )
        if value in (None, "", [], {}):
            continue
        match one.type:
            case "goals":
                # Goals keep their number: follow-ups refer to it.
                found |= {f"{one.id}-{int(goal['id'][1:]) - 1}": [goal["text"]] for goal in value}
            case "goal_scores":
                found |= {f"{one.id}-{goal}": [str(score)] for goal, score in value.items()}
            case "watches":
                found |= {
                    f"{one.id}-{n}-{part}": [str(watch[part])]
                    for n, watch in enumerate(value)
                    for part in ("who", "from", "to", "days")
                }
            case "yes_no":
                found[one.id] = ["yes" if value else "no"]
            case "people":
                found[one.id] = [str(each) for each in value]
            case _:
                found[one.id] = [str(value)]
    return found


class OpenForm(forms.Form):
    """Taking a child on: what was seen, what it is like, how it is taken until the study meeting has said."""

    def __init__(
        self, data, *, scheme: Scheme, keepers: list[tuple[int, str]], me: int | None, rank: int | None = None
    ):
        super().__init__(data, initial={"owner": me, "rank": str(scheme.level(rank).rank) if rank else ""})
        triggers = [(one.id, one.title) for one in scheme.triggers]
        levels = [(str(level.rank), level.words) for level in reversed(scheme.levels)]
        self.fields["trigger"] = forms.ChoiceField(
            label=_("因为什么"), choices=[("", _("请选择")), *triggers]
        )
        self.fields["why"] = forms.CharField(
            label=_("看到了什么、听到了什么"), widget=forms.Textarea(attrs={"rows": 4}), max_length=LONGEST_TEXT,
            help_text=_("只写事实，不下结论。"),
        )  # fmt: skip
        self.fields["rank"] = forms.TypedChoiceField(
            label=_("先按哪一级处理"), choices=[("", _("请选择")), *levels], coerce=int, empty_value=None,
            help_text=_("只决定多快要访谈。等级在研判会后由人定。"),
        )  # fmt: skip
        self.fields["owner"] = forms.TypedChoiceField(label=_("由谁负责"), choices=keepers, coerce=int)


class TaskForm(forms.Form):
    """Asking one person to do one thing."""

    def __init__(self, data, *, case: Case, viewer: Viewer):
        super().__init__(data, prefix="task")
        people = bearing.bearers(case, viewer.day)
        self.fields["who"] = forms.TypedChoiceField(
            label=_("请谁"), coerce=int,
            choices=[("", _("请选择")), *((who.pk, f"{who.name}（{what}）" if what else who.name) for who, what in people)],
        )  # fmt: skip
        self.fields["what"] = forms.CharField(
            label=_("做什么"),
            max_length=LONGEST_LINE,
            help_text=_("对方会看到这句话和学生的姓名，看不到原因。请不要写原因。"),
        )
        self.fields["until"] = forms.DateField(label=_("哪天以前"), widget=day_input())
