"""A scheme as a plain dict and as YAML; reading that back gives the same scheme."""

from __future__ import annotations

from typing import Any

import yaml

from .durations import written
from .scheme import WHO, Field, Form, Minutes, Scheme, State


def as_yaml(scheme: Scheme) -> str:
    return yaml.safe_dump(as_dict(scheme), allow_unicode=True, sort_keys=False, width=110)


def as_dict(scheme: Scheme) -> dict[str, Any]:
    return _filled(
        scheme=scheme.id,
        title=scheme.title,
        version=scheme.version,
        about=scheme.about,
        source=scheme.source,
    ) | {
        "levels": [
            _filled(rank=one.rank, label=one.label, name=one.name, colour=one.colour, means=one.means)
            for one in reversed(scheme.levels)
        ],
        "triggers": [
            {"trigger": one.id, "title": one.title, "kind": one.kind, "rank": one.rank}
            for one in scheme.triggers
        ],
        "respond": _clock(scheme.respond),
        "follow": _clock(scheme.follow),
        **({"renew": _clock(scheme.renew)} if scheme.renew else {}),
        "states": [_state(state) for state in scheme.states],
        "forms": [_form(form) for form in scheme.forms],
        "closing": {"who": list(scheme.closing.who), "second_person": scheme.closing.second_person},
    }


def _filled(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in ("", None, [], {}, False)}


def _clock(clock: Minutes) -> dict[int, str]:
    return {rank: written(clock[rank]) for rank in sorted(clock, reverse=True)}


def _state(state: State) -> dict[str, Any]:
    return _filled(
        state=state.id,
        title=state.title,
        phase=state.phase if state.phase != "open" else "",
        within=_clock(state.within),
        papers=list(state.papers),
        also=list(state.also),
        then=state.then,
        moves=[{"to": m.to} if m.who == WHO else {"to": m.to, "who": list(m.who)} for m in state.moves],
        follow=state.follow,
    )


def _form(form: Form) -> dict[str, Any]:
    return _filled(form=form.id, title=form.title, does=form.does, consent=form.consent, leads=form.leads) | {
        "fields": [_field(one) for one in form.fields]
    }


def _field(one: Field) -> dict[str, Any]:
    return _filled(
        field=one.id,
        title=one.title,
        type=one.type,
        required=one.required,
        options=dict(one.options),
        help=one.help,
    ) | {"class": one.data_class}
