"""A verdict is as secret as what its rule reads: no node may read something without saying so."""

import importlib
import inspect
import pkgutil
from dataclasses import fields, is_dataclass
from datetime import date

import pytest

import tongxin.methods.cadence as cadence
from tongxin.methods.cadence.bounds import Band, Bound, Table
from tongxin.methods.cadence.conditions import AttributeTest, HasLink, Not
from tongxin.methods.cadence.counting import Companion, Count
from tongxin.methods.cadence.periods import Once
from tongxin.methods.cadence.reads import names_read
from tongxin.methods.cadence.tree import Obligation, Requirement, SubjectKind

NAMES_SOMETHING = {"attribute", "other", "link", "machine", "event", "announced"}


def nodes():
    """Every class of the tree: a dataclass with `words`, in any module of the language."""
    for module in pkgutil.iter_modules(cadence.__path__):
        if module.name.startswith(("bench", "test")):
            continue
        loaded = importlib.import_module(f"tongxin.methods.cadence.{module.name}")
        for _, found in inspect.getmembers(loaded, inspect.isclass):
            if is_dataclass(found) and found.__module__ == loaded.__name__ and hasattr(found, "words"):
                yield found


@pytest.mark.parametrize("node", sorted(set(nodes()), key=lambda node: node.__name__))
def test_a_node_that_names_something_says_that_it_reads_it(node):
    named = {item.name for item in fields(node)} & NAMES_SOMETHING
    assert not named or hasattr(node, "reads"), f"{node.__name__} names {named} and has no `reads`"


def test_everything_a_rule_reads_is_found_however_deep_it_stands():
    rule = Obligation(
        "a", "A", date(2023, 1, 1), SubjectKind("student"),
        Requirement(
            Count(("talk",), by=Companion(link="mentor_of", where=AttributeTest("rank"))),
            bound=Bound(Table("need_type", (Band(1, ("family",)),))),
        ),
        (Once(date(2023, 1, 1)),),
        where=Not(HasLink("boards_with")),
    )  # fmt: skip
    assert names_read(rule) == {
        ("link", "mentor_of"), ("attribute", "rank"), ("attribute", "need_type"), ("link", "boards_with"),
    }  # fmt: skip
