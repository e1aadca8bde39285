"""The teacher's observation sheet: changes that anybody can see, in plain words (signs.yaml says where they come from)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language

SOME, MUCH = "some", "much"


@dataclass(frozen=True)
class Sign:
    """urgent: whoever sees it calls somebody now. harm: somebody may be hurting the child."""

    name: str
    chinese: str
    english: str
    urgent: bool = False
    harm: bool = False

    @property
    def title(self) -> str:
        return self.english if (get_language() or "").startswith("en") else self.chinese


@cache
def signs() -> tuple[Sign, ...]:
    raw = yaml.safe_load(Path(__file__).with_name("signs.yaml").read_text(encoding="utf-8"))
    return tuple(
        Sign(one["sign"], one["title"], one["en"], one.get("urgent", False), one.get("harm", False))
        for one in raw["signs"]
    )


def urgent(sheet: Mapping[str, str]) -> bool:
    """Say whether a sheet {sign: "some" | "much"} shows something that cannot wait."""
    return any(sheet.get(sign.name) for sign in signs() if sign.urgent)


def words(sheet: Mapping[str, str]) -> list[tuple[str, bool]]:
    """Return (what was seen, plainly so) in the order of the sheet."""
    return [(sign.title, sheet[sign.name] == MUCH) for sign in signs() if sheet.get(sign.name)]
