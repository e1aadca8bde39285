"""Write a rule as a sentence with slots; see at once how it reads, what is wrong, and what it would have said last term."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations.weighing import asked_out_words
from tongxin.methods.cadence.located import located
from tongxin.methods.cadence.overriding import with_overrides
from tongxin.methods.cadence.pack import Pack, vocabulary
from tongxin.methods.cadence.parse import read_obligation
from tongxin.methods.cadence.parse_fractions import resolve_fractions
from tongxin.methods.cadence.reading import Context
from tongxin.methods.cadence.slots import KEPT, Slots, slots_of, written
from tongxin.methods.cadence.tree import Obligation, Source
from tongxin.methods.cadence.words import Speaker, sentence
from tongxin.ui.toasts import notify

from .. import services
from ..forms.rule import RuleForm
from ..forms.tables import MOST_LETTERS_ANNOUNCED, free_name
from ..language import spoken
from ..rehearsal import Beyond, Rehearsal, rehearse
from .drafts import draft_of

MOST_NAMES = 50


@allow("programme_edit")
def rule(request: Request, public_id: str, at: int | None = None) -> HttpResponse:
    draft = draft_of(request, public_id)
    pack = services.pack_of(draft)
    raws: list[dict[str, Any]] = pack.raw.get("obligations") or []
    if at is not None and at >= len(raws):
        raise Http404
    slots, kept = slots_of(raws[at]) if at is not None else (_new(pack, request), {})
    posted = request.POST if request.method == "POST" else None
    form = RuleForm(
        pack, slots, kept, Speaker(pack, spoken()), posted, services.rules_above(draft, request.viewer.day)
    )
    if at is not None and form.said == slots:
        raw = copy.deepcopy(raws[at])  # untouched, in the words it was written in
    else:
        raw = written(_complete(form.said, raws, at), kept)
    tree, wrong = _read(raw, pack)
    refused = ""
    if posted is not None and "save" in posted and form.is_valid() and not wrong:
        changed = copy.deepcopy(pack.raw)
        listed = changed.setdefault("obligations", [])
        raw = _with_announced(changed, raw, form.new_announced)
        if at is not None and _meaning(raws[at], pack) != _meaning(raw, pack):
            raw.pop("cases", None)  # cases tell what the rule meant before it was changed
        listed[at if at is not None else len(listed) : (at + 1) if at is not None else len(listed)] = [raw]
        try:
            services.save(draft, changed, _("要求：%(title)s") % {"title": raw["title"]},
                          by=request.viewer.account, revision=_revision(request))  # fmt: skip
        except services.NOT_SAVED as said:
            refused = str(said)
        else:
            notify(request, _("已保存在草稿里。"))
            return redirect("authoring:draft", public_id)
    tried = None
    if tree is not None and not wrong and posted is not None and "try" in posted:
        assert request.viewer.school is not None
        tried = rehearse(request.viewer, request.viewer.school, _with(pack, tree), tree, request.viewer.day)
    context = {
        "draft": draft, "form": form, "at": at, "refused": refused, "kept": _kept_words(kept),
        "sentence": sentence(pack, tree, spoken()) if tree is not None and tree.evaluable and not wrong else "",
        "wrong": wrong if posted is not None else [], "asked": posted is not None and "try" in posted,
        "tried": _tried_words(tried) if tried else None,
    }  # fmt: skip
    return render(request, "authoring/rule.html", context)


def _new(pack: Pack, request: Request) -> Slots:
    heading = next((h.number for h in pack.all_headings()), "")
    return Slots(kinds=list(pack.kinds)[:1], bearer=["self"], document=pack.source.document, heading=heading,
                 since=request.viewer.day.replace(month=1, day=1).isoformat(), remind="14、3")  # fmt: skip


def _complete(slots: Slots, raws: list[dict[str, Any]], at: int | None) -> Slots:
    """A new rule gets a name that no other has."""
    taken = {str(raw.get("id")) for place, raw in enumerate(raws) if place != at}
    if at is not None and slots.id:
        return slots
    return replace(slots, id=free_name(slots.title or "rule", taken, "rule").replace("_", "-"))


def _with_announced(pack: dict[str, Any], raw: dict[str, Any], title: str) -> dict[str, Any]:
    """Declare a day to be announced under a title somebody typed for it, and let the rule ask for it by its name."""
    if not title:
        return raw
    declared = pack.setdefault("announced", [])
    taken = {str(one.get("announced")) for one in declared}
    name = free_name(title, taken, "day", MOST_LETTERS_ANNOUNCED)
    declared.append({"announced": name, "title": title})
    window = {"by": {"announced": name}}
    # The day is asked for by the first window; the others stay.
    return raw | ({"windows": [window, *raw["windows"][1:]]} if "windows" in raw else {"window": window})


def _read(raw: dict[str, Any], pack: Pack) -> tuple[Obligation | None, list[str]]:
    """The rule as the parser reads it, and every sentence it has to say against it."""
    context = Context(vocabulary(pack))
    tree = read_obligation(located(raw, ""), context)
    if tree is not None and tree.evaluable:
        others = [one for one in pack.obligations if one.id != tree.id]
        tree = with_overrides(tuple(resolve_fractions([tree, *others], context)[:1]))[0]
    said = [f.sentence.removeprefix(f"{raw.get('id')}：") for f in context.findings if f.level == "error"]
    return tree, list(dict.fromkeys(said))


def _meaning(raw: dict[str, Any], pack: Pack) -> Obligation | None:
    """What a written rule judges by, whatever it is called and wherever it comes from."""
    tree, _wrong = _read(raw, pack)
    return tree and replace(tree, title="", heading="", source=Source(), remind_days=(), cases=())


def _with(pack: Pack, tree: Obligation) -> Pack:
    return replace(pack, obligations=(tree,))


def _revision(request: Request) -> int:
    sent = request.POST.get("revision", "")
    return int(sent) if sent.isdecimal() else 0


def _kept_words(kept: dict[str, Any]) -> list[str]:
    """What has no slot and stays as it is, in words a person knows."""
    words = {
        "arrivals": _("中途到校、离校怎么算"), "all_of": _("清单里的各项"), "any_of": _("可选的各项"), "windows": _("几个时间范围"),
        "escalate": _("逾期告诉谁"), "consequence": _("结果怎样使用"), "blocks": _("没做到就不能担任的岗位"), "count": _("更细的活动条件"),
        "where": _("更细的条件"), "tightens": _("收紧的上级要求"), "overrides": _("代替的要求"), "exempt": _("豁免的情形"),
        "measure": _("数法"), "window": _("时间范围"), "at_least": _("按情况定的数"), "at_most": _("按情况定的数"),
        "one_of": _("按情况定的数"), "two_posts": _("一人几个岗位怎么算"), "not_with": _("不能一起计入的要求"), "on": _("看哪几天"),
    }  # fmt: skip
    return list(dict.fromkeys(word for key, word in words.items() if key in kept))


def _tried_words(tried: Rehearsal) -> dict[str, Any]:
    """How the last term would have looked: exactly with names where this viewer may see them, about for the others."""
    answers = []
    if tried.expected and tried.behind:
        answers.append(ngettext(
            "%(term)s按这条来算，%(all)d个里会有%(n)d个没做到。", "%(term)s按这条来算，%(all)d个里会有%(n)d个没做到。", tried.behind
        ) % {"term": tried.name, "all": tried.expected, "n": tried.behind})  # fmt: skip
    elif tried.expected:
        answers.append(_("%(term)s按这条来算，%(n)d个都做到了。") % {"term": tried.name, "n": tried.expected})
    if tried.refused:
        answers.append(_("%(why)s。") % {"why": asked_out_words()})
    elif tried.beyond is not None:
        answers.append(_beyond_words(tried.name, tried.beyond))
    if not answers:
        answers.append(_("%(term)s里没有谁要按这条来做，或您看不到结果。") % {"term": tried.name})
    return {
        "answer": "".join(answers),
        "names": tried.names[:MOST_NAMES],
        "more": max(len(tried.names) - MOST_NAMES, 0),
    }


def _beyond_words(term: str, beyond: Beyond) -> str:
    values = {"term": term, "all": beyond.expected, "n": beyond.behind}
    if beyond.expected is None:
        return _("不列姓名的人里，%(term)s没有谁要按这条来做，或人数太少，不显示结果。") % values
    if beyond.behind is None:
        return (
            _("不列姓名的人里，%(term)s大约有%(all)d个要按这条来做；做到或没做到的人数太少，不显示。")
            % values
        )
    return _("不列姓名的人里，%(term)s大约有%(all)d个要按这条来做，其中大约%(n)d个没做到。") % values


@allow("programme_edit")
@require_POST
def copy_rule(request: Request, public_id: str, at: int) -> HttpResponse:
    def twice(listed: list[dict[str, Any]]) -> str:
        raw = copy.deepcopy(listed[at])
        raw.pop("cases", None)
        raw["title"] = _("%(title)s（副本）") % {"title": raw.get("title", "")}
        raw["id"] = free_name(str(raw["title"]), {str(o.get("id")) for o in listed}, "rule").replace("_", "-")
        listed.insert(at + 1, raw)
        return _("复制：%(title)s") % {"title": raw["title"]}

    return _change(request, public_id, at, twice)


@allow("programme_edit")
@require_POST
def remove(request: Request, public_id: str, at: int) -> HttpResponse:
    def without(listed: list[dict[str, Any]]) -> str:
        gone = listed.pop(at)
        return _("删去：%(title)s") % {"title": gone.get("title", "")}

    return _change(request, public_id, at, without)


def _change(request: Request, public_id: str, at: int, change: Any) -> HttpResponse:
    draft = draft_of(request, public_id)
    raw = copy.deepcopy(services.pack_of(draft).raw)
    listed = raw.get("obligations") or []
    if at >= len(listed):
        raise Http404
    what = change(listed)
    try:
        services.save(draft, raw, what, by=request.viewer.account, revision=_revision(request))
        notify(request, _("%(what)s。可以撤销。") % {"what": what})
    except services.NOT_SAVED as said:
        notify(request, str(said))
    return redirect("authoring:draft", public_id)


__all__ = ["KEPT", "copy_rule", "remove", "rule"]
