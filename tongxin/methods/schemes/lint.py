"""The linter: everything about a scheme that would lose a child, hurry nobody or let one person decide alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from tongxin.methods.cadence.findings import Finding, Findings, PackUnreadable
from tongxin.methods.cadence.located import LMap, Place

from .durations import said
from .parse import load_scheme
from .scheme import FASTEST, GIVES_RANK, SLOWEST, Form, Minutes, Scheme, State

# What a file may hold (hospital papers, signed consents) is always K5; a plan and its tasks are K4e.
CLASS_OF_TYPE = {"file": "K5", "tasks": "K4e", "goals": "K4e", "watches": "K4e"}
NEEDED = ("interview", "meeting", "finding", "plan", "follow_up", "close")
DOES_WORDS = {
    "interview": "访谈", "meeting": "研判会", "finding": "定级", "plan": "一人一案", "follow_up": "跟进", "close": "申请结案",
}  # fmt: skip


def check_file(path: str | Path) -> list[Finding]:
    """All findings about the scheme in a file, one that cannot be read included."""
    try:
        scheme, found = load_scheme(path)
    except PackUnreadable as problem:
        return [problem.finding()]
    return lint(scheme, found)


def lint(scheme: Scheme, found: Iterable[Finding] = ()) -> list[Finding]:
    """All findings about a scheme, those of its reader (`found`) included, by file and line."""
    _Lint(scheme, findings := Findings(found)).run()
    return sorted(set(findings))


class _Lint:
    def __init__(self, scheme: Scheme, findings: Findings) -> None:
        self.scheme, self.found = scheme, findings
        self.raw = scheme.raw if isinstance(scheme.raw, LMap) else LMap()

    def key(self, name: str) -> Place:
        return Place(self.scheme.file, self.raw.at(name).line)

    def line(self, line: int) -> Place:
        return Place(self.scheme.file, line)

    def run(self) -> None:
        if not self.scheme.title:
            self.found.error(self.key("scheme"), "title", "方案没有名称。请写 title。")
        self._levels()
        if self.scheme.levels:
            self._clock("respond", self.scheme.respond, "多久内有人回应", self.key("respond"))
            self._respond()
            self._clock("follow", self.scheme.follow, "多久跟进一次", self.key("follow"))
            if self.scheme.renew:
                self._clock("renew", self.scheme.renew, "多久要重新定级", self.key("renew"))
        self._triggers()
        self._forms()
        self._states()
        if not self.scheme.closing.second_person:
            self.found.error(
                self.line(self.scheme.closing.line),
                "second-person",
                "结案一定要第二个人同意。请删去 second_person: false。",
            )

    # ------------------------------------------------------------------ levels and clocks

    def _levels(self) -> None:
        levels = self.scheme.levels
        if len(levels) < 2:
            self.found.error(self.key("levels"), "levels", "至少要有两个等级。请在 levels 里写出每一级。")
        self._twice(((str(one.rank), one.line) for one in levels), "等级的轻重（rank）")
        self._twice(((one.label, one.line) for one in levels), "等级的叫法（label）")
        for level in levels:
            if not level.label:
                self.found.error(
                    self.line(level.line), "label", "这一级没有叫法。请写 label，例如“红色”或“一级”。"
                )
        if levels and levels[-1].rank != 5:
            self.found.error(
                self.line(levels[-1].line),
                "top",
                "最重的一级要写 rank: 5，这样最急的提示才会显示成最重的一级。",
            )

    def _clock(self, code: str, clock: Minutes, what: str, where: Place) -> None:
        """Every level has its time, and what is graver never has more of it."""
        missing = [level.label for level in self.scheme.levels if level.rank not in clock]
        if missing:
            self.found.error(where, code, f"“{what}”没有写{'、'.join(missing)}的时间。请补上。")
        self._levels_of(clock, what, where)
        told = [level for level in self.scheme.levels if level.rank in clock]
        for light, grave in pairwise(told):
            if clock[grave.rank] > clock[light.rank]:
                self.found.error(
                    where, "slower",
                    f"“{what}”里，{grave.label}比{light.label}重，期限却更长"
                    f"（{said(clock[grave.rank])}、{said(clock[light.rank])}）。请改成不更长。",
                )  # fmt: skip

    def _levels_of(self, clock: Minutes, what: str, where: Place) -> None:
        strange = sorted(set(clock) - {level.rank for level in self.scheme.levels})
        if strange:
            self.found.error(where, "rank", f"“{what}”写了轻重 {strange[0]}，等级里没有。请改成已有的等级。")

    def _respond(self) -> None:
        for minutes in self.scheme.respond.values():
            if not FASTEST <= minutes <= SLOWEST:
                self.found.error(
                    self.key("respond"),
                    "respond",
                    f"回应的时间要在 10 分钟到 24 小时之间，现在是{said(minutes)}。",
                )

    def _triggers(self) -> None:
        self._twice(((one.id, one.line) for one in self.scheme.triggers), "触发条件")
        for trigger in self.scheme.triggers:
            if not trigger.title:
                self.found.error(
                    self.line(trigger.line), "title", f"触发条件“{trigger.id}”没有说法。请写 title。"
                )
        if not any(one.kind == "judgement" for one in self.scheme.triggers):
            self.found.error(
                self.key("triggers"),
                "judgement",
                "触发条件里要有一条由人判断（kind: judgement），不能只看分数和事件。",
            )

    # ------------------------------------------------------------------ forms

    def _forms(self) -> None:
        forms = self.scheme.forms
        self._twice(((one.id, one.line) for one in forms), "表单")
        for does in NEEDED:
            if not any(form.does == does for form in forms):
                self.found.error(
                    self.key("forms"),
                    "form",
                    f"没有“{DOES_WORDS[does]}”的表单。请加一张 does: {does} 的表单。",
                )
        for form in forms:
            self._form(form)

    def _form(self, form: Form) -> None:
        where = self.line(form.line)
        if not form.title:
            self.found.error(where, "title", f"表单“{form.id}”没有名称。请写 title。")
        if not form.fields:
            self.found.error(where, "empty", f"表单“{form.title}”一项也没有。请在 fields 里写出要填的内容。")
        self._twice(((one.id, one.line) for one in form.fields), f"表单“{form.title}”的项")
        for field in form.fields:
            at = self.line(field.line)
            if not field.title:
                self.found.error(at, "title", f"表单项“{field.id}”没有问题。请写 title。")
            if field.type == "choice" and len(field.options) < 2:
                self.found.error(at, "options", f"“{field.title}”是选择题，至少要有两个选项。请写 options。")
            if field.type != "choice" and field.options:
                self.found.warn(at, "options", f"“{field.title}”不是选择题，选项用不上。请删去 options。")
            owed = CLASS_OF_TYPE.get(field.type)
            if owed and field.data_class != owed:
                self.found.error(
                    at, "class", f"“{field.title}”这种内容的密级要写 {owed}，现在是 {field.data_class}。"
                )
        self._ranks(form, where)
        if form.does == "meeting" and not form.of_type("people"):
            self.found.error(where, "present", f"“{form.title}”要记下到会的人。请加一项 type: people。")
        if form.does == "plan" and not form.of_type("goals"):
            self.found.error(where, "goals", f"“{form.title}”要有目标。请加一项 type: goals。")
        if form.does == "receipt" and not form.of_type("file"):
            self.found.error(where, "receipt", f"“{form.title}”要能存回执。请加一项 type: file。")
        if form.does == "referral" and form.consent != "sharing":
            self.found.error(
                where, "consent", f"“{form.title}”把情况交给校外，要先有监护人同意。请写 consent: sharing。"
            )

    def _ranks(self, form: Form, where: Place) -> None:
        ranks = form.of_type("rank")
        if form.does in GIVES_RANK and not any(one.required for one in ranks):
            self.found.error(where, "rank", f"“{form.title}”由人定级。请加一项必填的 type: rank。")
        if ranks and form.does not in GIVES_RANK:
            self.found.error(
                where, "rank", f"“{form.title}”不能改等级。等级只在 does 是 finding 或 step_down 的表单里定。"
            )
        if len(ranks) > 1:
            self.found.error(where, "rank", f"“{form.title}”里等级问了两次。请只留一项。")

    # ------------------------------------------------------------------ states

    def _states(self) -> None:
        states = self.scheme.states
        if not states:
            self.found.error(self.key("states"), "states", "一个环节也没有。请在 states 里从第一步写起。")
            return
        self._twice(((one.id, one.line) for one in states), "环节")
        for phase, words in (("closing", "等第二个人同意结案"), ("closed", "已结案")):
            count = sum(state.phase == phase for state in states)
            if count != 1:
                self.found.error(
                    self.key("states"),
                    "phase",
                    f"“{words}”的环节（phase: {phase}）要正好有一个，现在有 {count} 个。",
                )
        if states[0].phase != "open":
            self.found.error(
                self.line(states[0].line), "first", "第一个环节要是打开的（phase: open），新的个案从它开始。"
            )
        for state in states:
            self._state(state)
        self._leads()
        self._reach()

    def _leads(self) -> None:
        """A proposal to close leads to the second person, and no state lets a case go there without one."""
        states = self.scheme.state_by_id
        for form in self.scheme.forms:
            where = self.line(form.line)
            if form.leads and form.leads not in states:
                self.found.error(
                    where,
                    "unknown-state",
                    f"“{form.title}”写完要去的“{form.leads}”没有写。请改成已有的环节。",
                )
            if form.does == "close" and (form.leads not in states or states[form.leads].phase != "closing"):
                self.found.error(
                    where, "leads", f"“{form.title}”写完要转到等第二个人同意的环节。请写 leads。"
                )
        proposals = {form.id for form in self.scheme.forms if form.does == "close"}
        for state in self.scheme.states:
            closing = any(states[to].phase == "closing" for to in state.ways if to in states)
            if closing and not proposals & {*state.papers, *state.also}:
                self.found.error(
                    self.line(state.line), "proposal",
                    f"环节“{state.title}”能申请结案，却没有结案申请的表单。请在 also 里写上。",
                )  # fmt: skip

    def _state(self, state: State) -> None:
        where = self.line(state.line)
        if not state.title:
            self.found.error(where, "title", f"环节“{state.id}”没有名称。请写 title。")
        known = self.scheme.form_by_id
        for form in (*state.papers, *state.also):
            if form not in known:
                self.found.error(
                    where, "unknown-form", f"环节“{state.title}”提到的表单“{form}”没有写。请改成已有的表单。"
                )
        for to in state.ways:
            if to not in self.scheme.state_by_id:
                self.found.error(
                    where, "unknown-state", f"环节“{state.title}”要去的“{to}”没有写。请改成已有的环节。"
                )
        if state.then and not state.papers:
            self.found.error(
                where,
                "then",
                f"环节“{state.title}”没有要有的材料，不会自己往下走。请写 papers，或删去 then。",
            )
        if state.phase in ("open", "away", "closing") and not state.within and not state.follow:
            self.found.error(
                where,
                "no-clock",
                f"环节“{state.title}”没有期限，也不定期跟进，个案会停在这里没人知道。请写 within 或 follow。",
            )
        if state.within:
            self._clock("within", state.within, f"环节“{state.title}”的期限", where)
        if state.follow and not any(
            known[form].does == "follow_up" for form in (*state.papers, *state.also) if form in known
        ):
            self.found.error(
                where, "follow", f"环节“{state.title}”要定期跟进，却没有跟进的表单。请在 also 里写上。"
            )
        for move in state.moves:
            target = self.scheme.state_by_id.get(move.to)
            if target and target.phase == "closed":
                self.found.error(
                    self.line(move.line), "second-person",
                    f"环节“{state.title}”不能直接转到“{target.title}”。请先转到等第二个人同意的环节。",
                )  # fmt: skip

    def _reach(self) -> None:
        """Nobody gets stuck: every state can be reached from the first, and from every state a case can be closed."""
        ways = {
            state.id: {to for to in state.ways if to in self.scheme.state_by_id}
            for state in self.scheme.states
        }
        closing = {state.id for state in self.scheme.states if state.phase == "closing"}
        closed = {state.id for state in self.scheme.states if state.phase == "closed"}
        for one in closing:
            ways[one] |= closed
        for state in self.scheme.states:
            if state.id != self.scheme.first.id and state.id not in _reached(ways, self.scheme.first.id):
                self.found.error(
                    self.line(state.line),
                    "unreachable",
                    f"没有路通到环节“{state.title}”。请在别的环节写上 moves 或 then。",
                )
            if closed and state.id not in closed and not closed & _reached(ways, state.id):
                self.found.error(
                    self.line(state.line),
                    "dead-end",
                    f"环节“{state.title}”走不到结案，个案会永远停在里面。请补上 moves。",
                )

    def _twice(self, named: Iterable[tuple[str, int]], what: str) -> None:
        named = list(named)
        counts = Counter(name for name, _line in named)
        for name, line in named:
            if name and counts[name] > 1:
                self.found.error(self.line(line), "twice", f"{what}“{name}”写了不止一次。请改成不同的。")


def _reached(ways: dict[str, set[str]], start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for to in ways.get(waiting.pop(), set()) - seen:
            seen.add(to)
            waiting.append(to)
    return seen
