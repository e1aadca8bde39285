"""Lint bands against the scores that can occur, and norms."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

from tongxin.methods.cadence.findings import Findings
from tongxin.methods.cadence.located import Place

from .instrument import FORMS, SEXES, BandTable, Instrument, Person, Scale
from .reach import reachable


def check_bands(instrument: Instrument, found: Findings) -> None:
    for scale in instrument.scales:
        if not scale.tables:
            continue
        scores = reachable(instrument, scale)
        for table in scale.tables:
            _check_table(instrument, scale, table, scores, found)
        _check_groups(instrument, scale, found)


def said(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.4g}"


def _check_table(
    instrument: Instrument, scale: Scale, table: BandTable, scores: set[Fraction] | None, found: Findings
) -> None:
    place, what = Place(instrument.file, table.line), f"分量表“{scale.id}”的分级"
    for name, n in Counter(band.id for band in table.bands).items():
        if n > 1:
            found.error(place, "twice", f"{what}里“{name}”写了两次。请改成不同的编号。")
    for band in table.bands:
        if not band.title:
            found.error(place, "band", f"{what}“{band.id}”没有名称（title）。")
        if band.low is not None and band.high is not None and band.low > band.high:
            found.error(place, "band", f"{what}“{band.id}”的两头写反了。")
    if not scores:
        return
    for score in sorted(scores):
        holding = [band for band in table.bands if band.holds(score)]
        if not holding:
            found.error(place, "gap", f"{what}有空档：{said(score)} 分不在任何一级里。请补上。")
            break
    for score in sorted(scores):
        holding = [band for band in table.bands if band.holds(score)]
        if len(holding) > 1:
            names = "”“".join(band.id for band in holding[:2])
            found.error(
                place, "overlap", f"{what}有重叠：{said(score)} 分同时在“{names}”里。请改其中一级的起止。"
            )
            break
    for band in table.bands:
        if not any(band.holds(score) for score in scores):
            low, high = said(min(scores)), said(max(scores))
            found.error(
                place,
                "unreachable",
                f"{what}“{band.id}”没有人能达到：能得的分数是 {low} 到 {high}。请改起止。",
            )
    outside = [
        e
        for b in table.bands
        for e in (b.low, b.high)
        if e is not None and not min(scores) <= e <= max(scores)
    ]
    edges = [
        e for e in outside if not (e > max(scores) and any(b.below and b.high == e for b in table.bands))
    ]
    if edges:
        low, high = said(min(scores)), said(max(scores))
        found.error(
            place,
            "unreachable",
            f"{what}写到了 {said(Fraction(edges[0]))} 分，但能得的分数是 {low} 到 {high}。请改起止。",
        )


def _check_groups(instrument: Instrument, scale: Scale, found: Findings) -> None:
    what = f"分量表“{scale.id}”的分级"
    for (i, first), (_, second) in itertools.combinations(enumerate(scale.tables), 2):
        place = Place(instrument.file, second.line)
        if first.group.everyone:
            found.error(place, "overlap", f"{what}里适用于所有人的一套要写在最后，否则后面的用不上。")
            return
        if first.group.meets(second.group) and not second.group.everyone:
            found.error(
                place,
                "overlap",
                f"{what}有两套（第 {i + 1} 套和这一套）适用于同样的人。请改适用对象（for）。",
            )
            return
    if len(scale.tables) > 1 or not scale.tables[0].group.everyone:
        left = _nobody_for(instrument, scale)
        if left:
            place = Place(instrument.file, scale.tables[-1].line)
            found.warn(
                place, "gap", f"{what}没有写{left}用哪一套，他们不会有分级。可以在最后加一套不写 for 的。"
            )


def _nobody_for(instrument: Instrument, scale: Scale) -> str:
    """Who has no table, in words; "" when everybody has one."""
    low, high = instrument.ages
    ages = range(low if low is not None else 6, (high if high is not None else 25) + 1)
    first, last = instrument.grades
    grades = range(first if first is not None else 1, (last if last is not None else 12) + 1)
    words = {"student": "学生自评", "parent": "家长评", "teacher": "教师评", "male": "男", "female": "女"}
    by_age = any(table.group.ages != (None, None) for table in scale.tables)
    by_grade = any(table.group.grades != (None, None) for table in scale.tables)
    for form, sex, age, grade in itertools.product(
        instrument.forms or FORMS, SEXES, ages if by_age else [None], grades if by_grade else [None]
    ):
        if not any(table.group.holds(Person(sex, age, grade, form)) for table in scale.tables):
            told = [words[form], words[sex]]
            told += [f"{age} 岁"] if age is not None else []
            told += [f"{grade} 年级"] if grade is not None else []
            return "、".join(told)
    return ""


def check_norms(instrument: Instrument, found: Findings) -> None:
    for norm in instrument.norms:
        place, what = Place(instrument.file, norm.line), f"常模“{norm.id}”"
        if not norm.source or not norm.year:
            found.error(place, "norm", f"{what}没有写来源（source）和年份（year）。没有来历的常模不能用。")
        for row in norm.rows:
            if row.scale not in instrument.scale_by_id:
                found.error(place, "unknown-scale", f"{what}里的“{row.scale}”不是分量表。")
            if (row.mean is None) != (row.sd is None):
                found.error(place, "norm", f"{what}“{row.scale}”的 mean 和 sd 要一起写。")
            if row.sd is not None and row.sd <= 0:
                found.error(place, "norm", f"{what}“{row.scale}”的标准差（sd）要大于 0。")
            if row.mean is None and not row.points:
                found.error(place, "norm", f"{what}“{row.scale}”要写 mean 和 sd，或 points。")
            pairs = list(itertools.pairwise(row.points))
            if any(b[0] <= a[0] or b[1] < a[1] for a, b in pairs) or any(
                not 0 <= y <= 100 for _, y in row.points
            ):
                found.error(
                    place,
                    "norm",
                    f"{what}“{row.scale}”的 points 要按分数从小到大，百分位在 0 到 100 之间、不下降。",
                )
    for first, second in itertools.combinations(instrument.norms, 2):
        if first.group.meets(second.group) and not second.group.everyone:
            place = Place(instrument.file, second.line)
            found.error(
                place, "overlap", f"常模“{first.id}”和“{second.id}”适用于同样的人。请改适用对象（for）。"
            )
