"""How carefully the papers of a sitting were filled in, in words; what cannot be computed says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from django.utils.translation import gettext as _

from tongxin.methods.psychometrics import quality as indices
from tongxin.methods.psychometrics.quality import Quality

from .instruments import Ready
from .papers import paper_bytes

Answered = Mapping[str, int | str]


def judge(made: Ready, answered: Sequence[Answered], seconds: Sequence[float | None]) -> list[Quality | None]:
    """Look at the papers of one instrument of a sitting together; None where it has no scored items."""
    width = len(made.instrument.scored_items)
    if not answered or not width:
        return [None] * len(answered)
    return list(indices.quality(made.instrument, matrix(made, answered), seconds))


def matrix(made: Ready, answered: Sequence[Answered]) -> np.ndarray:
    """Return papers as the methods take them: a row for each, a byte for each scored item."""
    width = len(made.instrument.scored_items)
    rows = b"".join(paper_bytes(made.instrument, one) for one in answered)
    return np.frombuffer(rows, np.uint8).reshape(len(answered), width)


def reason_words(reasons: Sequence[str]) -> list[str]:
    """Say why a paper is looked at again."""
    words = {
        indices.FAST: _("答得太快，平均每题不到 2 秒"),
        indices.STRAIGHT: _("从头到尾选同一个答案，正着问和反着问也一样"),
        indices.HALVES: _("单号题和双号题前后不一致"),
        indices.SYNONYMS: _("意思相近的题答得不一样"),
        indices.VALIDITY: _("没有通过量表自带的效度检查"),
    }
    return [words[reason] for reason in reasons]


def index_rows(one: Quality) -> list[tuple[str, str, str]]:
    """Return (index, value, what it means) of a paper."""
    return [
        (_("平均每题用时"), _seconds(one.seconds), _("不到 2 秒多半没有读题。纸笔和导入的没有用时。")),
        (_("最长的连续相同"), _number(one.longest, 0), _("连着选同一个答案的题数。")),
        (_("平均连续相同"), _number(one.average, 1), _("有漏答时算不出来。")),
        (_("题与题的差异"), _number(one.spread, 2), _("0 表示每题都选了同一个答案。")),
        (_("前后一致"), _number(one.even_odd, 2), _("单双号题的相关；到 0 或更低说明前后不一致。题少时算不出来。")),
        (_("近义题一致"), _number(one.synonyms, 2), _("意思相近的题的相关；没有足够的近义题时算不出来。")),
        (_("离众人多远"), _number(one.distance, 1), _far(one)),
    ]  # fmt: skip


def _number(value: float | int | None, digits: int) -> str:
    return _("算不出来") if value is None else f"{value:.{digits}f}"


def _seconds(value: float | None) -> str:
    return _("不知道") if value is None else _("%(n)s 秒") % {"n": f"{value:.1f}"}


def _far(one: Quality) -> str:
    if one.far:
        return _("和大多数人很不一样。真有困难的孩子也会这样，所以不算理由。")
    return _("只作参考，不算理由。")
