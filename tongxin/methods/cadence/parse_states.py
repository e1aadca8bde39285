"""Spelling of a state: its name where only one machine of the pack has it, or the machine and the state."""

from __future__ import annotations

from typing import Any

from .declarations import AttributeDeclaration
from .located import LMap
from .reading import Context, text_of

STATES = ("state", "choice")


def machine_of(value: Any, context: Context, where: object) -> tuple[AttributeDeclaration, str] | None:
    """(the attribute that keeps the state, the state) from `X` or `{machine: NAME, is: X}`."""
    machines = [item for item in context.names.attributes.values() if item.type in STATES]
    if isinstance(value, LMap):
        context.unknown_keys(value, ("machine", "attribute", "is"), "状态")
        name, state = text_of(value.get("machine") or value.get("attribute")), text_of(value.get("is"))
        machines = [item for item in machines if item.name == name]
        if not machines:
            context.error(
                where, "unknown-attribute", f"没有“{name}”这组状态。请在“attributes”里声明，type 写 state。"
            )
            return None
        if state not in machines[0].values:
            allowed = "、".join(machines[0].values)
            context.error(where, "unknown-value", f"“{name}”没有“{state}”这个状态。可用的有：{allowed}。")
            return None
        return machines[0], state
    state = text_of(value)
    holding = [item for item in machines if state in item.values]
    # A pack that declares states says which attributes are meant; without any, lists of choices will do.
    found = [item for item in holding if item.type == "state"] or holding
    if not found:
        context.error(where, "unknown-value", f"没有“{state}”这个状态。请在“attributes”里声明，或改正名称。")
        return None
    if len(found) > 1:
        named = "、".join(item.name for item in found)
        context.error(
            where,
            "ambiguous",
            f"“{state}”在几组状态里都有（{named}）。请写成 {{machine: 名称, is: {state}}}。",
        )
        return None
    return found[0], state
