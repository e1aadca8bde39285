"""The log form of one kind of activity, made from the pack's declaration."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.services import ABOUT, GROUP_LINK, Draft, Upload, notes_allowed
from tongxin.methods.cadence.declarations import EvidenceType, Kind, Part, Qualifier
from tongxin.methods.cadence.facts import MADE_UP
from tongxin.methods.cadence.sharing import CHOSEN
from tongxin.ui.worded import as_written, called

from .. import answering, choosing, people
from .fields import FilesField, IdsField

PHOTO = EvidenceType("photo", "照片")
FEW = 6
FEW_NAMES = 3
EARLIEST = timedelta(days=3 * 366)


class ActivityForm(forms.Form):
    """Day, people by part, qualifiers, amounts, evidence. `draft()` is what the ledger takes.

    entry: the entry being corrected; its people may stay even if they have left the viewer's reach since.
    With POST `find` nothing is checked: the form only comes back with the people found.
    """

    def __init__(self, kind: Kind, viewer: Viewer, *args: Any, entry: Entry | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind, self.viewer, self.entry = kind, viewer, entry
        self.use_required_attribute = False
        self.subjects: dict[str, Subject] = {}
        self.fields["day"] = forms.DateField(
            label=_("日期"),
            error_messages={"required": _("请填写日期。"), "invalid": _("请填写正确的日期。")},
        )
        for part in kind.parts:
            self.fields[f"part_{part.name}"] = IdsField(label=part.title, required=bool(part.at_least))
        if self.takes_groups():
            self.fields["absent"] = IdsField(label=_("没到的人"), required=False)
        for qualifier in kind.qualifiers:
            self.fields[f"qualifier_{qualifier.name}"] = _qualifier_field(qualifier)
        for amount in kind.amounts:
            label = f"{amount.title}（{amount.unit}）" if amount.unit else amount.title
            self.fields[f"amount_{amount.name}"] = forms.DecimalField(
                label=label,
                required=False,
                min_value=Decimal(0),
                max_value=Decimal(1_000_000),
                decimal_places=2,
                error_messages={"invalid": _("请填写数字。"), "min_value": _("数量不能小于零。")},
                widget=forms.NumberInput(
                    attrs={
                        "step": "0.5" if as_written(amount.unit) == "小时" else "any",
                        "inputmode": "decimal",
                    }
                ),
            )
        for evidence in self.evidence_types():
            self.fields[f"evidence_{evidence.name}"] = FilesField(label=called(evidence), required=False)
        self.fields["title"] = forms.CharField(
            label=_("标题"), required=False, max_length=120, help_text=self._title_help()
        )
        self.fields["start_day"] = forms.DateField(
            label=_("开始日期"), required=False, help_text=_("持续几天的活动才填。")
        )
        self.answers = answering.answerable(viewer, kind, self._about_said(), entry)
        if self.answers:
            self.fields[ABOUT] = forms.ChoiceField(
                label=_("针对哪一件"),
                required=False,
                choices=[("", _("不针对哪一件")), *((one.value, one.label) for one in self.answers)],
                help_text=_("选了以后，这条记录才算那一件的答复。"),
            )
        asked = {
            CHOSEN: (_("这次算作哪一条"), choosing.rivals(viewer, kind.name)),
            MADE_UP: (_("这次补做哪一段"), choosing.windows_to_make_up(viewer, kind.name)),
        }
        for name, (label, choices) in asked.items():
            if choices:
                self.fields[name] = forms.ChoiceField(label=label, required=False, choices=choices)
        if notes_allowed(kind.data_class or "K1"):
            self.fields["note"] = forms.CharField(
                label=_("记录"),
                required=False,
                max_length=4000,
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    def _about_said(self) -> str:
        return str((self.data if self.is_bound else self.initial).get(ABOUT) or "")

    def evidence_types(self) -> tuple[EvidenceType, ...]:
        return self.kind.evidence or (PHOTO,)

    def takes_groups(self) -> bool:
        """A part takes a class, branch or office as well as its people: those who were not there can be named."""
        return any(
            set(part.of) & set(GROUP_LINK) and people.types_of(part.of) & {"student", "staff"}
            for part in self.kind.parts
        )

    def _title_help(self) -> str:
        if self.about_children():
            return _("不填就用“%(kind)s”。不要写学生姓名。") % {"kind": self.kind.title}
        return _("不填就用“%(kind)s”。") % {"kind": self.kind.title}

    def about_children(self) -> bool:
        return CLASSES.index(self.kind.data_class or "K1") >= CLASSES.index("K3")

    def full_clean(self) -> None:
        if "find" in self.data:
            self._errors = ErrorDict()
            self.cleaned_data = {}
            return
        super().full_clean()

    def clean_day(self) -> date:
        day = self.cleaned_data["day"]
        if day > self.viewer.day:
            raise forms.ValidationError(_("日期不能晚于今天。请填写活动实际发生的日期。"))
        if day < self.viewer.day - EARLIEST:
            raise forms.ValidationError(_("这个日期太早了，请检查年份。"))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        asked = {name for part in self._people_fields() for name in cleaned.get(part) or ()}
        self.subjects = {s.public_id: s for s in self._allowed().filter(public_id__in=asked)}
        for name in self._people_fields():
            if any(one not in self.subjects for one in cleaned.get(name) or ()):
                self.add_error(name, _("有的人员不在您的范围内，请重新选择。"))
        if self.about_children() and self._names_a_child(cleaned.get("title") or ""):
            self.add_error("title", _("标题里有学生姓名，请去掉；学生已经记在下面的人员里。"))
        return cleaned

    def _names_a_child(self, title: str) -> bool:
        return any(s.type == "student" and s.name in title for s in self.subjects.values())

    def _people_fields(self) -> list[str]:
        return [name for name, field in self.fields.items() if isinstance(field, IdsField)]

    def _allowed(self):
        of = [type_ for part in self.kind.parts for type_ in part.of]
        allowed = people.pickable(self.viewer, [t for t in of if t != "member"] + ["staff"], self.viewer.day)
        if self.entry is None:
            return allowed
        kept = self.entry.participations.filter(superseded_at=self.entry.superseded_at)
        return Subject.objects.filter(
            Q(pk__in=allowed.values("pk")) | Q(pk__in=kept.values("subject")), school_id=self.viewer.school_id
        )

    def draft(self, token: str | None) -> Draft:
        """Return the checked form as the ledger's draft."""
        cleaned = self.cleaned_data
        answered = next((one for one in self.answers if one.value == cleaned.get(ABOUT)), None)
        return Draft(
            day=cleaned["day"],
            start_day=cleaned.get("start_day"),
            parts={
                part.name: [self.subjects[one].pk for one in cleaned[f"part_{part.name}"]]
                for part in self.kind.parts
            },
            absent=frozenset(self.subjects[one].pk for one in cleaned.get("absent") or ()),
            title=cleaned["title"],
            note=cleaned.get("note", ""),
            qualifiers={q.name: cleaned[f"qualifier_{q.name}"] for q in self.kind.qualifiers}
            | {name: cleaned[name] for name in (CHOSEN, MADE_UP) if cleaned.get(name)},
            amounts={
                a.name: round(cleaned[f"amount_{a.name}"] * 100)
                for a in self.kind.amounts
                if cleaned[f"amount_{a.name}"] is not None
            },
            uploads=[
                Upload(evidence.name, file.read(), file.name)
                for evidence in self.evidence_types()
                for file in cleaned[f"evidence_{evidence.name}"]
            ],
            token=token,
            about=answered.pk if answered and not answered.event else None,
            about_event=answered.pk if answered and answered.event else None,
        )

    # What the template draws

    def pickers(self) -> list[dict[str, Any]]:
        """Return the people fields as the picker component wants them."""
        return [self._picker(part) for part in self.kind.parts]

    def _picker(self, part: Part) -> dict[str, Any]:
        name = f"part_{part.name}"
        chosen = self._chosen(name)
        searched = self.data.get(f"{name}_q", "") if self.is_bound else ""
        if searched and self.data.get("find") == name:
            listed, _more = people.found(self.viewer, part, searched, "", self.viewer.day)
        else:
            rows = people.suggested(self.viewer, part, self.kind.name, self.viewer.day)
            listed = people.choices(rows, self.viewer.day)
        known = {choice.id for choice in listed}
        extra = [s for s in self._subjects_of(chosen) if s.public_id not in known]
        listed = people.choices(extra, self.viewer.day) + listed
        return {
            "name": name,
            "label": part.title,
            "required": bool(part.at_least),
            "choices": [{**vars(c), "selected": c.id in chosen} for c in listed],
            "groups": people.groups(self.viewer, part, self.viewer.day),
            "fold": self._fold(part, [c.name for c in listed if c.id in chosen], searched),
            "part": part.name,
            "error": " ".join(str(e) for e in self.errors.get(name, [])),
            "searched": searched,
        }

    def _fold(self, part: Part, chosen: list[str], searched: str) -> str:
        """The line under which a picker is folded away: its few people are filled in, or nobody needs to be.

        chosen: names. On a phone the form then ends within reach of the thumb.
        """
        if searched or self.errors.get(f"part_{part.name}"):
            return ""
        if 0 < len(chosen) <= FEW_NAMES:
            return _("%(part)s：%(names)s") % {"part": part.title, "names": "、".join(chosen)}
        if not chosen and not part.at_least:
            return _("%(part)s（选填）") % {"part": part.title}
        return ""

    def absent_picker(self) -> dict[str, Any] | None:
        if "absent" not in self.fields:
            return None
        part = next(p for p in self.kind.parts if set(p.of) & set(GROUP_LINK))
        of = tuple(t for t in part.of if t not in GROUP_LINK)
        picker = self._picker(Part("absent", _("没到的人"), of))
        chosen = self._chosen("absent")
        shown = self._subjects_of(chosen)
        return picker | {
            "name": "absent",
            "part": part.name,
            "label": _("没到的人"),
            "choices": [{**vars(c), "selected": True} for c in people.choices(shown, self.viewer.day)],
            "help": _("选了整班或整个支部时，在这里去掉没到的人。"),
            "required": False,
            "error": " ".join(str(e) for e in self.errors.get("absent", [])),
        }

    def _chosen(self, name: str) -> set[str]:
        if self.is_bound:
            return set(self.data.getlist(name))  # type: ignore[attr-defined]
        return set(self.initial.get(name) or ())

    def _subjects_of(self, ids: set[str]) -> list[Subject]:
        if not ids:
            return []
        return list(self._allowed().filter(public_id__in=ids).order_by("pinyin", "pk"))

    def details_open(self) -> bool:
        names = (CHOSEN, MADE_UP, "title", "start_day", "note")
        return any(self.errors.get(n) or self[n].value() for n in names if n in self.fields)

    def photo_fields(self) -> list[dict[str, Any]]:
        """Return the evidence fields: photographs from the camera first, other files after."""
        return [
            {
                "name": f"evidence_{e.name}",
                "label": called(e),
                "camera": e.name.startswith("photo"),
                "error": " ".join(str(e) for e in self.errors.get(f"evidence_{e.name}", [])),
            }
            for e in sorted(self.evidence_types(), key=lambda e: not e.name.startswith("photo"))
        ]

    def about_field(self) -> Any:
        return self[ABOUT] if ABOUT in self.fields else None

    def qualifier_fields(self) -> list[Any]:
        return [self[f"qualifier_{q.name}"] for q in self.kind.qualifiers]

    def amount_fields(self) -> list[Any]:
        return [self[f"amount_{a.name}"] for a in self.kind.amounts]

    def detail_fields(self) -> list[Any]:
        return [self[name] for name in (CHOSEN, MADE_UP, "title", "start_day", "note") if name in self.fields]


def _qualifier_field(qualifier: Qualifier) -> forms.Field:
    if not qualifier.values:
        return forms.CharField(label=qualifier.title, required=qualifier.required, max_length=80)
    listed = list(qualifier.values.items())
    if len(listed) <= FEW:
        return forms.ChoiceField(
            label=qualifier.title,
            required=qualifier.required,
            choices=listed,
            widget=forms.RadioSelect,
            error_messages={"required": _("请选择%(name)s。") % {"name": qualifier.title}},
        )
    return forms.ChoiceField(
        label=qualifier.title,
        required=qualifier.required,
        choices=[("", _("请选择")), *listed],
        error_messages={"required": _("请选择%(name)s。") % {"name": qualifier.title}},
    )


def initial_from(kind: Kind, parameters: Any) -> dict[str, Any]:
    """Return what an address prefills: day, <part>=<id>…, <qualifier>=…, <amount>=…, title, about."""
    initial: dict[str, Any] = {}
    for name in ("day", "title", ABOUT):
        if parameters.get(name):
            initial[name] = parameters[name]
    for part in kind.parts:
        ids = [one for one in parameters.getlist(part.name) if re.fullmatch(r"[\w-]{22}", one)]
        if ids:
            initial[f"part_{part.name}"] = ids
    for qualifier in kind.qualifiers:
        if parameters.get(qualifier.name):
            initial[f"qualifier_{qualifier.name}"] = parameters[qualifier.name]
    for amount in kind.amounts:
        if re.fullmatch(r"\d+(\.\d+)?", parameters.get(amount.name, "")):
            initial[f"amount_{amount.name}"] = parameters[amount.name]
    return initial


def own_parts(kind: Kind, viewer: Viewer) -> dict[str, Any]:
    """Return who most likely did it: the person logging, and the class they lead when they lead one."""
    initial: dict[str, Any] = {}
    person = viewer.person
    for part in kind.parts:
        if person and part.at_least and person.subject.type in people.types_of(part.of):
            initial[f"part_{part.name}"] = [person.public_id]
            break
    rooms = viewer.posts.get("homeroom_teacher", frozenset())
    for part in kind.parts:
        if part.of == ("homeroom",) and len(rooms) == 1:
            room = Subject.objects.filter(pk__in=rooms).first()
            if room:
                initial[f"part_{part.name}"] = [room.public_id]
    return initial


def initial_of(entry: Entry, kind: Kind) -> dict[str, Any]:
    """Return an entry as the form's starting values, for a correction."""
    initial: dict[str, Any] = {
        "day": entry.day,
        "start_day": entry.start_day if entry.start_day != entry.day else None,
        "title": "" if entry.title == as_written(kind.title) else entry.title,
        "note": entry.note,
        CHOSEN: entry.extra.get(CHOSEN, ""),
        MADE_UP: entry.extra.get(MADE_UP, ""),
        ABOUT: answering.value_of(entry),
    }
    for q in kind.qualifiers:
        value = (
            getattr(entry, q.name, None) if q.name in ("mode", "theme", "place") else entry.extra.get(q.name)
        )
        initial[f"qualifier_{q.name}"] = value or ""
    for a in kind.amounts:
        if entry.extra.get(a.name) is not None:
            initial[f"amount_{a.name}"] = Decimal(entry.extra[a.name]) / 100
    rows = entry.participations.filter(superseded_at=entry.superseded_at).select_related("subject")
    for row in rows:
        if row.via_id is None:
            initial.setdefault(f"part_{row.part}", []).append(row.subject.public_id)
        if row.absent:
            initial.setdefault("absent", []).append(row.subject.public_id)
    return initial
