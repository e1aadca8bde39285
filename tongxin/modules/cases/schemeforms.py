"""Editing a scheme in the browser: levels and clocks in one table, the questions of one form in another. Each gives a new text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.methods.schemes.durations import minutes_of, said
from tongxin.methods.schemes.scheme import CLASSES, COLOURS, TYPES, Field, Form, Level, Minutes, Scheme, State
from tongxin.methods.schemes.words import CLASS_WORDS, TYPE_WORDS, clock

COLOUR_WORDS = {
    "red": gettext_lazy("红"), "orange": gettext_lazy("橙"), "yellow": gettext_lazy("黄"), "blue": gettext_lazy("蓝"),
    "green": gettext_lazy("绿"), "grey": gettext_lazy("灰"),
}  # fmt: skip
MORE_FIELDS = 3


class SpanField(forms.CharField):
    """A span of time as people write it: 10分钟, 4小时, 3天. Cleaned to minutes, None for nothing."""

    def to_python(self, value) -> int | None:  # type: ignore[override]
        text = str(value or "").strip()
        if not text:
            return None
        minutes = minutes_of(text)
        if minutes is None:
            raise forms.ValidationError(_("请写成“10分钟”“4小时”或“3天”的样子。"))
        return minutes

    def prepare_value(self, value):
        return said(value) if isinstance(value, int) else value

    def validate(self, value) -> None:
        if self.required and value is None:
            raise forms.ValidationError(_("请填写时间。"))

    def run_validators(self, value) -> None:
        """Nothing more to check: it is a number of minutes by now."""


class LevelsForm(forms.Form):
    """What levels are called and how fast each goes. rows: the table as the page draws it."""

    def __init__(self, data, *, scheme: Scheme):
        self.scheme = scheme
        self.levels = list(reversed(scheme.levels))
        super().__init__(data)
        self.fields["title"] = forms.CharField(label=_("方案的名称"), max_length=80, initial=scheme.title)
        for level in self.levels:
            self._add_level(level)
        self.clocks: list[tuple[str, str, Minutes]] = [
            ("respond", _("提示多久内要有人回应"), scheme.respond), ("follow", _("多久跟进一次"), scheme.follow),
            ("renew", _("多久要重新定级"), {level.rank: scheme.stands_for(level.rank) for level in scheme.levels}),
            *((f"in-{n}", _("“%(state)s”最多停多久") % {"state": state.title}, state.within)
              for n, state in enumerate(scheme.states) if state.within),
        ]  # fmt: skip
        for name, words, by_rank in self.clocks:
            for level in self.levels:
                self.fields[f"{name}-{level.rank}"] = SpanField(
                    label=level.label, initial=by_rank.get(level.rank), max_length=12,
                    widget=forms.TextInput(attrs={"size": 8, "aria-label": f"{words} {level.label}"}),
                )  # fmt: skip

    def _add_level(self, level: Level) -> None:
        rank = level.rank
        self.fields[f"label-{rank}"] = forms.CharField(label=_("叫法"), max_length=12, initial=level.label)
        self.fields[f"name-{rank}"] = forms.CharField(
            label=_("名称"), max_length=20, required=False, initial=level.name
        )
        self.fields[f"colour-{rank}"] = forms.ChoiceField(
            label=_("颜色"), choices=[(one, COLOUR_WORDS[one]) for one in COLOURS], initial=level.colour
        )
        self.fields[f"means-{rank}"] = forms.CharField(
            label=_("怎么做"), max_length=200, required=False, initial=level.means
        )

    @property
    def level_rows(self) -> list[list[forms.BoundField]]:
        return [
            [self[f"{what}-{level.rank}"] for what in ("label", "name", "colour", "means")]
            for level in self.levels
        ]

    @property
    def clock_rows(self) -> list[dict[str, Any]]:
        return [
            {"words": words, "cells": [self[f"{name}-{level.rank}"] for level in self.levels]}
            for name, words, _clock in self.clocks
        ]

    def changed_scheme(self) -> Scheme:
        """Return the scheme with what was filled in."""
        given = self.cleaned_data
        levels = tuple(
            replace(
                level, label=given[f"label-{level.rank}"], name=given[f"name-{level.rank}"],
                colour=given[f"colour-{level.rank}"], means=given[f"means-{level.rank}"],
            )
            for level in self.scheme.levels
        )  # fmt: skip
        states = tuple(
            replace(state, within=self._clock(f"in-{n}", given)) if state.within else state
            for n, state in enumerate(self.scheme.states)
        )
        return replace(
            self.scheme, title=given["title"], levels=levels, states=states, respond=self._clock("respond", given),
            follow=self._clock("follow", given), renew=self._clock("renew", given),
        )  # fmt: skip

    def _clock(self, name: str, given: Mapping[str, Any]) -> dict[int, int]:
        found = {level.rank: given[f"{name}-{level.rank}"] for level in self.levels}
        return {rank: minutes for rank, minutes in found.items() if minutes}


class QuestionsForm(forms.Form):
    """The questions of one form of a scheme: changed, taken out, added."""

    def __init__(self, data, *, scheme: Scheme, form: Form):
        self.scheme, self.paper = scheme, form
        super().__init__(data)
        self.fields["title"] = forms.CharField(label=_("表单的名称"), max_length=40, initial=form.title)
        for n in range(len(form.fields) + MORE_FIELDS):
            self._add(n, form.fields[n] if n < len(form.fields) else None)

    def _add(self, n: int, one: Field | None) -> None:
        number = {"n": n + 1}
        types = [(name, TYPE_WORDS[name]) for name in TYPES]
        classes = [(name, CLASS_WORDS[name]) for name in CLASSES]
        self.fields[f"title-{n}"] = forms.CharField(
            label=_("第 %(n)d 项问什么") % number,
            max_length=100,
            required=False,
            initial=one.title if one else "",
        )
        self.fields[f"type-{n}"] = forms.ChoiceField(
            label=_("怎么答"), choices=types, initial=one.type if one else "text"
        )
        self.fields[f"class-{n}"] = forms.ChoiceField(
            label=_("谁能看"), choices=classes, initial=one.data_class if one else "K4d"
        )
        self.fields[f"required-{n}"] = forms.BooleanField(
            label=_("必填"), required=False, initial=bool(one and one.required)
        )
        self.fields[f"options-{n}"] = forms.CharField(
            label=_("选项"), max_length=300, required=False, help_text=_("只有选择题要写，用顿号隔开。"),
            initial="、".join(words for _code, words in one.options) if one else "",
        )  # fmt: skip

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        count = len(self.paper.fields) + MORE_FIELDS
        return [
            [self[f"{what}-{n}"] for what in ("title", "type", "class", "options", "required")]
            for n in range(count)
        ]

    def changed_scheme(self) -> Scheme:
        """Return the scheme with this form as it was filled in; a question without words is taken out."""
        given, known = self.cleaned_data, self.paper.fields
        fields: list[Field] = []
        for n in range(len(known) + MORE_FIELDS):
            if given[f"title-{n}"].strip():
                fields.append(self._field(n, known[n] if n < len(known) else None, given, fields))
        form = replace(self.paper, title=given["title"], fields=tuple(fields))
        return replace(
            self.scheme, forms=tuple(form if one.id == form.id else one for one in self.scheme.forms)
        )

    def _field(self, n: int, one: Field | None, given: Mapping[str, Any], before: list[Field]) -> Field:
        words = [
            text.strip() for text in given[f"options-{n}"].replace(",", "、").split("、") if text.strip()
        ]
        codes = {words_: code for code, words_ in one.options} if one else {}
        options = (
            tuple((codes.get(text, text), text) for text in words) if given[f"type-{n}"] == "choice" else ()
        )
        taken = {each.id for each in (*self.paper.fields, *before)}
        name = one.id if one else next(f"q{k}" for k in range(1, 999) if f"q{k}" not in taken)
        return Field(
            id=name, title=given[f"title-{n}"].strip(), type=given[f"type-{n}"], data_class=given[f"class-{n}"],
            required=given[f"required-{n}"], options=options, help=one.help if one else "",
        )  # fmt: skip


def states_of(scheme: Scheme) -> list[dict[str, Any]]:
    """Return the states with their papers, for reading."""
    titles = {one.id: one.title for one in scheme.forms}
    names = {one.id: one.title for one in scheme.states}
    return [_state(state, titles, names, scheme) for state in scheme.states]


def _state(state: State, titles: dict[str, str], names: dict[str, str], scheme: Scheme) -> dict[str, Any]:
    return {
        "title": state.title,
        "within": clock(scheme, state.within) if state.within else "",
        "papers": [titles[form] for form in state.papers],
        "also": [titles[form] for form in state.also],
        "to": [names[to] for to in state.ways],
        "follow": state.follow,
    }
