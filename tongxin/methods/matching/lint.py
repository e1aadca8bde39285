"""What is wrong with a scheme though it can be read."""

from __future__ import annotations

from pathlib import Path

from tongxin.methods.cadence.findings import Finding, Findings, PackUnreadable
from tongxin.methods.cadence.located import Place

from .parse import load_scheme, parse_scheme
from .scheme import Scheme
from .use import parse_use


def is_pairing(path: Path) -> bool:
    """Does the file say that it is a scheme of pairing or of teams; cheap, for telling it from a pack."""
    if not path.is_file() or path.suffix not in (".yaml", ".yml"):
        return False
    try:
        with path.open(encoding="utf-8-sig") as file:
            return any(line.startswith(("pairing:", "team:")) for line in file)
    except (OSError, UnicodeDecodeError):
        return False


def lint(scheme: Scheme, findings: Findings) -> list[Finding]:
    """All findings in order."""
    found = Findings(findings)
    whole = scheme.seats[0].place if scheme.seats else Place("", 1)
    if not scheme.teams:
        if len(scheme.seats) > 2:
            found.error(
                scheme.seats[2].place, "seats", "配对只能有两个席位；三个以上请把开头的“pairing”改成“team”。"
            )
        for seat in scheme.seats:
            if seat.count != 1:
                found.error(seat.place, "count", "席位数（count）只在组队时写；配对请用人数（capacity）。")
        for term in scheme.terms:
            if term.kind == "cover":
                found.error(
                    term.place, "cover", f"“{term.title}”（cover）只在组队时能用；配对请用 complementary。"
                )
    else:
        for term in scheme.terms:
            if term.kind == "balance":
                found.error(term.place, "balance", f"“{term.title}”（balance）只在配对时能用。")
        if scheme.stable:
            found.error(whole, "stable", "稳定（stable）只在配对时能用。")
        if scheme.load[0]:
            found.error(whole, "load", "占几个名额（load）只在配对时能用。")
    if not scheme.terms and not findings:
        found.warn(whole, "no-terms", "没有写看重什么（terms），所有合条件的配对都一样好。")
    for term in scheme.terms:
        if term.weight == 0:
            found.warn(term.place, "no-weight", f"“{term.title}”的权重是 0，不起作用。")
    if scheme.stable and scheme.load[0]:
        found.error(whole, "stable", "稳定（stable）和占几个名额（load）不能一起用。")
    if scheme.stable and any(term.kind == "balance" for term in scheme.terms):
        found.error(whole, "stable", "稳定（stable）和负担均衡（balance）不能一起用。")
    if scheme.load[0] and any(term.kind == "balance" for term in scheme.terms):
        found.error(whole, "load", "占几个名额（load）和负担均衡（balance）不能一起用。")
    return sorted(found)


def check_file(path: str | Path) -> list[Finding]:
    """Read and lint a file."""
    try:
        scheme, findings = load_scheme(path)
        return _checked(scheme, findings, Path(path).read_text(encoding="utf-8-sig"), Path(path).name)
    except PackUnreadable as problem:
        return [problem.finding()]


def check_text(text: str, file: str = "scheme.yaml") -> list[Finding]:
    """The same of a text."""
    try:
        scheme, findings = parse_scheme(text, file)
        return _checked(scheme, findings, text, file)
    except PackUnreadable as problem:
        return [problem.finding()]


def _checked(scheme: Scheme, findings: Findings, text: str, file: str) -> list[Finding]:
    return lint(scheme, Findings([*findings, *parse_use(text, scheme, file)[1]]))
