"""The school's report of a sitting and the letter to a child's guardians, as documents in the layout offices expect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import (
    Block,
    Chart,
    Document,
    Heading,
    Listing,
    Paragraph,
    Signature,
    Table,
)
from tongxin.kernel.base.models import Subject
from tongxin.methods.disclosure import Equation, hidden

from . import comparing, picture, progress, reliability
from .describing import say
from .instruments import ready
from .layout import forms
from .models import Sitting
from .picture import Picture
from .results import STUDENT, Look, looks

HOTLINE = "12356"
NUMERALS = "一二三四五六七"


def full_day(day: date) -> str:
    return _("%(y)d年%(m)d月%(d)d日") % {"y": day.year, "m": day.month, "d": day.day}


def title_of(sitting: Sitting) -> str:
    return f"{sitting.school.name}{sitting.title}{_('情况报告')}"


@dataclass(frozen=True)
class Choice:
    """What a report is made of. least: 5 inside the school, 10 for those above; compared: figures of a comparison."""

    least: int
    before: Sitting | None = None
    activity: comparing.Activity | None = None


def school_report(sitting: Sitting, choice: Choice, day: date) -> list[Block]:
    """Return the blocks of the report: only figures, small ones hidden, nobody named."""
    found = looks(sitting)
    chapters = [
        (_("基本情况"), list(_basics(sitting, choice, day, found))),
        (_("结果分布"), list(_distribution(sitting, choice, found))),
        (_("测量的可靠程度"), list(_reliability(sitting, choice, found))),
        (_("前后对比"), list(_comparison(sitting, choice, found))),
        (_("说明和下一步"), list(_advice())),
    ]
    blocks: list[Block] = []
    written = [(title, body) for title, body in chapters if body]
    for number, (title, body) in enumerate(written):
        blocks += [Heading(f"{NUMERALS[number]}、{title}", 1), *body]
    return [*_tables_numbered(blocks), Signature(sitting.school.name, full_day(day))]


def _tables_numbered(blocks: Sequence[Block]) -> Iterator[Block]:
    """Give the tables their numbers in the order in which they stand."""
    number = 0
    for block in blocks:
        if isinstance(block, Table):
            number += 1
            block = replace(block, caption=_("表 %(n)d　%(title)s") % {"n": number, "title": block.caption})
        yield block


def document(title: str, blocks: list[Block], *, export_id: str, author: str) -> Document:
    return Document(title, blocks, export_id=export_id, author=author)


def _basics(sitting: Sitting, choice: Choice, day: date, found: Sequence[Look]) -> Iterator[Block]:
    instruments = "、".join(
        f"《{say(ready(form.text).instrument.title)}》" for form in forms(sitting, STUDENT)
    )
    yield Paragraph(
        _("%(first)s至%(last)s，学校组织了“%(title)s”，使用%(instruments)s。测评前向家长和学生说明了用途，自愿参加。")
        % {"first": full_day(sitting.first_day), "last": full_day(sitting.last_day), "title": sitting.title,
           "instruments": instruments}
    )  # fmt: skip
    rooms = progress.by_room(sitting, day)
    again = sum(one.questionable for one in found)
    done = sum(len(room.done) for room in rooms)
    counts = {
        "done": max(done - again, 0), "again": min(again, done),
        "not": sum(len(room.begun) + len(room.waiting) for room in rooms),
        "barred": sum(len(room.barred) for room in rooms),
    }  # fmt: skip
    away = hidden(counts, [Equation(tuple(counts))], choice.least)
    words = [_("不显示") if name in away else str(count) for name, count in counts.items()]
    yield Table(
        [_("应参加"), _("认真做完"), _("做完但要再看"), _("没有做完"), _("没有同意参加")],
        [[str(sum(room.asked for room in rooms)), *words]],
        caption=_("参加情况（人）"),
        align=["right"] * 5,
        note=_("注：“要再看”的答卷答得太快、前后矛盾或没有通过效度检查，不计入下面的分布，也不算没有风险。"),
    )


def _distribution(sitting: Sitting, choice: Choice, found: Sequence[Look]) -> Iterator[Block]:
    for one in picture.pictures(sitting, choice.least, found):
        yield Paragraph(f"{one.finding}。")
        yield _band_table(one)
        chart = _band_chart(one)
        if chart is not None:
            yield chart


def _band_table(one: Picture) -> Table:
    rows = [[row.name, str(row.papers), *row.words()] for row in one.rows if row.level != "room"]
    return Table(
        [_("年级"), _("答卷"), *one.columns],
        rows,
        caption=_("%(title)s（份）") % {"title": one.title},
        widths=[1.6, 1, *[1.2] * len(one.columns)],
        align=["left", *["right"] * (len(one.columns) + 1)],
        note=_("注：少于%(n)d人的数和为了不能推算而一起隐去的数不显示。") % {"n": one.least},
    )


def _band_chart(one: Picture) -> Chart | None:
    values = [
        None if count is None else round(100 * count / one.whole.papers, 1) for count in one.whole.counts
    ]
    if not any(value for value in values):
        return None
    return Chart("bars", one.finding, list(one.columns), values, unit="%", axis=_("占全部答卷"), most=100)


def _reliability(sitting: Sitting, choice: Choice, found: Sequence[Look]) -> Iterator[Block]:
    rows = []
    for one in reliability.scales(sitting, found=found):
        if one.found is None or one.found.n < choice.least:
            rows.append([one.title, _("算不出来"), _("算不出来"), _("答卷太少或答得都一样。")])
            continue
        low, high = one.found.interval
        omega = _("算不出来") if one.found.omega is None else f"{one.found.omega:.2f}"
        alpha = _("%(alpha).2f（%(low).2f 到 %(high).2f）") % {
            "alpha": one.found.alpha,
            "low": low,
            "high": high,
        }
        rows.append([one.title, alpha, omega, one.reading])
    if rows:
        yield Table(
            [_("量表"), _("α（95%区间）"), "ω", _("怎么看")],
            rows,
            caption=_("内部一致性（只用认真做完的答卷）"),
            widths=[2.6, 2.2, 0.9, 3.4],
            align=["left", "right", "right", "left"],
        )


def _comparison(sitting: Sitting, choice: Choice, found: Sequence[Look]) -> Iterator[Block]:
    if choice.before is None:
        return
    took = choice.activity.students if choice.activity else None
    changes = comparing.compare(choice.before, sitting, choice.least, took, found)
    words = {"before": choice.before.title, "after": sitting.title}
    if choice.activity:
        yield Paragraph(
            _("和“%(before)s”相比，分别看参加过“%(activity)s”的学生和其他学生。")
            % (words | {"activity": choice.activity.words})
        )
    elif changes:
        yield Paragraph(_("和“%(before)s”相比，只看两次都认真做完的学生。") % words)
    names = [_("两次都做完的"), _("参加过的"), _("其他的")]
    rows: list[list[str]] = []
    for change in changes:
        if change.everybody is None:
            rows.append([change.title, _("人数少，不显示"), "", "", "", ""])
        else:
            rows += [[f"{change.title} {row[0]}", *row[1:]] for row in comparing.figure_rows(change, names)]
    if rows:
        yield Table(
            [_("量表"), _("人数"), _("之前均分"), _("之后均分"), _("效应量（95%区间）"), _("怎么看")],
            rows,
            caption=_("前后对比"),
            widths=[2.8, 1, 1.2, 1.2, 2.2, 2.4],
            align=["left", "right", "right", "right", "right", "left"],
            note=_("注：没有随机分组，变化不一定是活动带来的。"),
        )


def _advice() -> Iterator[Block]:
    yield Listing(
        [
            _("分级是量表自己的说法，只提示谁需要先谈一谈，不是诊断，也不用来评价学生、班级和教师。"),
            _("需要关注的学生由心理教师逐一面谈核实；紧急的提示已当时通知值班的老师。"),
            _("“要再看”的答卷会请学生在安静的地方再做一次，或由心理教师面谈。"),
            _("没有同意参加的学生不做测评，其他帮助照常。"),
            _("需要倾诉时，可以拨打 %(n)s 全国统一心理援助热线。") % {"n": HOTLINE},
        ],
        numbered=True,
    )


# ------------------------------------------------------------------ the letter


@dataclass(frozen=True)
class Letter:
    """What a counsellor writes to a child's guardians. kind: steady | talk | again; standing: bands, only when told."""

    kind: str
    contact: str
    words: str = ""
    standing: tuple[str, ...] = ()


def letter_kinds() -> list[tuple[str, str]]:
    return [
        ("talk", _("想和家长聊一聊")),
        ("steady", _("这次没有特别要注意的")),
        ("again", _("想请孩子再做一次")),
    ]


def letter(sitting: Sitting, child: Subject, written: Letter, day: date) -> list[Block]:
    """Return the letter: gentle, about what to do and whom to ask; a band only where the school decided to tell it."""
    words = {"name": child.name, "day": full_day(sitting.first_day), "title": sitting.title}
    told = {
        "talk": _("从孩子这次的回答看，我们想多了解一些孩子近来的情况，也想听听您在家里看到的。想请您方便的时候和我们见一面，或通个电话。这不是诊断，也不是批评；多数孩子在大人的陪伴下会慢慢好起来。"),
        "steady": _("这次没有看到需要特别留意的地方。问卷只反映这几天的状态，孩子的情况会变；您若觉得孩子近来有什么不一样，随时可以找我们。"),
        "again": _("孩子这次的问卷没有填完整，或填得比较匆忙，看不出什么。我们想请孩子在安静的时候再做一次，不用准备，也没有对错。"),
    }[written.kind]  # fmt: skip
    blocks: list[Block] = [
        Paragraph(_("%(name)s同学的家长：") % words, indent=False),
        Paragraph(_("您好。%(day)s起，学校在您同意后做了“%(title)s”，想了解孩子近来的心情和压力。") % words),
        Paragraph(told),
    ]
    if written.standing:
        blocks.append(Paragraph(_("问卷里的说法是：%(standing)s。它只和这几天的状态有关，不会放进成绩，也不用来评优和分班。") % {"standing": "；".join(written.standing)}))  # fmt: skip
    blocks += [Paragraph(line) for line in written.words.splitlines() if line.strip()]
    blocks += [
        Paragraph(_("在家里，您可以：")),
        Listing(
            [
                _("多听少问，先听孩子把话说完，不急着讲道理。"),
                _("不拿问卷的事追问或责怪孩子，也不和别的孩子比。"),
                _("照看好睡眠、吃饭和运动，每天留一点只属于你们的时间。"),
                _("孩子若说到不想活、伤害自己，或忽然和平时很不一样，请马上陪在身边，收好危险的物品，联系我们或去医院；紧急时拨打 120、110。"),
            ]
        ),
        Paragraph(_("找谁聊：%(contact)s。全国统一心理援助热线 %(n)s。") % {"contact": written.contact, "n": HOTLINE}),
        Paragraph(_("这封信只给您一家，请收好。")),
        Signature(sitting.school.name, full_day(day)),
    ]  # fmt: skip
    return blocks
