"""Instruments and papers for property tests: every kind of scale, missing rule, grouping and condition."""

from __future__ import annotations

from hypothesis import strategies as st

from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.methods.psychometrics.parse import instrument_from_dict

VALUES = st.sampled_from([[0, 1, 2, 3], [1, 2, 3, 4, 5], [0, 1], [3, 2, 1], [-1, 0, 1], [0, 2, 5], [7, 7, 1]])
COMPARE = st.sampled_from(["at_least", "at_most", "more_than", "less_than", "is", "is_not"])


@st.composite
def instruments(draw) -> Instrument:
    """A definition that the reader takes without errors (the linter may still have something to say)."""
    sets = {f"a{i}": draw(VALUES) for i in range(draw(st.integers(1, 3)))}
    n = draw(st.integers(1, 12))
    items = [
        {"id": i + 1, "text": f"题{i + 1}", "answers": draw(st.sampled_from(sorted(sets)))} for i in range(n)
    ]
    numbers = list(range(1, n + 1))
    some = st.lists(st.sampled_from(numbers), min_size=1, max_size=n, unique=True)
    scales = []
    for i in range(draw(st.integers(1, 4))):
        members: list = draw(some)
        if len(members) > 2 and draw(st.booleans()):
            members = [{draw(st.sampled_from(["max", "min"])): members[:2]}, *members[2:]]
        scales.append({"id": f"s{i}", "title": "分", "items": members, **draw(_arithmetic(len(members)))})
    if len(scales) > 1 and draw(st.booleans()):
        parts = draw(
            st.lists(st.sampled_from([s["id"] for s in scales]), min_size=1, max_size=3, unique=True)
        )
        scales.append({"id": "whole", "title": "合", "of": parts, **draw(_arithmetic(0))})
    names = [scale["id"] for scale in scales]
    rules = {key: [{"id": f"{key}{i}", "title": "规则", "when": draw(_conditions(numbers, names))}
                   for i in range(draw(st.integers(0, 2)))] for key in ("validity", "critical", "patterns")}  # fmt: skip
    for rule in rules["validity"]:
        rule["level"] = draw(st.sampled_from(["invalid", "doubt"]))
    for rule in (*rules["critical"], *rules["patterns"]):
        rule["rank"] = draw(st.integers(1, 3))
    for scale in scales:
        if draw(st.booleans()):
            cut = draw(st.integers(-2, 12))
            scale["bands"] = [{"id": "low", "title": "低", "rank": 0, "below": cut},
                              {"id": "high", "title": "高", "rank": 1, "from": cut, "to": cut + 5}]  # fmt: skip
            if draw(st.booleans()):
                scale["bands"] = [{"for": {"sex": "female", "ages": "12-"}, "cuts": scale["bands"]},
                                  {"cuts": [{"id": "all", "title": "全", "rank": 0}]}]  # fmt: skip
    raw = {
        "instrument": "drawn", "title": "随机量表", "licence": {"name": "无", "wording": "shipped"},
        "answers": {name: {"options": [{"value": v, "code": f"c{k}"} for k, v in enumerate(values)]}
                    for name, values in sets.items()},
        "items": items, "reverse": draw(st.lists(st.sampled_from(numbers), max_size=3, unique=True)),
        "scales": scales, **rules,
    }  # fmt: skip
    found, findings = instrument_from_dict(raw)
    assert not findings, (findings, raw)
    return found


@st.composite
def _arithmetic(draw, n: int) -> dict:
    found: dict = {"method": draw(st.sampled_from(["sum", "mean", "count", "max", "min"]))}
    if draw(st.booleans()):
        found["multiply"] = draw(st.sampled_from([2, "1.25", "1/3", -1]))
    if draw(st.booleans()):
        found["plus"] = draw(st.sampled_from([1, "0.5", -3]))
    if draw(st.booleans()):
        found["digits"] = draw(st.integers(0, 2))
    if n > 1 and draw(st.booleans()):
        found["missing"] = {
            "rule": draw(st.sampled_from(["prorate", "count"])),
            "at_most": draw(st.integers(1, n - 1)),
        }
    return found


def _conditions(numbers, names):
    leaf = st.one_of(
        st.builds(lambda i, c, v: {"item": i, c: v}, st.sampled_from(numbers), COMPARE, st.integers(-1, 5)),
        st.builds(lambda s, c, v: {"scale": s, c: v}, st.sampled_from(names), COMPARE, st.integers(-1, 9)),
        st.builds(lambda c, v: {"blanks": {c: v}}, COMPARE, st.integers(0, 4)),
    )
    return _joined(leaf, _joined(leaf, leaf))


def _joined(leaf, inner):
    parts = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        leaf,
        parts.map(lambda found: {"all": found}),
        parts.map(lambda found: {"any": found}),
        inner.map(lambda found: {"not": found}),
        st.lists(inner, min_size=2, max_size=3).map(lambda found: {"count": found, "at_least": 2}),
    )


@st.composite
def with_papers(draw):
    """(instrument, papers as rows of bytes): some cells blank, some refused."""
    instrument = draw(instruments())
    cells = [
        st.sampled_from([*range(len(instrument.answers_by_id[item.answers].options)), 255, 255, 254])
        if draw(st.booleans())
        else st.integers(0, len(instrument.answers_by_id[item.answers].options) - 1)
        for item in instrument.scored_items
    ]
    return instrument, draw(st.lists(st.tuples(*cells), min_size=1, max_size=8))
