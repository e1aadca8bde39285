"""A known word in every sealed column and file is searched for in the database, its log, the backup and the keys."""

import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from tongxin.config import archive
from tongxin.exchange.models import ImportRun
from tongxin.kernel.access import erasing, openings, policy, second_factor
from tongxin.kernel.access.models import LegalHold, Opening, SecondFactor
from tongxin.kernel.access.reading import opened_by_program
from tongxin.kernel.base.sealing import rotation, store
from tongxin.kernel.base.sealing.fields import guarded_fields, sealed_fields
from tongxin.kernel.ledger import evidence
from tongxin.kernel.ledger.services import Draft, Upload, record_activity
from tongxin.kernel.obligations.models import ConsequenceDecision, StatedReason
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.queries import kind_named
from tongxin.kernel.signals.models import Signal
from tongxin.modules.home_visits.models import (
    FamilyRequest,
    HomePlace,
    Visit,
    VisitFinding,
    VisitRecord,
    VisitRound,
)
from tongxin.modules.mentoring.models import (
    Agreement,
    Feedback,
    GrowthRequest,
    Mark,
    PairAsked,
    PairStep,
    Wish,
)
from tongxin.modules.network.models import (
    Concern,
    FamilyWord,
    HarmEntry,
    HarmReport,
    NetworkReport,
    NetworkTask,
    Talk,
    TalkAnswer,
)
from tongxin.modules.privacy import services as rights
from tongxin.modules.privacy.models import Incident, RightsRequest
from tongxin.modules.rounds import models as rounds
from tongxin.modules.screening.models import Page, Result
from tongxin.modules.teams import models as teams
from tongxin.testing.cases import filled_case
from tongxin.testing.cast import TODAY, cast, today  # noqa: F401
from tongxin.testing.screening import make_hall
from tongxin.testing.sealed import keys, papers  # noqa: F401

NUMBER, NOTE, UNDO, FILE = (
    "110101201411230715",  # in no other test: what was rolled back still lies in PostgreSQL's files
    "金丝雀在爷爷家",
    "canary-in-the-undo",
    b"%PDF-1.4 canary in a file",
)
# Where each sealed column gets its canary below; a new sealed column needs one here.
COVERED = {
    "person.id_number",
    "entry.note",
    "import_run.undo",
    "second_factor.secret",
    "second_factor.pending",
    "answer_page.answers",
    "result.scores",
    "result.standing",
    "signal.what",
    "concern.words",
    "concern.sheet",
    "concern.harm",
    "concern.where",
    "talk.words",
    "talk_answer.words",
    "family_word.words",
    "family_word.guarded",
    "network_task.words",
    "network_task.answer",
    "network_report.words",
    "visit_home_place.spot",
    "visit_home_place.wants",
    "visit_home_place.together",
    "visit.answer",
    "visit.left_out",
    "visit_record.said",
    "visit_record.signature",
    "visit_finding.words",
    "visit_finding.where",
    "visit_family_request.words",
    "visit_family_request.answer",
    "harm_entry.what",
    "opening.reason",
    "opening.decision",
    "opening.review",
    "legal_hold.reason",
    "rights_request.words",
    "rights_request.answer",
    "incident.what",
    "incident.measures",
    "case_paper.notes",
    "case_paper.plan",
    "case_paper.deep",
    "case_standing.rank",
    "signal_outcome.why",
    "case_draft.values",
    "case_evidence.name",
    "case_task.words",
    "case_task.answer",
    "stated_reason.reason",
    "consequence_decision.reason",
    "pair_agreement.goals",
    "pair_agreement.measures",
    "pair_wish.words",
    "pair_wish.told",
    "pair_mark.result",
    "pair_feedback.answers",
    "pair_feedback.words",
    "pair_asked.words",
    "pair_step.words",
    "growth_request.words",
    "growth_request.answer",
    "growth_request.thanks",
    "pairing_participant.words",
    "pairing_bond.reason",
    "pairing_proposal.found",
    "pairing_member.reason",
    "pairing_member.settled",
    "team_change.reason",
    "team_rating.scores",
}
ANSWER, SCORE, STANDING, CALL, CASE = (
    "金丝雀想说的话",
    "canary-in-a-score",
    "canary-in-a-standing",
    "canary-in-a-signal",
    "canary-in-a-case",
)
# One for each sealed column of the network, told apart by its number.
REPORTED = [f"canary-in-the-network-{number:02}" for number in range(12)]
# One for each sealed column of home visits.
VISITED = [f"canary-on-a-visit-{number:02}" for number in range(11)]
# One for each sealed column about pairs, in the order of COVERED.
PAIRED = [f"canary-in-a-pair-{number:02}" for number in range(14)]
# One for each sealed column of the rounds and of the teams, in the order of COVERED.
FORMED = [f"canary-in-a-round-{number:02}" for number in range(7)]
REASON, DECISION, REVIEW, HELD, ASKED, ANSWERED, HAPPENED, MEASURES = (
    f"金丝雀在{where}"
    for where in ("理由里", "批复里", "复核里", "保留的依据里", "请求里", "答复里", "事件里", "措施里")
)
# Lies open on purpose: shows that the search finds what is there.
OPEN = "这一行不是秘密"


def test_every_sealed_column_has_its_canary():
    assert {f"{field.model._meta.db_table}.{field.column}" for field in rotation.columns()} <= COVERED


@pytest.mark.django_db(transaction=True)
def test_no_canary_is_found_in_database_log_backup_or_keys(cast, keys, settings, tmp_path, caplog):  # noqa: F811
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    words = [NUMBER, NOTE, UNDO, ANSWER, SCORE, STANDING, CALL, CASE, *REPORTED, *VISITED, *PAIRED, *FORMED]
    words += [REASON, DECISION, REVIEW, HELD, ASKED, ANSWERED, HAPPENED, MEASURES]
    canaries = [*(word.encode() for word in words), b"canary in a file", *planted(cast)]
    measured(cast)
    reported(cast)
    visited(cast)
    asked(cast)
    taken_on(cast)
    paired(cast)
    formed(cast)
    places = database_files()
    found_open = any(OPEN.encode() in held for held in places.values())
    assert found_open, "the search does not even find what lies open"
    places["server log"] = caplog.text.encode()
    places |= {
        str(p): p.read_bytes() for p in (*keys.rglob("*"), *settings.EVIDENCE_DIR.rglob("*")) if p.is_file()
    }
    places |= backup(settings, tmp_path)
    assert [(where, canary) for where, held in places.items() for canary in canaries if canary in held] == []
    assert any(OPEN.encode() in held for name, held in places.items() if name.startswith("backup database"))


def planted(cast) -> list[bytes]:  # noqa: F811
    """Put a canary in every sealed column and file; return those that were drawn by chance."""
    student = people.make_student(cast.school, "有号", homeroom=cast.room_one, id_number=NUMBER)
    visit = kind_named(cast.school, "home_visit", TODAY)
    draft = Draft(
        day=TODAY,
        parts={"visited": [student.pk], "visitor": [cast.liu.subject.pk]},
        qualifiers={"mode": "in_person"},
        note=NOTE,
        title=OPEN,
        uploads=[Upload("photo", FILE, "a.pdf")],
    )
    entry = record_activity(cast.school, visit, draft, by=cast.liu.account, today=TODAY)
    assert entry.note == NOTE
    file = entry.evidence.get().file
    assert evidence.read(cast.school.public_id, file) == FILE
    run = ImportRun.objects.create(
        school=cast.school, kind="students", file_name="名单.xlsx", undo={"before": UNDO}
    )
    assert ImportRun.objects.get(pk=run.pk).undo == {"before": UNDO}
    pending = second_factor.begin(cast.chen.account)
    other = second_factor.begin(cast.ma.account)
    factor = SecondFactor.objects.get(account=cast.ma.account)
    factor.secret, factor.pending = other, ""
    factor.save()
    assert store.rows()
    return [pending.encode(), other.encode()]


def measured(cast) -> None:  # noqa: F811
    """Put canaries in a child's answers, scores and signal."""
    hall = make_hall(cast)
    paper = hall.begun()
    about = {"school": paper.school, "paper": paper, "student": paper.student, "day": TODAY}
    page = Page.objects.create(**about, number=1, answers={"form": hall.form.pk, "items": {"1": ANSWER}})
    result = Result.objects.create(
        **about, form=hall.form, scores={"scores": {"total": SCORE}}, standing={"critical": [STANDING]}
    )
    signal = Signal.objects.create(
        school=paper.school, student=paper.student, day=TODAY, source="a", urgent=False, what={"rule": CALL}
    )
    for row, column, word in ((page, "answers", ANSWER), (result, "scores", SCORE), (signal, "what", CALL)):
        (opened,) = opened_by_program([type(row).objects.get(pk=row.pk)], "scoring")
        assert word in str(getattr(opened, column))


def reported(cast) -> None:  # noqa: F811
    """Put canaries in what the network reports, asks and answers about a child."""
    child, by = cast.students[1][0], cast.liu.subject
    guardian = people.make_guardian(cast.school, "安家长", children=[child]).subject
    about = {"school": cast.school, "student": child, "by": by}
    said = iter(REPORTED)
    concern = Concern.objects.create(
        **about, origin="worry", day=TODAY, token="a", words=next(said), sheet={next(said): "some"}, harm=next(said),
        where=next(said),
    )  # fmt: skip
    talk = Talk.objects.create(school=cast.school, student=child, soon=True, token="a", words=next(said))
    answer = TalkAnswer.objects.create(**about, talk=talk, at=timezone.now(), words=next(said))
    line = {"guardian": guardian, "from_school": True, "day": TODAY}
    to_teacher = FamilyWord.objects.create(
        **about, **line, to="homeroom_teacher", token="a", words=next(said)
    )
    FamilyWord.objects.create(**about, **line, to="counsellor", token="b", guarded=next(said))
    task = NetworkTask.objects.create(
        school=cast.school, level="homeroom_teacher", bearer=by, title=OPEN, due=TODAY, token="a", words=next(said),
        answer=next(said),
    )  # fmt: skip
    report = NetworkReport.objects.create(
        school=cast.school,
        level="school",
        by=by,
        first_day=TODAY,
        last_day=TODAY,
        token="a",
        words=next(said),
    )
    harm = HarmReport.objects.create(
        **about, matter="harm_suspected", known_at=timezone.now(), open_in_school=False, token="a"
    )
    entry = HarmEntry.objects.create(
        **about, report=harm, at=timezone.now(), token="a", what={"words": next(said)}
    )
    held = "".join(
        str(getattr(row, column))
        for row in (concern, talk, answer, to_teacher, task, report, entry)
        for column in ("words", "answer", "what")
        if hasattr(row, column)
    )
    assert sum(word in held for word in REPORTED) == 8


def visited(cast) -> None:  # noqa: F811
    """Put canaries in every sealed column of home visits."""
    child, by = cast.students[1][0], cast.liu.subject
    about = {"school": cast.school, "student": child}
    said = iter(VISITED)
    home = HomePlace.objects.create(
        **about,
        spot={"address": next(said)},
        wants={"skills": [next(said)]},
        together={"skills": [next(said)]},
    )
    row = VisitRound.objects.create(
        school=cast.school, title=OPEN, first_day=TODAY, last_day=TODAY, made_by=by, token="a"
    )
    visit = Visit.objects.create(
        **about, round=row, code="1234", answer=next(said), left_out={"code": next(said)}
    )
    record = VisitRecord.objects.create(
        **about, by=by, day=TODAY, mode="online", token="a", said={"words": next(said)}, signature=next(said)
    )
    finding = VisitFinding.objects.create(
        **about, by=by, day=TODAY, token="a", words=next(said), where=next(said)
    )
    request = FamilyRequest.objects.create(
        **about,
        kind="other",
        found_by=by,
        owner=by,
        found_on=TODAY,
        due=TODAY,
        token="a",
        words=next(said),
        answer=next(said),
    )
    rows = (home, visit, record, finding, request)
    columns = ("spot", "wants", "together", "answer", "left_out", "said", "signature", "words", "where")
    held = "".join(str(getattr(row, name)) for row in rows for name in columns if hasattr(row, name))
    assert all(word in held for word in VISITED)


def paired(cast) -> None:  # noqa: F811
    """Put a canary in every sealed column about a pair and a young teacher's request."""
    a, b, said = cast.xu.subject, cast.students[1][0], iter(PAIRED)
    about = {"school": cast.school, "kind": "mentor_of", "a": a, "b": b}
    rows = [
        Agreement.objects.create(
            **about, number=1, first_day=TODAY, last_day=TODAY, written_by=a, token="a", goals=next(said),
            measures=next(said),
        ),
        Wish.objects.create(**about, stated_by=b, token="a", words=next(said), told=next(said)),
        Mark.objects.create(
            **about, day=TODAY, exam=OPEN, course="a", entered_by=a, token="a", result={"score": next(said)}
        ),
        Feedback.objects.create(
            **about, side="b", since=TODAY, until=TODAY, said_by=b, answers={"again": next(said)}, words=next(said)
        ),
        PairAsked.objects.create(
            **about, side="b", want="end", reason="fit", asked_by=b, token="a", words=next(said)
        ),
        PairStep.objects.create(**about, what="ended", day=TODAY, by=a, token="a", words=next(said)),
        GrowthRequest.objects.create(
            school=cast.school, theme="life", asker=a, asked_on=TODAY, token="a", words=next(said), answer=next(said),
            thanks=next(said),
        ),
        StatedReason.objects.create(
            school=cast.school, programme=cast.programme, obligation="study-hours", subject=a, first=TODAY,
            reason=next(said),
        ),
        ConsequenceDecision.objects.create(
            school=cast.school, programme=cast.programme, obligation="study-hours", subject=a, first=TODAY,
            decision="waived", reason=next(said),
        ),
    ]  # fmt: skip
    held = "".join(str(getattr(row, field.name)) for row in rows for field in sealed_fields(type(row)))
    assert all(word in held for word in PAIRED)


def formed(cast) -> None:  # noqa: F811
    """Put a canary in every sealed column of a round and of a team."""
    a, b, said = cast.xu.subject, cast.students[1][0], iter(FORMED)
    school = {"school": cast.school}
    days = dict.fromkeys(("starts_on", "ends_on", "wishes_by", "answers_by"), TODAY)
    row = rounds.Round.objects.create(
        **school,
        **days,
        scheme="growth-mentors",
        text="",
        title=OPEN,
        data_class="K3",
        opened_by=a,
        token="a",
    )
    about = {**school, "round": row}
    seated = [
        rounds.Participant.objects.create(
            **about, subject=one, seat=seat, low=0, high=1, words=word
        )
        for one, seat, word in ((a, "mentor", next(said)), (b, "student", ""))
    ]  # fmt: skip
    bond = rounds.Bond.objects.create(
        **about, kind="apart", a=seated[0], b=seated[1], by=a, reason=next(said)
    )
    proposal = rounds.Proposal.objects.create(**about, number=1, groups=0, left=0, found={"why": next(said)})
    group = rounds.Group.objects.create(round=row, number=1)
    member = rounds.Member.objects.create(
        **school, group=group, person=seated[0], reason=next(said), settled=next(said)
    )
    change = teams.Change.objects.create(
        **school, team=b, day=TODAY, by=a, token="a", leaving=b, reason=next(said)
    )
    rating = teams.Rating.objects.create(
        **school, team=b, person=a, moment="before", day=TODAY, scores={"skill": next(said)}
    )
    rows = (seated[0], bond, proposal, member, change, rating)
    held = "".join(str(getattr(one, field.name)) for one in rows for field in sealed_fields(type(one)))
    assert all(word in held for word in FORMED)


def asked(cast) -> None:  # noqa: F811
    """Put canaries in what somebody asked for, decided, reviewed, held back and answered."""
    child, chen, wang = cast.students[1][0], cast.chen.viewer(proved=True), cast.wang.viewer()
    grant = openings.ask(wang, child, ["K4c"], REASON, hours=2)
    openings.decide(chen, grant, approve=True, words=DECISION)
    glass = openings.ask(chen, child, ["K4d"], REASON, hours=2, kind=policy.BREAK_GLASS)
    openings.review(wang, glass, proper=True, words=REVIEW)
    erasing.hold(child, HELD, by=wang, day=TODAY)
    request = rights.register(
        child, child, "correct", ASKED, channel="paper", received_on=TODAY, by=cast.sun.viewer()
    )
    rights.answer(request, state="done", words=ANSWERED, by=cast.sun.viewer())
    rights.save_incident(
        Incident(
            school=cast.school, happened_on=TODAY, found_on=TODAY, people=1, what=HAPPENED, measures=MEASURES
        ),
        by=wang,
    )
    opening, other = Opening.objects.order_by("pk")
    incident = Incident.objects.get()
    kept = [opening.reason, opening.decision, other.review, LegalHold.objects.get().reason]
    kept += [
        RightsRequest.objects.get().words,
        RightsRequest.objects.get().answer,
        incident.what,
        incident.measures,
    ]
    assert kept == [REASON, DECISION, REVIEW, HELD, ASKED, ANSWERED, HAPPENED, MEASURES]


def taken_on(cast) -> None:  # noqa: F811
    """Put canaries in every sealed column and the file of a case."""
    filled = filled_case(cast.students[2][0], cast.chen.subject, cast.liu.subject, CASE)
    for row in (filled.paper, filled.file, filled.task, filled.outcome, filled.draft, filled.standing):
        (opened,) = opened_by_program([type(row).objects.get(pk=row.pk)], "clocks")
        for field in guarded_fields(type(row)):
            assert CASE in str(getattr(opened, field.name))
    assert CASE.encode() in evidence.read(cast.school.public_id, filled.file.file)


def database_files() -> dict[str, bytes]:
    """Return the bytes of the database's own files, its log included."""
    if connection.vendor == "sqlite":
        database = Path(str(connection.settings_dict["NAME"]))
        log = database.with_name(database.name + "-wal")
        return {"database": database.read_bytes(), "log": log.read_bytes() if log.exists() else b""}
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])
    files = [file for part in ("base", "pg_wal") for file in (folder / part).rglob("*") if file.is_file()]
    return {f"{file.parent.name}/{file.name}": file.read_bytes() for file in files}


def backup(settings, tmp_path) -> dict[str, bytes]:
    """Return what a backup holds, member by member, unpacked; a dump of PostgreSQL as the script it stands for."""
    target = tmp_path / "backup.zip"
    name = connection.settings_dict["NAME"]
    database = django_settings.DATABASES["default"] | {
        "NAME": Path(str(name)) if connection.vendor == "sqlite" else name
    }
    archive.make(target, SimpleNamespace(EVIDENCE_DIR=settings.EVIDENCE_DIR, DATABASES={"default": database}))
    with zipfile.ZipFile(target) as opened:
        held = {f"backup {name}": opened.read(name) for name in opened.namelist()}
    dump = held.pop(f"backup {archive.POSTGRES_MEMBER}", None)
    if dump is not None:
        (tmp_path / "dump").write_bytes(dump)
        script = [archive.postgres_tool("pg_restore"), "--file=-", str(tmp_path / "dump")]
        done = subprocess.run(script, capture_output=True, check=True)
        held["backup database as a script"] = done.stdout
    return held
