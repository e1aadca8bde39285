"""A kind of activity: its name, how confidential it is, who takes part, what is counted, which proof it may carry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tongxin.methods.cadence.pack import Pack

from .tables import (
    MOST_VALUES,
    Column,
    TableForm,
    changed,
    data_classes,
    free_name,
    of_types,
    types_of,
    values_text,
    with_values,
)


class KindForm(forms.Form):
    """raw: the kind as it is written now, {} for a new one."""

    def __init__(self, pack: Pack, raw: dict[str, Any], data: Any = None):
        super().__init__(data)
        headings = [(h.number, f"{h.number} {h.title}") for h in pack.all_headings()]
        self.raw = raw
        self.fields["title"] = forms.CharField(
            label=_("这类活动叫什么"), max_length=60, initial=raw.get("title", ""),
            error_messages={"required": _("请填写活动的名称。")},
        )  # fmt: skip
        self.fields["class"] = forms.ChoiceField(
            label=_("涉及什么内容"), choices=data_classes(), initial=raw.get("class", "K1"),
            help_text=_("决定谁看得到：涉及家庭和学生情况的，只有负责这个学生的人看得到姓名。"),
        )  # fmt: skip
        self.fields["heading"] = forms.ChoiceField(
            label=_("归入台账的哪一条"),
            choices=[("", "—"), *headings],
            initial=raw.get("heading", ""),
            required=False,
        )
        efforts = raw.get("effort_min") or {}
        parts = [{"title": str(p.get("title", "")), "of": (types_of(p) or ["staff"])[0],
                  "minutes": str(efforts.get(p.get("part"), ""))} for p in raw.get("parts") or []]  # fmt: skip
        self.parts = TableForm("parts", (Column("title", _("身份，例如“家访人”")), Column("of", _("由谁担任"), of_types()),
                                         Column("minutes", _("通常几分钟"), width="short")), parts, data)  # fmt: skip
        self.amounts = TableForm("amounts", (Column("title", _("数量，例如“学时”")), Column("unit", _("单位"), width="short"),
                                             Column("per", _("怎么记"), [("person", _("每人各记")), ("entry", _("每次记一个"))])),
                                 _plain(raw.get("amounts"), ("title", "unit", "per")), data)  # fmt: skip
        self.qualifiers = TableForm("qualifiers", (Column("title", _("限定，例如“方式”")), Column("values", _("可选的值，用顿号隔开"), most=MOST_VALUES)),
                                    [{"title": str(q.get("title", "")), "values": values_text(q)}
                                     for q in raw.get("qualifiers") or []], data)  # fmt: skip
        self.evidence = TableForm(
            "evidence",
            (Column("title", _("佐证，例如“照片”")),),
            _plain(raw.get("evidence"), ("title",)),
            data,
        )

    @property
    def tables(self) -> list[tuple[str, TableForm]]:
        return [(_("谁参加"), self.parts), (_("要记的数量"), self.amounts), (_("要说明的情况"), self.qualifiers),
                (_("佐证材料"), self.evidence)]  # fmt: skip

    def is_valid(self) -> bool:
        return all([super().is_valid(), *(table.is_valid() for _title, table in self.tables)])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.parts.is_valid()
        for row in self.parts.rows() if hasattr(self.parts, "cleaned_data") else ():
            if row["minutes"] and not row["minutes"].isdecimal():
                self.add_error(None, _("“通常几分钟”要写整数。"))
        return cleaned

    def written(self, taken: set[str]) -> dict[str, Any]:
        """The kind as a pack writes it; what the form does not show stays."""
        cleaned = self.cleaned_data
        kind: dict[str, Any] = dict(self.raw) or {"kind": free_name(cleaned["title"], taken, "activity")}
        kind["title"], kind["class"] = cleaned["title"].strip(), cleaned["class"]
        if cleaned["heading"]:
            kind["heading"] = cleaned["heading"]
        else:
            kind.pop("heading", None)
        rows = self.parts.rows()
        old = self.raw.get("parts") or []
        parts = changed(old, [{"title": r["title"], "place": r["place"]} for r in rows], "part")
        efforts = {}
        for row, part in zip(rows, parts, strict=True):
            before = types_of(part)
            part["of"] = (
                [row["of"], *before[1:]]
                if (before and before[0] == row["of"]) or len(before) > 1
                else [row["of"]]
            )
            if row["minutes"]:
                efforts[part["part"]] = int(row["minutes"])
        kind["parts"] = parts
        kind["effort_min"] = efforts
        kind["amounts"] = changed(self.raw.get("amounts") or [], self.amounts.rows(), "amount")
        kind["qualifiers"] = [
            with_values(item, text)
            for item, text in _with_texts(self.raw.get("qualifiers") or [], self.qualifiers.rows())
        ]
        kind["evidence"] = changed(self.raw.get("evidence") or [], self.evidence.rows(), "type")
        return {key: value for key, value in kind.items() if value not in ({}, [])}


def _plain(listed: Any, names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{name: str(item.get(name, "")) for name in names} for item in listed or []]


def _with_texts(raw: list[dict[str, Any]], rows: list[dict[str, str]]) -> list[tuple[dict[str, Any], str]]:
    items = changed(raw, [{"title": row["title"], "place": row["place"]} for row in rows], "qualifier")
    return [(item, row["values"]) for item, row in zip(items, rows, strict=True)]
