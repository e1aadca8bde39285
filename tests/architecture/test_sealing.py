"""What opens sealed data, and where: everything else finds only the door that writes the audit row."""

import ast

from .tree import product_modules, short

# The inside of sealing itself, and the door.
OPENERS = {
    "unseal": {"tongxin/kernel/access/reading.py"},
    # Files are sealed by the ledger; desk/views/evidence.py notes their reads.
    "open_sealed": {"tongxin/kernel/ledger/evidence.py"},
    "unsealed": set(),
}
INSIDE = "tongxin/kernel/base/sealing/"


def uses(tree, names):
    """Yield (line, name) wherever one of the names of the sealing package is imported or called as an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and "kernel.base.sealing" in (node.module or ""):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in names)
        elif isinstance(node, ast.Attribute) and node.attr in names:
            yield node.lineno, node.attr


def test_sealed_values_are_opened_only_behind_the_door_that_notes_it():
    found = [
        f"{short(path)}:{line} {name}"
        for path, tree in product_modules()
        if not short(path).startswith(INSIDE)
        for line, name in uses(tree, OPENERS)
        if short(path) not in OPENERS[name]
    ]
    assert found == []


def test_this_watch_would_see_a_room_that_opens_by_itself():
    sneaky = ast.parse(
        "from tongxin.kernel.base.sealing.fields import unseal\nfield.unsealed(row, value)\n"
        "from tongxin.kernel.base.sealing import cipher\ncipher.open_sealed(value, place)\n"
    )
    assert [name for _, name in uses(sneaky, OPENERS)] == ["unseal", "unsealed", "open_sealed"]


def test_nothing_reaches_into_the_memory_of_a_row_to_find_its_sealed_bytes():
    """`row.__dict__` would go round the attribute that refuses."""
    found = [
        f"{short(path)}:{node.lineno}"
        for path, tree in product_modules()
        if not short(path).startswith(INSIDE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "__dict__"
    ]
    assert set(found) <= {line for line in found if line.startswith("tongxin/kernel/access/reading.py")}
