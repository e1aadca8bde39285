"""What the consent ledger holds about one child. It is evidence of what was allowed and stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Holding, Reader, Section, register
from tongxin.kernel.base.models import Subject

from .models import Consent


def _tell(reader: Reader, subject: Subject) -> list[Section]:
    rows = [
        (
            f"{timezone.localtime(one.at):%Y-%m-%d}", str(one.get_purpose_display()), str(one.get_what_display()),
            one.who.name, str(one.text.version), str(one.get_channel_display()),
        )
        for one in Consent.objects.filter(student=subject).select_related("who", "text").order_by("at", "pk")
    ]  # fmt: skip
    columns = (_("日期"), _("用途"), _("回答"), _("谁"), _("说明的版本"), _("方式"))
    return [Section(_("同意和不同意"), columns, rows)]


def _count(ids: Sequence[int]) -> dict[int, int]:
    return dict(Counter(Consent.objects.filter(student__in=ids).values_list("student", flat=True)))


def register_all() -> None:
    register(
        Holding(
            "consent.said", gettext_lazy("同意和不同意"), "K2", _tell, _count, None,
            gettext_lazy("同意和不同意的记录要留作凭据，没有删除；里面只有编号，姓名已经去掉。"), order=40,
        )
    )  # fmt: skip
