"""Choosing one person of many: a short list to tap, or a search by name and pinyin where the list would be long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, JsonResponse, QueryDict

from . import listing
from .labels import Labels
from .models import Participant

# A list that fits on a phone is tapped; beyond it the name is typed.
MOST_TAPPED = 12
MOST_FOUND, MOST_WORDS = 20, 40


class PersonBound(forms.BoundField):
    @property
    def picker(self) -> dict[str, Any] | None:
        """Return what the person picker needs, None where the field is a short list."""
        field = self.field
        assert isinstance(field, PersonField)
        if not field.long:
            return None
        given = self.form.data if self.form.is_bound else self.form.initial
        searched = str(given.get(f"{self.html_name}_q", ""))[:MOST_WORDS] if given.get("find") else ""
        chosen = self.value() or ""
        found = field.found(searched) if searched else []
        if chosen in field.people and field.people[chosen] not in found:
            found = [field.people[chosen], *found]
        choices = [field.line(one) | {"selected": one.public_id == chosen} for one in found]
        return {"choices": choices, "searched": searched, "url": field.url}


class PersonField(forms.ChoiceField):
    """One of some people, by public id. url: where names are looked up, as find() answers; labels: class or department."""

    def __init__(
        self,
        *args: Any,
        people: Sequence[Participant],
        labels: Labels,
        url: str = "",
        empty: str = "",
        **kwargs: Any,
    ) -> None:
        self.people = {one.public_id: one for one in people}
        self.labels, self.url = labels, url
        self.long = bool(url) and len(people) > MOST_TAPPED
        choices = [("", empty), *((one.public_id, labels.of(one)) for one in people)]
        super().__init__(*args, choices=choices, **kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> PersonBound:
        return PersonBound(form, self, field_name)

    def found(self, words: str) -> list[Participant]:
        return [one for one in self.people.values() if listing.named(one, words)][:MOST_FOUND]

    def line(self, one: Participant) -> dict[str, Any]:
        return line(one, self.labels)


def line(one: Participant, labels: Labels) -> dict[str, Any]:
    subject = one.subject
    return {
        "id": one.public_id, "name": subject.name, "detail": labels.group(one),
        "pinyin": subject.pinyin, "initials": subject.initials,
    }  # fmt: skip


def find(request: HttpRequest, people: Sequence[Participant], labels: Labels) -> JsonResponse:
    """Answer the person picker: whom of some people the words `q` mean; without words the first few."""
    words = request.GET.get("q", "").strip()[:MOST_WORDS]
    found = [one for one in people if listing.named(one, words)] if words else list(people)
    lines = [line(one, labels) for one in found[:MOST_FOUND]]
    return JsonResponse({"people": lines, "groups": [], "more": len(found) > MOST_FOUND})


def looking(data: QueryDict) -> bool:
    """Was a form sent only to look somebody up, without a script?"""
    return "find" in data


def kept[F: forms.Form](form: F, data: QueryDict) -> F:
    """Fill a form that is not sent yet with what stood in it when somebody was looked up."""
    for name, field in form.fields.items():
        several = isinstance(field, forms.MultipleChoiceField)
        form.initial[name] = data.getlist(name) if several else data.get(name, "")
        if isinstance(field, PersonField):
            form.initial[f"{name}_q"] = data.get(f"{name}_q", "") if data["find"] == name else ""
    form.initial["find"] = data["find"]
    return form
