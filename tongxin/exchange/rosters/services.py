"""The steps of an import, from the upload to its result and back. Pages call these and nothing else.

run = start(school, kind, upload, by=…)      the file is kept in the data folder until the import ends
plan = preview(run, day=…)                   what would happen; nothing is written
confirm(run, fingerprint, …)                 all or nothing, in one transaction with its audit row
take_back(run, …)                            undo
"""

import os
import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.models import ImportMapping, ImportRun
from tongxin.exchange.rosters import limits
from tongxin.exchange.rosters import undo as undoing
from tongxin.exchange.rosters.apply import apply
from tongxin.exchange.rosters.compare import SKIP, Comparison, compare
from tongxin.exchange.rosters.fields import FIELDS, STUDENTS
from tongxin.exchange.rosters.headings import Header, guess_mapping
from tongxin.exchange.rosters.known import KnownSchool, current_school_year, read_school
from tongxin.exchange.rosters.reader import Overview, SheetInfo, read_overview
from tongxin.exchange.rosters.refusal import RosterRefused
from tongxin.exchange.rosters.roster import Checked, Choices, check_file, choose_header
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.people.models import Staff, Student

KEEP_FILE_HOURS = 24


class RunClosed(ValueError):
    """The import was already done, dropped or undone."""


class PlanChanged(ValueError):
    """What would be imported now is not what was shown."""


@dataclass(frozen=True)
class Preview:
    """What an import would do, for a page."""

    run: ImportRun
    checked: Checked
    known: KnownSchool
    plan: Comparison
    fingerprint: str


@dataclass(frozen=True)
class Layout:
    """What the page of headings shows: the chosen sheet, its header and the mapping that would be taken."""

    overview: Overview
    sheet: SheetInfo
    header: Header
    mapping: dict[str, str]


def uploads_folder() -> Path:
    folder = Path(settings.DATA_DIR) / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def start(
    school: School, kind: str, chunks: Iterable[bytes], file_name: str, *, by: Account | None
) -> ImportRun:
    """Keep an uploaded file privately and open an import for it.

    Raises RosterRefused where the file is no table or could mean harm; then nothing is kept.
    """
    _forget_old_files()
    key = secrets.token_hex(16)
    path = uploads_folder() / key
    try:
        _store(path, chunks)
        overview = read_overview(path)
        if not any(sheet.rows for sheet in overview.sheets):
            raise RosterRefused("这个文件里没有任何内容。请检查是不是选错了文件。")
        with transaction.atomic():
            run = ImportRun.objects.create(
                school=school, kind=kind, file_name=Path(file_name).name[:200], file_key=key, created_by=by
            )
            audit.write(by, "rosters.uploaded", run, kind=kind)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return run


def _store(path: Path, chunks: Iterable[bytes]) -> None:
    size = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > limits.MOST_FILE_BYTES:
                raise RosterRefused("这个文件超过 50 MB，请按年级或班级分成几个文件上传。")
            out.write(chunk)


def _forget_old_files() -> None:
    """Delete uploads nobody finished within a day; they hold names and numbers."""
    oldest = time.time() - KEEP_FILE_HOURS * 3600
    for file in uploads_folder().iterdir():
        try:
            if file.stat().st_mtime < oldest:
                file.unlink()
                ImportRun.objects.filter(file_key=file.name, state=ImportRun.State.OPEN).update(
                    state=ImportRun.State.DROPPED, file_key=""
                )
        except FileNotFoundError:
            continue


def file_of(run: ImportRun) -> Path:
    path = uploads_folder() / run.file_key
    if run.state != ImportRun.State.OPEN or not run.file_key or not path.is_file():
        raise RunClosed(run.pk)
    return path


def remembered(school: School, kind: str) -> dict[str, str]:
    """Return {heading: field} of the school's earlier imports."""
    rows = ImportMapping.objects.filter(school=school, kind=kind)
    return dict(rows.values_list("heading", "field"))


def layout(run: ImportRun, choices: Choices | None = None) -> Layout:
    """Return the chosen sheet with its header and mapping. Raises RosterRefused or RunClosed."""
    choices = choices or choices_of(run)
    overview = read_overview(file_of(run))
    memory = remembered(run.school, run.kind)
    from tongxin.exchange.rosters.headings import best_sheet

    if choices.sheet is None:
        position = best_sheet([(s.head, s.hidden) for s in overview.sheets], run.kind)
        sheet = overview.sheets[position] if position is not None else None
    else:
        sheet = overview.sheet(choices.sheet)
    if sheet is None:
        raise RosterRefused("这个文件里没有选中的那张工作表，请重新选择。")
    header = choose_header(sheet, run.kind, choices, memory)
    mapping = (
        choices.mapping if choices.mapping is not None else guess_mapping(header.labels, run.kind, memory)
    )
    return Layout(overview, sheet, header, mapping)


def choices_of(run: ImportRun) -> Choices:
    stored = {name: value for name, value in run.choices.items() if name in Choices.__dataclass_fields__}
    return Choices(**stored)


def choose(run: ImportRun, choices: Choices, labels: Iterable[str]) -> None:
    """Note what the user chose for sheet and headings, and remember the headings for next time."""
    file_of(run)
    with transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(choices=run.choices | asdict(choices))
        run.choices = run.choices | asdict(choices)
        if choices.mapping is not None:
            _remember(run, choices.mapping, labels)


def _remember(run: ImportRun, mapping: dict[str, str], labels: Iterable[str]) -> None:
    guessed = guess_mapping([label for label in labels if label], run.kind)
    for label in labels:
        field = mapping.get(label, "")
        if not label or field == guessed.get(label, ""):
            ImportMapping.objects.filter(school=run.school, kind=run.kind, heading=label).delete()
            continue
        ImportMapping.objects.update_or_create(
            school=run.school, kind=run.kind, heading=label, defaults={"field": field}
        )


def answer(run: ImportRun, answers: dict[int, str], answer_all: str, since: date | None = None) -> None:
    """Note the answers to "is this the same person" and the day from which the list holds."""
    file_of(run)
    stored = {"answers": {str(row): value for row, value in answers.items()}, "answer_all": answer_all}
    run.choices = run.choices | stored
    run.since = since or run.since
    ImportRun.objects.filter(pk=run.pk).update(choices=run.choices, since=run.since)


def default_since(school: School, kind: str, day: date) -> date:
    """Return the day from which a list holds: the first one from the start of the school year, later ones today."""
    model = Student if kind == STUDENTS else Staff
    # Whoever set the system up is one of the staff already, but came from no list.
    if model.objects.filter(school=school).exclude(person__account__is_founder=True).exists():
        return day
    return min(day, date(current_school_year(school, day), 9, 1)) if day.month != 8 else day


def preview(run: ImportRun, *, day: date) -> Preview:
    """Return what the import would do today; writes nothing. Raises RosterRefused or RunClosed."""
    checked = check_file(
        file_of(run),
        run.kind,
        today=day,
        choices=choices_of(run),
        remembered=remembered(run.school, run.kind),
    )
    return _plan(run, checked, day)


def _plan(run: ImportRun, checked: Checked, day: date) -> Preview:
    known = read_school(run.school, run.kind, day)
    answers = {int(row): value for row, value in run.choices.get("answers", {}).items()}
    plan = compare(checked.result, known, answers=answers, answer_all=run.choices.get("answer_all", SKIP))
    return Preview(run, checked, known, plan, plan.fingerprint())


def confirm(run: ImportRun, fingerprint: str, *, day: date, since: date, by: Account | None) -> ImportRun:
    """Import what was shown: all of it or nothing, once.

    fingerprint: of the preview that was shown. Raises RunClosed where the import is over (also when the same form
    is sent twice), PlanChanged where the school has changed since, RosterRefused.
    """
    checked = check_file(
        file_of(run),
        run.kind,
        today=day,
        choices=choices_of(run),
        remembered=remembered(run.school, run.kind),
    )
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != ImportRun.State.OPEN:
            raise RunClosed(run.pk)
        School.objects.select_for_update().get(
            pk=run.school_id
        )  # two imports of a school go one after the other
        now = _plan(locked, checked, day)
        if now.fingerprint != fingerprint:
            raise PlanChanged(run.pk)
        made = apply(now.plan, now.known, since=since, by=by)
        locked.state = ImportRun.State.APPLIED
        locked.undo = made.as_json()
        locked.counts = now.plan.counts | {"rows": checked.result.rows}
        locked.since = since
        locked.applied_at = timezone.now()
        locked.save(update_fields=["state", "undo", "counts", "since", "applied_at"])
        audit.write(by, "rosters.applied", locked, **now.plan.counts)
    _drop_file(locked)
    return locked


def take_back(run: ImportRun, *, by: Account | None) -> ImportRun:
    """Undo an import. Raises undo.CannotUndo with a sentence, or RunClosed where there is nothing to undo."""
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != ImportRun.State.APPLIED or locked.undo is None:
            raise RunClosed(run.pk)
        undoing.undo(locked.undo, by=by)
        locked.state = ImportRun.State.UNDONE
        locked.undo = None
        locked.undone_at = timezone.now()
        locked.save(update_fields=["state", "undo", "undone_at"])
        audit.write(by, "rosters.undone", locked)
    return locked


def drop(run: ImportRun, *, by: Account | None) -> None:
    """Give an open import up and delete its file."""
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != ImportRun.State.OPEN:
            raise RunClosed(run.pk)
        locked.state = ImportRun.State.DROPPED
        locked.save(update_fields=["state"])
        audit.write(by, "rosters.dropped", locked)
    _drop_file(locked)


def _drop_file(run: ImportRun) -> None:
    if run.file_key:
        (uploads_folder() / run.file_key).unlink(missing_ok=True)
        ImportRun.objects.filter(pk=run.pk).update(file_key="")


def counts_in_words(run: ImportRun) -> list[tuple[str, int]]:
    """Return [(what, how many)] of an import's result, for its page and the history."""
    counts: dict[str, Any] = run.counts
    names = [
        (_("新增"), "new"),
        (_("更新"), "changed"),
        (_("没有变化"), "unchanged"),
        (_("没有导入"), "left_out"),
        (_("新建班级"), "new_homerooms"),
        (_("新建部门"), "new_departments"),
        (_("新建党支部"), "new_branches"),
    ]
    return [(title, counts[name]) for title, name in names if counts.get(name)]


__all__ = ["FIELDS", "Choices", "confirm", "preview", "start", "take_back"]
