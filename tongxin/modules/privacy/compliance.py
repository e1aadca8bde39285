"""The pack of the yearly compliance audit: who saw how much, consents, openings, requests, retention, incidents.

Figures and posts only: no child is named, and what was written in requests and reasons stays sealed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import Block, Document, Heading, Listing, Paragraph, Signature, Table
from tongxin.exchange.documents.sheets import Column, Sheet
from tongxin.kernel.access import erasing, terms
from tongxin.kernel.access.context import ROLE_NAMES
from tongxin.kernel.access.models import LegalHold, Opening
from tongxin.kernel.access.policy import BREAK_GLASS, GRANT
from tongxin.kernel.access.reading import PURPOSES, READ
from tongxin.kernel.audit import services as audit
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Link, School
from tongxin.kernel.consent.models import Consent, Purpose
from tongxin.kernel.people.models import Person
from tongxin.methods.disclosure import Equation, hidden

from . import record
from .letters import full_day
from .models import Assessment, Incident, RightsRequest, Sharing
from .record_words import action_words
from .views.keeping import class_words

LEAST = 5
# Who filed or reads a mandatory report is told to nobody from above, not even as a figure.
UNTOLD, UNTOLD_PURPOSE = "network.harm", "harm_report"
NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True)
class Year:
    """A calendar year, as moments and days."""

    number: int

    @property
    def days(self) -> tuple[date, date]:
        return date(self.number, 1, 1), date(self.number, 12, 31)

    @property
    def moments(self) -> tuple[datetime, datetime]:
        first, last = self.days
        made = [
            timezone.make_aware(datetime.combine(day, time.min)) for day in (first, last + timedelta(days=1))
        ]
        return made[0], made[1]


def reads(school: School, year: Year) -> list[tuple[str, str, str, int, int]]:
    """Return (who, post, what for, readings, children) of the sealed reads of a year, most readings first."""
    since, until = year.moments
    counted: Counter = Counter()
    children: dict[tuple[int | None, str], set[str]] = {}
    rows = AuditRow.objects.filter(school=school.pk, action=READ, at__gte=since, at__lt=until)
    rows = rows.exclude(data__purpose=UNTOLD_PURPOSE)
    for account, purpose, subject in rows.values_list("account", "data__purpose", "object_id").iterator(
        chunk_size=5000
    ):
        counted[account, purpose] += 1
        children.setdefault((account, purpose), set()).add(subject)
    known = record.names(school, {account for account, _purpose in counted})
    people = dict(Person.objects.filter(school=school, account__in=known).values_list("account", "pk"))
    posts: dict[int, list[str]] = {}
    held = Link.objects.current().filter(
        a__in=people.values(), kind__in=ROLE_NAMES, valid_from__lte=year.days[1], valid_to__gte=year.days[0]
    )
    for person, kind in held.values_list("a", "kind"):
        posts.setdefault(person, []).append(str(ROLE_NAMES[kind]))
    return [
        (record.who_words(account, known), "、".join(dict.fromkeys(posts.get(people.get(account, 0), ()))),
         str(PURPOSES.get(purpose, purpose)), count, len(children[account, purpose]))
        for (account, purpose), count in counted.most_common()
    ]  # fmt: skip


def deeds(school: School, year: Year) -> list[tuple[str, int]]:
    """Return (what was done, how often) over the year's audit rows."""
    since, until = year.moments
    wanted = AuditRow.objects.filter(school=school.pk, at__gte=since, at__lt=until)
    rows = wanted.exclude(action__startswith=UNTOLD).values("action")
    return [
        (action_words(row["action"]), row["n"])
        for row in rows.annotate(n=Count("pk")).order_by("-n", "action")
    ]


def consents(school: School, year: Year) -> list[list[str]]:
    """Return a row for each purpose: said yes, no, withdrawn in the year; small groups hidden together."""
    since, until = year.moments
    rows = Consent.objects.filter(school=school, at__gte=since, at__lt=until)
    found = []
    for purpose in Purpose:
        said = Counter(rows.filter(purpose=purpose).values_list("what", flat=True))
        counts = {str(what): said[what] for what in Consent.What.values}
        away = hidden(counts, [Equation(tuple(counts))], LEAST)
        found.append(
            [str(purpose.label), *(_("不显示") if name in away else str(n) for name, n in counts.items())]
        )
    return found


def document(school: School, year: Year, day: date, *, export_id: str) -> Document:
    """Return the report of the pack."""
    chapters = [
        (_("审计记录是否完整"), list(_chain(school))),
        (_("谁看了加密保存的内容"), list(_reads(school, year))),
        (_("申请查看和紧急打开"), list(_openings(school, year))),
        (_("同意"), list(_consents(school, year))),
        (_("本人和监护人的请求"), list(_requests(school, year))),
        (_("保存期限、删除和依法保留"), list(_retention(school, year, day))),
        (_("信息安全事件"), list(_incidents(school, year))),
        (_("处理敏感信息前的影响评估"), list(_assessments(school, year))),
        (_("对外提供"), list(_sharings(school, year))),
        (
            _("要逐项说明的事"),
            [
                Listing(
                    [
                        _("账号和岗位的清理"),
                        _("备份和恢复演练"),
                        _("教职工培训"),
                    ],
                    numbered=True,
                )
            ],
        ),
    ]
    blocks: list[Block] = [
        Paragraph(
            _(
                "依据《未成年人网络保护条例》第三十七条，对%(year)d年处理未成年人个人信息的情况进行合规审计。数字由系统的审计记录得出，不含学生姓名。"
            )
            % {"year": year.number}
        )
    ]
    for numeral, (title, body) in zip(NUMERALS, chapters, strict=True):
        blocks += [Heading(f"{numeral}、{title}", 1), *body]
    blocks.append(Signature(school.name, full_day(day)))
    title = _("%(year)d年度未成年人个人信息保护合规审计报告") % {"year": year.number}
    return Document(title, blocks, export_id=export_id, author=school.name)


def _chain(school: School) -> Iterator[Block]:
    count, breaks = audit.verify(school_id=school.pk)
    if breaks:
        words = _("核对了%(n)d条审计记录，从第%(seq)d条起不可信：%(reason)s。") % {
            "n": count, "seq": breaks[0].seq, "reason": breaks[0].reason,
        }  # fmt: skip
    else:
        words = _("核对了%(n)d条审计记录，前后相连，没有发现改动。") % {"n": count}
    yield Paragraph(words)
    yield Paragraph(_("请用留在别处的末尾再核对一次：tongxin verify-audit 备份文件 --anchors 留存的文件。"))


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]], caption: str) -> Block:
    if not rows:
        return Paragraph(_("%(what)s：没有。") % {"what": caption})
    texts = [[str(cell) for cell in row] for row in rows]
    return Table(list(columns), texts, caption=caption)


def _reads(school: School, year: Year) -> Iterator[Block]:
    columns = (_("谁"), _("岗位"), _("为什么"), _("次数"), _("涉及人数"))
    yield _table(columns, reads(school, year)[:40], _("每次打开都有一条审计记录"))


def _openings(school: School, year: Year) -> Iterator[Block]:
    since, until = year.moments
    rows = list(Opening.objects.filter(school=school, asked_at__gte=since, asked_at__lt=until))
    grants = [row for row in rows if row.kind == GRANT]
    glass = [row for row in rows if row.kind == BREAK_GLASS]
    in_time = sum(
        bool(row.reviewed_at and row.review_due and row.reviewed_at <= row.review_due) for row in glass
    )
    refused = sum(row.state == Opening.State.REFUSED for row in grants)
    table = [
        (_("申请查看"), len(grants), _("没有批准%(n)d次") % {"n": refused}),
        (_("紧急打开"), len(glass), _("按期复核%(n)d次，认为不必要%(m)d次，还没有复核%(k)d次")
         % {"n": in_time, "m": sum(row.proper is False for row in glass), "k": sum(row.reviewed_at is None for row in glass)}),
    ]  # fmt: skip
    yield _table((_("方式"), _("次数"), _("结果")), table, _("超出岗位的查看"))


def _consents(school: School, year: Year) -> Iterator[Block]:
    yield _table(
        (_("用途"), _("同意"), _("不同意"), _("撤回")), consents(school, year), _("这一年的回答（份）")
    )


def _requests(school: School, year: Year) -> Iterator[Block]:
    rows = list(RightsRequest.objects.filter(school=school, received_on__range=year.days))
    table = []
    for kind in RightsRequest.Kind:
        own = [row for row in rows if row.kind == kind]
        late = sum(bool(row.answered_on and row.answered_on > row.due_on) for row in own)
        states = Counter(row.state for row in own)
        if own:
            table.append((kind.label, len(own), states["done"], states["refused"], states["open"], late))
    columns = (_("要求"), _("收到"), _("已办理"), _("没有同意"), _("待答复"), _("答复过期"))
    yield _table(columns, table, _("请求（份）"))


def _retention(school: School, year: Year, day: date) -> Iterator[Block]:
    since, until = year.moments
    erased = AuditRow.objects.filter(school=school.pk, action="privacy.erased", at__gte=since, at__lt=until)
    due = {one.term.data_class: one for one in erasing.due(school, day)}
    rows = [
        (class_words(name), _("一直保存") if term.years is None else _("离校后%(n)d年") % {"n": term.years},
         len(due[name].people) if name in due else 0)
        for name, term in terms.schedule(school.pk).items()
    ]  # fmt: skip
    yield _table((_("内容"), _("保存多久"), _("到期还没有删除（人）")), rows, _("保存期限"))
    holds = LegalHold.objects.filter(school=school, ended_at=None).count()
    yield Paragraph(
        _("这一年删除了%(people)d个人的内容（%(n)d次）；正在依法保留%(holds)d个人。")
        % {"people": erased.values("object_id").distinct().count(), "n": erased.count(), "holds": holds}
    )


def _incidents(school: School, year: Year) -> Iterator[Block]:
    rows = [
        (one.happened_on.isoformat(), one.found_on.isoformat(), one.people,
         one.told_authority_on or _("没有登记"), one.told_people_on or _("没有登记"), one.closed_on or _("还在处理"))
        for one in Incident.objects.filter(school=school, found_on__range=year.days).order_by("found_on", "pk")
    ]  # fmt: skip
    columns = (_("发生"), _("发现"), _("涉及人数"), _("报告主管部门"), _("告知本人"), _("处理完"))
    yield _table(columns, rows, _("事件"))


def _assessments(school: School, year: Year) -> Iterator[Block]:
    """Those made in the year or due again in it."""
    rows = [
        (one.title, one.done_on, one.get_outcome_display(), one.people, one.next_on or _("没有写"))
        for one in Assessment.objects.filter(
            Q(done_on__range=year.days) | Q(next_on__range=year.days), school=school
        ).order_by("done_on", "pk")
    ]  # fmt: skip
    columns = (_("要做的事"), _("评估"), _("结论"), _("参加的人"), _("下次"))
    yield _table(columns, rows, _("影响评估"))


def _sharings(school: School, year: Year) -> Iterator[Block]:
    """Those begun in the year and those still going on in it."""
    first, last = year.days
    rows = [
        (one.to, one.get_kind_display(), one.data, one.count, one.from_on, one.ended_on or _("对方还在用"))
        for one in Sharing.objects.filter(
            Q(ended_on=None) | Q(ended_on__gte=first), school=school, from_on__lte=last
        ).order_by("from_on", "pk")
    ]  # fmt: skip
    columns = (_("给了谁"), _("方式"), _("哪些信息"), _("人数"), _("从哪天起"), _("归还或删除"))
    yield _table(columns, rows, _("对外提供"))


def sheets(school: School, year: Year) -> list[Sheet]:
    """Return the figures behind the report."""
    looked = [_("谁"), _("岗位"), _("为什么"), _("次数"), _("涉及人数")]
    return [
        Sheet(_("谁看了多少"), [Column(title) for title in looked], reads(school, year)),
        Sheet(_("做了什么"), [Column(_("做了什么")), Column(_("次数"))], deeds(school, year)),
    ]
