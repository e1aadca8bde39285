"""Loads and stable matchings against every possible choice."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongxin.methods.matching.instances import InstanceProblem, read_loads, read_preferences
from tongxin.methods.matching.loads import solve_loads
from tongxin.methods.matching.problem import NEVER
from tongxin.methods.matching.stable import (
    Topics,
    blocking_pairs,
    blocking_topics,
    choose_topics,
    deferred_acceptance,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_way_to_fill_the_places_is_better(data):
    rows, columns = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    cell = st.one_of(st.just(NEVER), st.integers(-20, 20))
    shape = {"min_size": rows * columns, "max_size": rows * columns}
    scores = np.array(data.draw(st.lists(cell, **shape))).reshape(rows, columns)
    loads = np.array(data.draw(st.lists(st.integers(0, 4), **shape))).reshape(rows, columns)
    capacity = np.array(data.draw(st.lists(st.integers(0, 6), min_size=columns, max_size=columns)))
    need_all = data.draw(st.booleans())
    found = solve_loads(scores, loads, capacity, need_all=need_all)
    best = max(
        (-sum(c < 0 for c in choice) * need_all, sum(int(scores[r, c]) for r, c in enumerate(choice) if c >= 0))
        for choice in itertools.product(range(-1, columns), repeat=rows)
        if all(c < 0 or scores[r, c] > NEVER for r, c in enumerate(choice))
        and all(
            sum(loads[r, c] for r, c in enumerate(choice) if c == column) <= capacity[column] for column in range(columns)
        )
    )  # fmt: skip
    assert found.proved
    assert (found.value, found.bound) == (best[1], best[1])
    if need_all:
        assert found.missing == -best[0]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_deferred_acceptance_is_stable_and_best_for_who_proposes(data):
    ones, others = [f"a{n}" for n in range(4)], [f"b{n}" for n in range(3)]

    def likes(of):
        return data.draw(st.permutations(of).flatmap(lambda p: st.integers(0, len(p)).map(lambda n: p[:n])))

    first, second = {one: likes(others) for one in ones}, {one: likes(ones) for one in others}
    places = {one: data.draw(st.integers(0, 2)) for one in others}
    found = deferred_acceptance(first, second, None, places)
    assert blocking_pairs(found, first, second, None, places) == []
    mine = dict(found)
    allowed = [[b for b in first[a] if a in second[b]] + [None] for a in ones]
    for choice in itertools.product(*allowed):
        pairs = {(a, b) for a, b in zip(ones, choice, strict=True) if b}
        fits = all(sum(b == other for _, b in pairs) <= places[other] for other in others)
        if fits and not blocking_pairs(pairs, first, second, None, places):
            for a, b in pairs:
                assert first[a].index(mine[a]) <= first[a].index(b)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_topics_are_chosen_so_that_nobody_has_a_claim(data):
    students, topics, teachers = ["s1", "s2", "s3", "s4"], ["p1", "p2", "p3"], ["t1", "t2"]
    problem = Topics(
        {one: data.draw(st.permutations(topics)) for one in students},
        {one: data.draw(st.integers(1, 2)) for one in topics},
        {one: data.draw(st.sampled_from(teachers)) for one in topics},
        {one: data.draw(st.integers(1, 3)) for one in teachers},
        {one: data.draw(st.permutations(students)) for one in teachers},
    )
    chosen = choose_topics(problem)
    assert blocking_topics(problem, chosen) == []
    held = list(chosen.values())
    assert all(held.count(topic) <= problem.topic_places[topic] for topic in topics)
    assert all(
        sum(problem.teacher_of[topic] == one for topic in held) <= problem.teacher_places[one]
        for one in teachers
    )


def test_a_search_can_be_stopped_and_gives_what_it_has():
    random = np.random.default_rng(5)
    scores, loads = -random.integers(10, 50, (60, 5)), random.integers(5, 25, (60, 5))
    told = []
    found = solve_loads(
        scores, loads, np.full(5, 130), 20, lambda bound, best: told.append((bound, best)) is not None
    )
    assert found.stopped
    assert told
    assert found.bound >= found.value


@pytest.mark.parametrize(
    ("text", "reader", "words"),
    [
        ("2 2\n1 2 3\n", read_loads, "要 12 个，现在是 5 个"),
        ("2 2 x", read_loads, "第 1 行应当只有整数"),
        ("", read_loads, "人数"),
        ("1 1\n-1\n1\n1\n", read_loads, "负数"),
        ("2 2\n1 1 2\n", read_preferences, "再有 4 行"),
        ("1 1\n1 2\n1 1\n", read_preferences, "不存在的 2"),
        ("7", read_preferences, "第一行"),
    ],
)
def test_a_broken_instance_is_refused_in_a_sentence(tmp_path, text, reader, words):
    file = tmp_path / "broken"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InstanceProblem, match=words):
        reader(file)
