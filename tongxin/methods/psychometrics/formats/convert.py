"""Take an instrument over from another format, and give it to one: what comes out and in again is the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tongxin.methods.cadence.findings import ERROR, Finding, PackUnreadable

from ..instrument import Instrument
from ..parse import instrument_from_dict, instrument_from_text
from ..writing import as_dict, as_yaml
from . import fhir, limesurvey, redcap, reproschema
from .problem import FormatProblem
from .rest import applied, difference

TEXT_FORMATS = ("yaml", "fhir", "redcap", "lss")
FORMATS = (*TEXT_FORMATS, "reproschema")
Files = dict[str, str]


def read_native(kind: str, files: Mapping[str, bytes], start: str = "") -> tuple[dict[str, Any], Any]:
    """(mapping, rest) of a file, or of a folder for ReproSchema. Raises FormatProblem."""
    if kind == "reproschema":
        return reproschema.read({name: _text(data, name) for name, data in files.items()}, start)
    data = next(iter(files.values()))
    if kind == "lss":
        return limesurvey.read(data)
    text = _text(data, next(iter(files)))
    return fhir.read(text) if kind == "fhir" else redcap.read(text)


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatProblem(f"“{name}”不是 UTF-8 的文字文件。请另存为 UTF-8。") from error


def take_over(kind: str, files: Mapping[str, bytes], start: str = "") -> tuple[Instrument, list[Finding]]:
    """The instrument of a file in a format. Raises FormatProblem; findings are warnings of our own reader."""
    if kind == "yaml":
        name, data = next(iter(files.items()))
        try:
            found, findings = instrument_from_text(_text(data, name), name)
        except PackUnreadable as problem:
            raise FormatProblem(f"{problem.file}:{problem.line}: {problem.sentence}") from problem
        return checked(found, findings)
    return from_native(*read_native(kind, files, start))


def from_native(native: dict[str, Any], rest: Any) -> tuple[Instrument, list[Finding]]:
    """The instrument that a reader's mapping and the difference beside it make. Raises FormatProblem."""
    try:
        return checked(*instrument_from_dict(applied(native, rest) if rest is not None else native))
    except PackUnreadable as problem:
        raise FormatProblem(problem.sentence) from problem


def checked(found: Instrument, findings: list[Finding]) -> tuple[Instrument, list[Finding]]:
    """Raises FormatProblem when our reader found an error."""
    wrong = [finding.sentence for finding in findings if finding.level == ERROR]
    if wrong:
        raise FormatProblem("\n".join(wrong[:10]))
    return found, findings


def rest_for(instrument: Instrument, native: dict[str, Any]) -> Any:
    """What a format could not say of the instrument, given what its reader makes of what it could."""
    return difference(native, as_dict(instrument, short_items=False))


def give(instrument: Instrument, kind: str, beside: bool = True) -> Files:
    """The files by name. beside: put along what the format cannot say."""
    if kind == "yaml":
        return {f"{instrument.id}.yaml": as_yaml(instrument)}
    writers: dict[str, Any] = {
        "fhir": (fhir.write, f"{instrument.id}.json"),
        "redcap": (redcap.write, f"{instrument.id}.csv"),
        "lss": (limesurvey.write, f"{instrument.id}.lss"),
        "reproschema": (reproschema.write, ""),
    }
    write, name = writers[kind]

    def made(rest: Any) -> Files:
        found = write(instrument, rest)
        return found if isinstance(found, dict) else {name: found}

    plain = made(None)
    if not beside:
        return plain
    native, _ = read_native(kind, {path: text.encode() for path, text in plain.items()})
    rest = rest_for(instrument, native)
    return plain if rest is None else made(rest)
