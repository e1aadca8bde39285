"""Read an instrument from YAML. Whatever is written, the answer is an Instrument and findings with file and line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tongxin.methods.cadence.findings import Finding, PackUnreadable
from tongxin.methods.cadence.located import LMap, located, plain, read_yaml

from .instrument import FORMS, LANGUAGE, OWN, Instrument, Licence, Person, Source
from .parse_bank import bank_of
from .parse_items import answer_sets, items_of, sections_of
from .parse_scales import golden_of, norms_of, rules_of, scales_of
from .reading import Reader

KEYS = (
    "instrument", "title", "version", "language", "short", "about", "instructions", "minutes", "forms", "ages",
    "grades", "licence", "citation", "sources", "sections", "answers", "items", "reverse", "unscored", "partition",
    "scales", "validity", "critical", "patterns", "norms", "bank", "golden",
)  # fmt: skip
MOST_BYTES = 2_000_000


def is_instrument(path: Path) -> bool:
    """Does the file say that it is an instrument; cheap, for telling it from a pack."""
    if path.is_dir() or path.suffix not in (".yaml", ".yml"):
        return False
    try:
        with path.open(encoding="utf-8") as file:
            return any(line.startswith("instrument:") for line in file)
    except (OSError, UnicodeDecodeError):
        return False


def load_instrument(path: str | Path) -> tuple[Instrument, list[Finding]]:
    """The instrument of a file with what its reader found.

    Raises PackUnreadable with a sentence when it is no text, no YAML or unreasonably large.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PackUnreadable("文件太大，不像量表。", str(path))
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise PackUnreadable("这不是文字文件。请用 UTF-8 编码保存。", str(path)) from error
    return instrument_from_text(text, str(path))


def instrument_from_text(text: str, file: str = "") -> tuple[Instrument, list[Finding]]:
    return instrument_from_dict(read_yaml(text, file), file)


def instrument_from_dict(raw: Any, file: str = "") -> tuple[Instrument, list[Finding]]:
    """As `load_instrument`, from the mapping a file holds (located or plain)."""
    document = located(raw, file)
    if not isinstance(document, LMap):
        raise PackUnreadable("量表文件要写成“名称: 值”的几行，第一行是 instrument。", file)
    reader = Reader(file)
    whole = reader.mapping(document, document, "量表", KEYS)
    reader.language = reader.text(whole.get("language"), whole.at("language"), "语言（language）", LANGUAGE)
    at = whole.at
    sets = answer_sets(reader, whole)
    sections = sections_of(reader, whole)
    items = items_of(reader, whole, sets, sections)
    known = {item.id: index for index, item in enumerate(items)}
    scales = scales_of(reader, whole, known)
    instrument = Instrument(
        id=reader.id(whole.get("instrument"), at("instrument"), "量表（instrument）"),
        title=reader.words(whole.get("title"), at("title"), "名称（title）"),
        version=reader.text(whole.get("version"), at("version"), "版本（version）", "1"),
        language=reader.language,
        short=reader.text(whole.get("short"), at("short"), "简称（short）"),
        about=reader.words(whole.get("about"), at("about"), "说明（about）"),
        instructions=reader.words(whole.get("instructions"), at("instructions"), "指导语（instructions）"),
        minutes=reader.whole(whole["minutes"], at("minutes"), "用时（minutes）", 1)
        if "minutes" in whole
        else None,
        forms=tuple(
            reader.choice(text, at("forms"), "填写人（forms）", FORMS, FORMS[0])
            for text in reader.texts(whole.get("forms"), at("forms"), "forms")
        ),
        ages=reader.span(whole.get("ages"), at("ages"), "年龄（ages）"),
        grades=reader.span(whole.get("grades"), at("grades"), "年级（grades）"),
        licence=_licence(reader, whole),
        citation=reader.text(whole.get("citation"), at("citation"), "引文（citation）"),
        sources=_sources(reader, whole),
        sections=sections,
        answers=sets,
        items=items,
        reverse=reader.item_ids(whole.get("reverse"), at("reverse"), "反向计分（reverse）", known),
        unscored=reader.item_ids(whole.get("unscored"), at("unscored"), "不计分（unscored）", known),
        partition=reader.texts(whole.get("partition"), at("partition"), "partition"),
        scales=scales,
        validity=rules_of(reader, whole, "validity", known),
        critical=rules_of(reader, whole, "critical", known),
        patterns=rules_of(reader, whole, "patterns", known),
        norms=norms_of(reader, whole),
        bank=bank_of(reader, whole, known),
        golden=golden_of(reader, whole, known),
        file=file,
        raw=document,
    )
    _check_names(reader, instrument, whole)
    return instrument, sorted(set(reader.findings))


def completed(
    instrument: Instrument, texts: dict[str, str], granted: str
) -> tuple[Instrument, list[Finding]]:
    """The instrument with a school's own wording. texts: words by item id; granted: from whom and when it has the right.

    Raises ValueError naming an item that the instrument does not have.
    """
    unknown = sorted(set(texts) - set(instrument.item_by_id))
    if unknown:
        raise ValueError(f"量表里没有第“{unknown[0]}”题。请检查题号。")
    from .writing import as_dict

    whole = as_dict(instrument)
    whole["items"] = [row | ({"text": texts[str(row["id"])]} if str(row["id"]) in texts else {}) for row in
                      as_dict(instrument, short_items=False)["items"]]  # fmt: skip
    whole["licence"] = whole.get("licence", {}) | {"granted": granted}
    found, findings = instrument_from_dict(whole, instrument.file)
    return replace(found, file=instrument.file), findings


def _licence(reader: Reader, whole: LMap) -> Licence:
    keys = ("name", "wording", "holder", "notice", "url", "granted")
    spelled = reader.mapping(whole.get("licence"), whole.at("licence"), "许可（licence）", keys)
    text = {key: reader.text(spelled.get(key), spelled.at(key), f"许可的 {key}") for key in keys}
    if text["wording"] not in ("", "shipped", "school"):
        reader.error(
            spelled.at("wording"),
            "choice",
            "许可的 wording 要写 shipped（题目随附）或 school（学校自己填）。",
        )
    return Licence(**text)


def _sources(reader: Reader, whole: LMap) -> tuple[Source, ...]:
    found = []
    for row, place in reader.rows(whole.get("sources"), whole.at("sources"), "来源（sources）"):
        spelled = reader.mapping(row, place, "来源", ("what", "document", "year", "url"))
        year = (
            reader.whole(spelled["year"], spelled.at("year"), "年份（year）") if "year" in spelled else None
        )
        texts = (reader.text(spelled.get(key), spelled.at(key), key) for key in ("what", "document", "url"))
        what, document, url = texts
        found.append(Source(what, document, year, url))
    return tuple(found)


def _check_names(reader: Reader, instrument: Instrument, whole: LMap) -> None:
    """Names that point nowhere: coding of a golden paper, scales of partition, norms and conditions."""
    scales = set(instrument.scale_by_id)
    for name in instrument.partition:
        if name not in scales:
            reader.error(whole.at("partition"), "unknown-scale", f"partition 里的“{name}”不是分量表。")
    for golden in instrument.golden:
        if golden.coding not in instrument.codings:
            known = "、".join(instrument.codings)
            reader.error(
                _spot(reader, golden),
                "unknown-coding",
                f"算例“{golden.name}”的记分方式“{golden.coding}”没有定义。可用的有：{known}。",
            )


def _spot(reader: Reader, row: Any) -> object:
    from tongxin.methods.cadence.located import Place

    return Place(reader.file, row.line)


__all__ = ["KEYS", "OWN", "Person", "completed", "instrument_from_dict", "instrument_from_text", "is_instrument",
           "load_instrument", "plain"]  # fmt: skip
