"""Home visits: where families live and when they can be visited, who goes, what was planned, said, found and done.

DistrictPlace  a village or street of the school's own map           HomePlace   where one family lives (sealed)
VisitorCard    when somebody can go and what they can do             VisitRound  a planning round with its sessions
VisitRoute     one pair out on one session                           Visit       one family in a round, planned or not
VisitRecord    what was seen and said (sealed, written once)         VisitFinding  what a counsellor has to know (K4d)
FamilyRequest  a difficulty somebody takes care of by a day
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.base.sealing.fields import SealedJSONField, SealedTextField


def _person(**more: Any) -> Any:
    return models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", **more)


def _name() -> Any:
    return models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)


class Mode(models.TextChoices):
    IN_PERSON = "in_person", _("入户")
    ONLINE = "online", _("线上")


class DistrictPlace(models.Model):
    """A village or street on the school's map. x, y: metres east and north of the school; None while nobody put it there."""

    public_id = _name()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("村或街道"), max_length=40)
    x = models.IntegerField(null=True)
    y = models.IntegerField(null=True)

    class Meta:
        db_table = "visit_district_place"
        verbose_name = verbose_name_plural = _("村和街道")
        constraints = [models.UniqueConstraint(fields=["school", "code"], name="visit_district_place_once")]


class HomePlace(models.Model):
    """Where a student's family lives and how it wants to be visited.

    spot: {"address": text, "code": village or street, "x", "y": metres east and north of the school}, each only if known.
    wants: {"times": [{"days": [0 … 6, Monday = 0], "from": "18:00", "to": "20:30"}], "minutes": int, "skills": [text]}.
    together: who comes at the same time on the next visit, {"person": subject id} or {"skills": [text]}; gone once it was made.
    """

    public_id = _name()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="+")
    changed_at = InstantField(default=timezone.now)
    changed_by = _person(null=True)
    spot = SealedJSONField(data_class="K3")
    wants = SealedJSONField(data_class="K3")
    together = SealedJSONField(data_class="K3")

    class Meta:
        db_table = "visit_home_place"
        verbose_name = verbose_name_plural = _("家庭住址")


class VisitorCard(models.Model):
    """When a member of staff can go on visits. times: as in HomePlace.wants; skills: what families may need.

    most: families in one outing, None = as many as fit. partner: whom they always go with.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    person = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="+")
    times = models.JSONField(default=list)
    skills = models.JSONField(default=list)
    most = models.PositiveSmallIntegerField(null=True)
    partner = _person(null=True)

    class Meta:
        db_table = "visit_visitor_card"
        verbose_name = verbose_name_plural = _("家访的时间")


class VisitRound(models.Model):
    """A round of planning for a class, or for the school.

    homeroom: the class, None = the whole school; grade: only classes of that grade. mode: visits in person get routes,
    online ones only a time. sessions: [{"id", "day", "from", "to", "most"}]. people: subject ids of those who may go.
    teacher_goes: each family is visited by a pair with its homeroom teacher. changed_at: what a computation was begun
    with is kept only while nothing has changed since.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("在准备")
        PLANNED = "planned", _("排好了，还没有发布")
        PUBLISHED = "published", _("已发布")
        CLOSED = "closed", _("已结束")

    class Aim(models.TextChoices):
        FEWEST = "fewest", _("出门次数最少")
        SHORTEST = "shortest", _("路程最短")

    public_id = _name()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("名称"), max_length=60)
    homeroom = _person(null=True)
    grade = models.PositiveSmallIntegerField(null=True)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.IN_PERSON)
    aim = models.CharField(max_length=10, choices=Aim.choices, default=Aim.FEWEST)
    first_day = DayField()
    last_day = DayField()
    seconds = models.PositiveSmallIntegerField(default=10)
    team_size = models.PositiveSmallIntegerField(default=2)
    teacher_goes = models.BooleanField(default=True)
    sessions = models.JSONField(default=list)
    people = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    travel_min = models.PositiveIntegerField(default=0)
    made_by = _person()
    made_at = InstantField(default=timezone.now)
    changed_at = InstantField(default=timezone.now)
    published_at = InstantField(null=True)
    token = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "visit_round"
        verbose_name = verbose_name_plural = _("家访安排")
        indexes = [models.Index(fields=["school", "-made_at", "-id"], name="visit_round_list")]


class VisitRoute(models.Model):
    """A pair, or who joins one at a family's, out on a session: when they leave the school and are back, minutes on the way."""

    public_id = _name()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    round = models.ForeignKey(VisitRound, on_delete=models.CASCADE, related_name="routes")
    session = models.CharField(max_length=40)
    people = models.JSONField(default=list)
    leave = InstantField()
    back = InstantField()
    travel_min = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "visit_route"
        verbose_name = verbose_name_plural = _("路线")
        indexes = [models.Index(fields=["school", "leave"], name="visit_route_by_day")]


class RouteMember(models.Model):
    """Who is on a route; the same as its `people`, for questions by person."""

    route = models.ForeignKey(VisitRoute, on_delete=models.CASCADE, related_name="members")
    person = _person()

    class Meta:
        db_table = "visit_route_member"
        constraints = [models.UniqueConstraint(fields=["route", "person"], name="visit_route_member_once")]
        indexes = [models.Index(fields=["person", "route"], name="visit_route_of_person")]


class Visit(models.Model):
    """One family in a round. order: the higher, the earlier a family is served; it says nothing else.

    route, begin, end: None while it is not planned; left_out then says in words why and what would help.
    joined: the route of a second party that is there at the same time; never without route.
    before: the time the family was told before it was changed; None once it answered or where nothing changed.
    locked: stays where it is when the rest is planned anew. answer: what the family said; proposed: another time it would
    like. instead: how it is done when the family does not want anybody at home, said on declined_at and written down by
    declined_by. again: whoever plans wants to ask such a family once more. code: what the parent shows or says.
    """

    class State(models.TextChoices):
        OPEN = "open", _("还没有排上")
        PLANNED = "planned", _("等家长确认")
        CONFIRMED = "confirmed", _("家长确认了")
        MOVING = "moving", _("家长想换时间")
        REFUSED = "refused", _("家长不方便上门")
        DONE = "done", _("访完了")
        DROPPED = "dropped", _("不用访了")

    class Instead(models.TextChoices):
        NONE = "", _("照原来的")
        ONLINE = "online", _("改为线上")
        AT_SCHOOL = "at_school", _("请家长到校")
        PHONE = "phone", _("打电话")

    public_id = _name()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    round = models.ForeignKey(VisitRound, on_delete=models.CASCADE, related_name="visits")
    student = _person()
    due = DayField(null=True)
    order = models.PositiveSmallIntegerField(default=0)
    route = models.ForeignKey(VisitRoute, null=True, on_delete=models.SET_NULL, related_name="visits")
    joined = models.ForeignKey(VisitRoute, null=True, on_delete=models.SET_NULL, related_name="joined_visits")
    begin = InstantField(null=True)
    end = InstantField(null=True)
    before = InstantField(null=True)
    locked = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    instead = models.CharField(max_length=10, choices=Instead.choices, blank=True, default="")
    declined_at = InstantField(null=True)
    declined_by = _person(null=True)
    again = models.BooleanField(default=False)
    proposed = InstantField(null=True)
    arrived_at = InstantField(null=True)
    done_at = InstantField(null=True)
    code = models.CharField(max_length=4)
    answer = SealedTextField(data_class="K3")
    left_out = SealedJSONField(data_class="K3")

    class Meta:
        db_table = "visit"
        verbose_name = verbose_name_plural = _("家访")
        constraints = [
            models.UniqueConstraint(fields=["round", "student"], name="visit_once_a_round"),
            models.CheckConstraint(
                condition=Q(begin__isnull=True, end__isnull=True) | Q(end__gt=models.F("begin")),
                name="visit_begin_end",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "student", "state"], name="visit_of_student"),
            models.Index(fields=["route", "begin"], name="visit_of_route"),
        ]  # fmt: skip


class VisitRecord(models.Model):
    """What was seen and said on a visit; written once.

    said: {"reason": id of a template, "taps": {question: [option, …]}, "words": text, "told": text}.
    signed: how the parent confirmed it: "drawn" (signature: PNG as base64), "code", or "" for not.
    """

    class Signed(models.TextChoices):
        NONE = "", _("没有签字")
        DRAWN = "drawn", _("家长手写签名")
        CODE = "code", _("家长报了确认码")

    public_id = _name()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = _person()
    visit = models.OneToOneField(Visit, null=True, on_delete=models.SET_NULL, related_name="record")
    by = _person()
    people = models.JSONField(default=list)
    day = DayField()
    mode = models.CharField(max_length=10, choices=[*Mode.choices, *Visit.Instead.choices[2:]])
    minutes = models.PositiveSmallIntegerField(default=30)
    school_life = models.BooleanField(default=False)
    recorded_at = InstantField(default=timezone.now)
    signed = models.CharField(max_length=6, choices=Signed.choices, blank=True, default="")
    token = models.CharField(max_length=64, unique=True)
    said = SealedJSONField(data_class="K3", year="day")
    signature = SealedTextField(data_class="K3", year="day")

    class Meta:
        db_table = "visit_record"
        verbose_name = verbose_name_plural = _("家访记录")
        indexes = [
            models.Index(fields=["school", "-day", "-id"], name="visit_record_list"),
            models.Index(fields=["student", "-day"], name="visit_record_of_student"),
        ]


class VisitFinding(models.Model):
    """What somebody saw on a visit that a counsellor has to know: one row, one signal ("home_visits:" + token).

    words: what was seen; where: where the child is now and how to reach whoever writes, for whoever is called.
    """

    public_id = _name()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = _person()
    by = _person()
    urgent = models.BooleanField(default=False)
    day = DayField()
    recorded_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    words = SealedTextField(data_class="K4d", subject="student_id")
    where = SealedTextField(data_class="K4e", year="day", subject="student_id")

    class Meta:
        db_table = "visit_finding"
        verbose_name = verbose_name_plural = _("家访时看到的")
        indexes = [models.Index(fields=["school", "-recorded_at", "-id"], name="visit_finding_list")]


class FamilyRequest(models.Model):
    """A difficulty of a family that somebody takes care of. words: what is needed; answer: what was done."""

    class Kind(models.TextChoices):
        ECONOMIC = "economic", _("经济")
        SCHOOLING = "schooling", _("学业")
        RELATION = "relation", _("亲子关系")
        HEALTH = "health", _("健康")
        OTHER = "other", _("其他")

    public_id = _name()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = _person()
    record = models.ForeignKey(VisitRecord, null=True, on_delete=models.SET_NULL, related_name="requests")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    found_by = _person()
    owner = _person()
    found_on = DayField()
    due = DayField()
    done_at = InstantField(null=True)
    token = models.CharField(max_length=64, unique=True)
    words = SealedTextField(data_class="K3", year="found_on")
    answer = SealedTextField(data_class="K3", year="found_on")

    class Meta:
        db_table = "visit_family_request"
        verbose_name = verbose_name_plural = _("家庭困难")
        indexes = [
            models.Index(fields=["school", "owner", "done_at", "due"], name="visit_request_of_owner"),
            models.Index(fields=["school", "-found_on", "-id"], name="visit_request_list"),
        ]
