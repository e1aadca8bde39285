"""A scheme in sentences: what a school promises, for reading before it is taken and for seeing what a change changes."""

from __future__ import annotations

from .durations import said
from .scheme import Field, Form, Minutes, Scheme, State

KINDS = {
    "score": "分数",
    "item": "关键题目",
    "event": "事件",
    "judgement": "由人判断",
    "duration": "持续时间",
}
WHO_WORDS = {"owner": "负责人", "counsellor": "心理教师", "leader": "分管领导"}
TYPE_WORDS = {
    "text": "一行字", "long": "一段话", "choice": "选择", "date": "日期", "number": "数字", "people": "选人", "yes_no": "是或否",
    "goals": "目标", "goal_scores": "目标达成", "tasks": "任务", "watches": "看护的班次", "file": "文件", "rank": "等级",
}  # fmt: skip
CLASS_WORDS = {"K4d": "访谈和研判内容", "K4e": "方案和任务", "K5": "特别敏感"}


def sentences(scheme: Scheme) -> list[str]:
    """Return everything a scheme says, one sentence each, always in the same order."""
    return [*_levels(scheme), *_triggers(scheme), *_states(scheme), *_forms(scheme), closing(scheme)]


def changed(old: Scheme, new: Scheme) -> tuple[list[str], list[str]]:
    """Return (sentences that no longer hold, sentences that hold from now on)."""
    before, after = sentences(old), sentences(new)
    return [one for one in before if one not in after], [one for one in after if one not in before]


def clock(scheme: Scheme, by_rank: Minutes) -> str:
    """红色10分钟、橙色30分钟: the gravest first."""
    return "、".join(
        f"{level.label}{said(by_rank[level.rank])}"
        for level in reversed(scheme.levels)
        if level.rank in by_rank
    )


def _levels(scheme: Scheme) -> list[str]:
    order = "、".join(level.words for level in reversed(scheme.levels))
    found = [f"共{len(scheme.levels)}级，从重到轻：{order}。"]
    found += [f"{level.label}：{level.means}" for level in reversed(scheme.levels) if level.means]
    found.append(f"提示要有人回应：{clock(scheme, scheme.respond)}内。")
    found.append(f"跟进：{clock(scheme, scheme.follow)}一次。")
    kept = {level.rank: scheme.stands_for(level.rank) for level in scheme.levels}
    found.append(f"等级过了{clock(scheme, kept)}要由人重新定；没有重新定之前，期限照旧。")
    return found


def _triggers(scheme: Scheme) -> list[str]:
    return [
        f"{one.title}（{KINDS[one.kind]}）：先按{scheme.level(one.rank).label}看，由人定级。"
        for one in scheme.triggers
    ]


def _states(scheme: Scheme) -> list[str]:
    return [sentence for state in scheme.states for sentence in _state(scheme, state)]


def _titles(scheme: Scheme, forms: tuple[str, ...]) -> str:
    return "、".join(f"《{scheme.form_by_id[form].title}》" for form in forms if form in scheme.form_by_id)


def _state(scheme: Scheme, state: State) -> list[str]:
    names = {one.id: one.title for one in scheme.states}
    found = []
    if state.within:
        found.append(f"“{state.title}”的期限：{clock(scheme, state.within)}。")
    if state.papers:
        then = f"，齐了就到“{names.get(state.then, state.then)}”" if state.then else ""
        found.append(f"“{state.title}”要有{_titles(scheme, state.papers)}{then}。")
    if state.follow:
        found.append(f"在“{state.title}”时定期跟进。")
    for move in state.moves:
        who = "、".join(WHO_WORDS[one] for one in move.who)
        found.append(f"从“{state.title}”可以转到“{names.get(move.to, move.to)}”（{who}）。")
    return found


def _forms(scheme: Scheme) -> list[str]:
    return [sentence for form in scheme.forms for sentence in (_form(scheme, form), *_asked(form))]


def _form(scheme: Scheme, form: Form) -> str:
    leads = scheme.state_by_id.get(form.leads)
    led = f"，写完转到“{leads.title}”" if leads else ""
    consent = "，先要有监护人同意" if form.consent else ""
    return f"表单《{form.title}》共{len(form.fields)}项{consent}{led}。"


def _asked(form: Form) -> list[str]:
    return [f"《{form.title}》问“{one.title}”（{describe(one)}）。" for one in form.fields]


def describe(one: Field) -> str:
    """选择，必填，访谈和研判内容: what kind of question it is."""
    parts = [TYPE_WORDS[one.type], "必填" if one.required else "选填", CLASS_WORDS[one.data_class]]
    if one.options:
        parts.append("、".join(words for _code, words in one.options))
    return "，".join(parts)


def closing(scheme: Scheme) -> str:
    return f"结案由一人提出，另一人（{'、'.join(WHO_WORDS[who] for who in scheme.closing.who)}）同意。"
