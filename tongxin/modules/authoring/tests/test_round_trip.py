"""Opening anything of the packs on offer and saving it as it stands changes nothing of what it means."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from django.http import QueryDict

from tongxin.kernel.programmes.packs import offered, parse
from tongxin.methods.cadence.pack import pack_from_dict
from tongxin.methods.cadence.slots import slots_of
from tongxin.methods.cadence.words import Speaker
from tongxin.modules.authoring.forms.kind import KindForm
from tongxin.modules.authoring.forms.outline import AboutForm, PlanTables, WordTables
from tongxin.modules.authoring.forms.rule import RuleForm

SLUGS = sorted(offered())


def shown(*forms):
    """What a browser sends of forms that nobody touched; a select whose value is not on offer sends its first."""
    sent = QueryDict(mutable=True)
    for form in forms:
        if hasattr(form, "count"):
            sent[f"{form.prefix}-count"] = str(form.count)
        for field in form:
            value = field.value()
            choices = [str(code) for code, _word in getattr(field.field, "choices", ())]
            if isinstance(value, list):
                sent.setlist(field.html_name, [one for one in value if one in choices])
            elif choices:
                sent[field.html_name] = str(value) if str(value) in choices else choices[0]
            elif value not in (None, False):
                sent[field.html_name] = "on" if value is True else str(value)
    return sent


def meant(pack, raw):
    """A pack of this writing, without the writing itself."""
    again = pack_from_dict(copy.deepcopy(raw))
    assert [f.sentence for f in again.findings] == [f.sentence for f in pack.findings]
    return replace(again, raw={}, kinds={name: replace(kind, line=0) for name, kind in again.kinds.items()})


@pytest.mark.parametrize("slug", SLUGS)
def test_every_rule_is_saved_as_it_was(slug):
    pack = parse(offered()[slug].text)
    say = Speaker(pack, "zh")
    for rule in pack.raw["obligations"]:
        slots, kept = slots_of(rule)
        again = RuleForm(pack, slots, kept, say, shown(RuleForm(pack, slots, kept, say)))
        assert again.is_valid(), (rule["id"], again.errors)
        assert again.said == slots, rule["id"]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_kind_of_activity_is_saved_as_it_was(slug):
    pack = parse(offered()[slug].text)
    raw = copy.deepcopy(pack.raw)
    for at, kind in enumerate(raw["kinds"]):
        form = KindForm(pack, kind)
        sent = shown(form, *(table for _title, table in form.tables))
        again = KindForm(pack, copy.deepcopy(kind), sent)
        assert again.is_valid(), (kind["kind"], again.errors)
        raw["kinds"][at] = again.written(set(pack.kinds))
    assert meant(pack, raw) == meant(pack, pack.raw)


@pytest.mark.parametrize("slug", SLUGS)
def test_outline_plan_and_words_are_saved_as_they_were(slug):
    pack = parse(offered()[slug].text)
    raw = copy.deepcopy(pack.raw)
    about = AboutForm(pack, shown(AboutForm(pack)))
    assert about.is_valid(), about.errors
    about.apply(raw)
    for tables in (PlanTables, WordTables):
        again = tables(pack, shown(*(table for _title, table in tables(pack).tables)))
        assert again.is_valid(), tables
        again.apply(raw)
    assert meant(pack, raw) == meant(pack, pack.raw)
