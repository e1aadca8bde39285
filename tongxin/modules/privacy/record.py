"""The audit record in words: what was done, to what, what for; filters over it; who looked at one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tongxin.kernel.access.context import ROLE_NAMES
from tongxin.kernel.access.reading import PROGRAM_PURPOSES, PURPOSES, READ
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.people.models import Person

from .record_words import action_words

FIELDS = ("seq", "at", "account", "action", "object_type", "object_id", "data")
# What somebody looks for in the record, and the codes that are about it.
GROUPS: dict[str, tuple[Any, Q]] = {
    "read": (gettext_lazy("看了敏感内容"), Q(action__startswith="sealed.") | Q(action__contains="_read")),
    "export": (gettext_lazy("导出和下载"), Q(action__contains="export") | Q(action__endswith="_written")),
    "opening": (
        gettext_lazy("申请查看和紧急打开"),
        Q(action__startswith="access.g") | Q(action="access.opening_ended"),
    ),
    "sign_in": (
        gettext_lazy("登录、账号和第二步验证"),
        Q(action__startswith="access.")
        & ~Q(action__startswith="access.g")
        & ~Q(action="access.opening_ended"),
    ),
    "rights": (
        gettext_lazy("同意、请求、删除和保留"),
        Q(action__startswith="consent.") | Q(action__startswith="privacy."),
    ),
    "keys": (gettext_lazy("密钥"), Q(action__startswith="keys.")),
    "people": (
        gettext_lazy("人员和岗位"),
        Q(action__startswith="people.") | Q(action__startswith="rosters."),
    ),
}
TYPES = {
    "subject": gettext_lazy("人员"), "entry": gettext_lazy("台账记录"), "evidence": gettext_lazy("佐证材料"),
    "consent": gettext_lazy("同意"), "paper": gettext_lazy("答卷"), "sitting": gettext_lazy("测评"),
    "link": gettext_lazy("岗位或关系"), "account": gettext_lazy("账号"), "activation_slip": gettext_lazy("开通纸条"),
    "programme": gettext_lazy("方案"), "import_run": gettext_lazy("导入"), "school": gettext_lazy("学校"),
    "signal": gettext_lazy("提示"), "consent_text": gettext_lazy("知情说明"), "person": gettext_lazy("人员"),
    "attribute": gettext_lazy("一项情况"), "event": gettext_lazy("事件"), "homeroom": gettext_lazy("班级"),
    "branch": gettext_lazy("党支部"), "department": gettext_lazy("部门"), "staff": gettext_lazy("教职工"),
    "student": gettext_lazy("学生"), "contact": gettext_lazy("联系方式"), "waiver": gettext_lazy("豁免"),
    "stated_reason": gettext_lazy("没做到的原因"),
    "consequence_decision": gettext_lazy("没做到的后果怎样定"),
    "school_year": gettext_lazy("校历"), "school_term": gettext_lazy("学期"), "term": gettext_lazy("保存期限"),
    "day_override": gettext_lazy("校历上的一天"), "pack_draft": gettext_lazy("方案草稿"),
    "programme_version": gettext_lazy("方案的一版"), "plan_mark": gettext_lazy("安排的进度"),
    "submitted_report": gettext_lazy("提交的报告"), "submitted_file": gettext_lazy("提交的报告"),
    "matter": gettext_lazy("跟进的事"), "message": gettext_lazy("提醒"), "notice_robot": gettext_lazy("群机器人"),
    "notice_settings": gettext_lazy("提醒的设置"), "notice_preference": gettext_lazy("提醒的设置"),
    "calendar_feed": gettext_lazy("手机日历"), "recovery_code": gettext_lazy("恢复码"),
    "second_factor": gettext_lazy("第二步验证"), "opening": gettext_lazy("查看许可"),
    "legal_hold": gettext_lazy("依法保留"), "rights_request": gettext_lazy("个人信息请求"),
    "impact_assessment": gettext_lazy("影响评估"), "sharing": gettext_lazy("对外提供"),
    "incident": gettext_lazy("信息安全事件"), "class_look": gettext_lazy("全班看一遍"),
    "instrument_text": gettext_lazy("量表"), "sitting_code": gettext_lazy("测评码"), "sitting_form": gettext_lazy("测评的表"),
    "answer_page": gettext_lazy("答卷的一页"), "result": gettext_lazy("测评结果"), "test_paper": gettext_lazy("试一次的答卷"),
    "signal_call": gettext_lazy("呼叫"), "signal_chain": gettext_lazy("应急联系人"), "duty_shift": gettext_lazy("值班"),
    "signal_outcome": gettext_lazy("提示的处理"), "signal_left_out": gettext_lazy("不告诉的人"),
    "counsellor_hours": gettext_lazy("访谈时间"), "child_case": gettext_lazy("个案"), "case_paper": gettext_lazy("个案材料"),
    "case_draft": gettext_lazy("个案草稿"), "case_step": gettext_lazy("个案的一步"), "case_task": gettext_lazy("请人做的事"),
    "case_evidence": gettext_lazy("个案材料"), "case_handover": gettext_lazy("个案交接"),
    "case_standing": gettext_lazy("个案的等级"), "scheme_text": gettext_lazy("分级方案"),
    "duration_rule": gettext_lazy("保存期限"), "concern": gettext_lazy("担心"), "talk": gettext_lazy("我想找人聊聊"),
    "talk_answer": gettext_lazy("回复"), "family_word": gettext_lazy("家长留言"), "harm_report": gettext_lazy("强制报告"),
    "harm_entry": gettext_lazy("强制报告的一条"), "harm_told": gettext_lazy("强制报告告诉的人"),
    "mood_report": gettext_lazy("班级气氛"), "network_report": gettext_lazy("网络报告"), "network_task": gettext_lazy("网络任务"),
    "pair_agreement": gettext_lazy("结对协议"), "pair_asked": gettext_lazy("重新安排的请求"),
    "pair_feedback": gettext_lazy("互评"), "pair_mark": gettext_lazy("成绩"), "pair_shown": gettext_lazy("展示"),
    "pair_step": gettext_lazy("结对的一步"), "pair_wish": gettext_lazy("微心愿"), "growth_request": gettext_lazy("成长求助"),
    "pairing_round": gettext_lazy("结对轮次"), "pairing_text": gettext_lazy("结对方案"), "pairing_bond": gettext_lazy("结对"),
    "pairing_group": gettext_lazy("结对的一组"), "pairing_member": gettext_lazy("结对的人"),
    "pairing_participant": gettext_lazy("参加结对的人"), "pairing_proposal": gettext_lazy("电脑的排法"),
    "pairing_step": gettext_lazy("结对的一步"), "pairing_wish": gettext_lazy("结对志愿"),
    "solver_run": gettext_lazy("电脑计算"), "contest": gettext_lazy("比赛"), "contest_entrant": gettext_lazy("参赛"),
    "team_change": gettext_lazy("换人"), "team_invited": gettext_lazy("组队邀请"), "team_proposal": gettext_lazy("组队申请"),
    "team_rating": gettext_lazy("能力自评"), "team_showing": gettext_lazy("团队展示"), "team_step": gettext_lazy("团队的一步"),
    "team_topic": gettext_lazy("难题与选题"), "visit": gettext_lazy("家访"), "visit_round": gettext_lazy("家访安排"),
    "visit_record": gettext_lazy("家访登记"), "visit_route": gettext_lazy("家访路线"),
    "visit_route_member": gettext_lazy("去家访的人"), "visit_finding": gettext_lazy("家访发现的困难"),
    "visit_family_request": gettext_lazy("家长的答复"), "visit_home_place": gettext_lazy("住址"),
    "visit_district_place": gettext_lazy("路线图上的地点"), "visit_visitor_card": gettext_lazy("家访人的时间"),
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What somebody asks to see of the record. who: words of a staff name, or an account's number."""

    group: str = ""
    first: date | None = None
    last: date | None = None
    who: str = ""
    about: str = ""

    @classmethod
    def from_address(cls, given: QueryDict) -> Filters:
        group = given.get("group", "")
        return cls(
            group if group in GROUPS else "",
            _day(given.get("from", "")), _day(given.get("to", "")),
            given.get("who", "").strip()[:40], given.get("about", "").strip()[:40],
        )  # fmt: skip

    @property
    def narrowed(self) -> bool:
        return bool(self.group or self.first or self.last or self.who or self.about)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def rows(school: School, filters: Filters) -> QuerySet[AuditRow]:
    """Return the audit rows of a school that fit."""
    found = AuditRow.objects.filter(school=school.pk)
    if filters.group:
        found = found.filter(GROUPS[filters.group][1])
    if filters.first:
        found = found.filter(at__gte=_midnight(filters.first))
    if filters.last:
        found = found.filter(at__lt=_midnight(filters.last + timedelta(days=1)))
    if filters.who:
        if filters.who.isdecimal():
            found = found.filter(account=int(filters.who[:18]))
        else:
            found = found.filter(account__in=_accounts_named(school, filters.who))
    if filters.about:
        found = found.filter(object_id=filters.about)
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _accounts_named(school: School, words: str) -> list[int]:
    """Return the accounts of staff with such a name; names of children and guardians are not for the audit admin."""
    staff = Person.objects.filter(school=school, subject__type="staff", account__isnull=False)
    staff = staff.filter(Q(subject__name__icontains=words) | Q(subject__initials__startswith=words.lower()))
    return list(staff.values_list("account", flat=True)[:200])


def names(school: School, accounts: Iterable[int | None]) -> dict[int, str]:
    """Return how accounts are called here: staff by name, everybody else by what they are and a number."""
    wanted = {pk for pk in accounts if pk}
    people = Person.objects.filter(school=school, account__in=wanted).select_related("subject")
    words = {"student": _("学生账号"), "guardian": _("家长账号")}
    return {
        person.account_id: person.subject.name  # type: ignore[misc]
        if person.subject.type == "staff"
        else f"{words.get(person.subject.type, _('账号'))} {person.account_id}"
        for person in people
    }


def who_words(account: int | None, known: Mapping[int, str]) -> str:
    if account is None:
        return _("程序")
    return known.get(account) or _("账号 %(n)d") % {"n": account}


def about_words(object_type: str, object_id: str) -> str:
    if not object_type:
        return ""
    return f"{TYPES.get(object_type, _('一条记录'))} {object_id}"


def detail_words(data: Mapping[str, Any]) -> str:
    """Say what a row notes beside: what for, which classes, how many rows, which export."""
    said = []
    purpose = data.get("purpose")
    if purpose:
        said.append(str(PURPOSES.get(purpose) or PROGRAM_PURPOSES.get(purpose) or purpose))
    if data.get("openings"):
        said.append(_("凭查看许可"))
    if data.get("classes"):
        said.append("、".join(map(str, data["classes"])))
    rows_ = data.get("rows")
    count = len(rows_) if isinstance(rows_, list) else rows_ if isinstance(rows_, int) else 0
    if count:
        said.append(ngettext("%(n)d条", "%(n)d条", count) % {"n": count})
    if data.get("export"):
        said.append(_("导出编号 %(n)s") % {"n": data["export"]})
    return " · ".join(said)


# ------------------------------------------------------------------ who looked at me, at my child

# A guardian is told of these readings; the rest of a counsellor's work is told by the counsellor, not by a list: where
# home itself is the trouble, a line here could hurt the child.
# Nobody at all is told of readings of a mandatory report or of a worry that was handed in: they would name who spoke up,
# and a child's phone at home has more than one reader.
UNTOLD = ("harm_report", "intake")
TOLD_TO_GUARDIANS = ("own", "filling", "screening_review", "screening_entry", "letter", "report", "copy")


@dataclass(frozen=True)
class Look:
    """One reading about a person, in words."""

    at: datetime
    who: str
    post: str
    what: str
    why: str


def looks_at(subject: Subject, *, by_guardian: bool) -> QuerySet[AuditRow]:
    """Return the rows of readings about a person, the newest first."""
    found = AuditRow.objects.filter(
        Q(action=READ) | Q(action__in=("access.glass_broken", "access.grant_approved", "privacy.copied")),
        school=subject.school_id, object_type="subject", object_id=str(subject.pk),
    )  # fmt: skip
    found = found.exclude(action=READ, data__purpose__in=UNTOLD)
    if by_guardian:
        found = found.filter(Q(data__purpose__in=TOLD_TO_GUARDIANS) | Q(action="privacy.copied"))
        found = found.exclude(data__has_key="openings")
    return found


def in_words(school: School, found: Iterable[tuple]) -> list[Look]:
    """Return rows (in the order of FIELDS) as looks, with who it was and in which post that day."""
    found = list(found)
    known = names(school, (row[2] for row in found))
    people = dict(Person.objects.filter(school=school, account__in=known).values_list("account", "pk"))
    posts = _posts(people.values())
    made = []
    for _seq, at, account, action, _type, _id, data in found:
        day = timezone.localtime(at).date()
        held = posts.get(people.get(account, 0), ())
        post = "、".join(
            dict.fromkeys(str(ROLE_NAMES[kind]) for kind, first, last in held if first <= day <= last)
        )
        if account is None and data.get("respondent"):
            who = _("填问卷的人自己")
        else:
            who = who_words(account, known)
        why = detail_words({"purpose": data.get("purpose"), "openings": data.get("openings")})
        made.append(Look(at, who, post, _columns(data) or action_words(action), why))
    return made


COLUMNS = {
    "answers": gettext_lazy("问卷的回答"), "scores": gettext_lazy("测评得分"), "standing": gettext_lazy("测评的分级"),
    "what": gettext_lazy("请人看看的提示"),
}  # fmt: skip


def _columns(data: Mapping[str, Any]) -> str:
    return "、".join(str(COLUMNS.get(name, _("保密的记录"))) for name in data.get("columns", ()))


def _posts(people: Iterable[int]) -> dict[int, list[tuple[str, date, date]]]:
    found: dict[int, list[tuple[str, date, date]]] = {}
    links = Link.objects.filter(a__in=list(people), kind__in=ROLE_NAMES, superseded_at=FOREVER)
    for person, kind, first, last in links.values_list("a", "kind", "valid_from", "valid_to"):
        found.setdefault(person, []).append((kind, first, last))
    return found
