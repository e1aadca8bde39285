"""Forms of this room, in plain Chinese."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.exchange.notices.channels import key_in
from tongxin.exchange.notices.models import Preference, Robot
from tongxin.exchange.notices.timing import Rhythm

HOURS = [(hour, f"{hour:02d}:00") for hour in range(24)]


class SchoolForm(forms.Form):
    """How the school lets notices out."""

    email_on = forms.BooleanField(
        label=gettext_lazy("给填了邮箱的教职工发邮件"),
        required=False,
        help_text=gettext_lazy("邮件里没有学生姓名；涉及学生和家庭的事只说几件、哪天到期。"),
    )
    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("每天几点汇总"),
        coerce=int,
        choices=HOURS,
        help_text=gettext_lazy("每人每天一封，每个群每天一条。"),
    )
    quiet_from = forms.TypedChoiceField(label=gettext_lazy("晚上从几点起不打扰"), coerce=int, choices=HOURS)
    quiet_to = forms.TypedChoiceField(
        label=gettext_lazy("到早上几点"),
        coerce=int,
        choices=HOURS,
        help_text=gettext_lazy("这段时间的提醒不会丢，过后再发。两个时间一样就是不设。"),
    )
    skip_days_off = forms.BooleanField(
        label=gettext_lazy("不上课的日子不打扰"),
        required=False,
        help_text=gettext_lazy("按校历，到下一个上课日再发。页面上的提醒照常。"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            rhythm = Rhythm(data["quiet_from"], data["quiet_to"], data["skip_days_off"], data["digest_hour"])
            if rhythm.is_quiet(rhythm.digest_hour):
                self.add_error("digest_hour", _("汇总的时间落在不打扰的时段里，永远发不出去。请换一个。"))
        return data


class RobotForm(forms.Form):
    """A group robot. On a robot that is there already an empty address keeps the one it has."""

    service = forms.ChoiceField(label=gettext_lazy("哪一种"), choices=Robot.Service.choices)
    title = forms.CharField(
        label=gettext_lazy("哪个群"), max_length=40, help_text=gettext_lazy("自己看的，例如：班主任群")
    )
    address = forms.CharField(
        label=gettext_lazy("机器人的地址"),
        max_length=400,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("在群里添加机器人后复制的 Webhook 地址。安全设置选“关键词”，填“提醒”。"),
    )
    sign = forms.CharField(
        label=gettext_lazy("加签密钥（钉钉）"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("钉钉的安全设置选“加签”时才填，以 SEC 开头。"),
    )

    def __init__(self, *args: Any, robot: Robot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.robot = robot
        if robot is not None:
            self.fields["service"].disabled = True
            self.initial.update(service=robot.service, title=robot.title)
            self.fields["address"].help_text = _("现在用的以 %(hint)s 结尾，看不到全文。不换就留空。") % {
                "hint": robot.hint
            }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        said, service = data.get("address", "").strip(), data.get("service", "")
        if said and service:
            data["key"] = key_in(service, said)
            if data["key"] is None:
                self.add_error(
                    "address",
                    _("这不是%(service)s机器人的地址。请在群设置里重新复制，整段粘贴过来。")
                    % {"service": Robot.Service(service).label},
                )
        elif self.robot is None and "address" not in self.errors:
            self.add_error("address", _("请粘贴机器人的地址。"))
        sign = data.get("sign", "").strip()
        if sign and (service != "dingtalk" or not sign.isalnum()):
            self.add_error("sign", _("加签密钥只有钉钉有，以 SEC 开头，没有空格。"))
        if sign and not said:
            self.add_error("address", _("换加签密钥时，请把机器人的地址也粘贴过来。"))
        return data


class PreferenceForm(forms.Form):
    """How I want to be told."""

    email = forms.EmailField(
        label=gettext_lazy("邮箱"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("不填就不发邮件，提醒只在页面上。"),
        error_messages={"invalid": gettext_lazy("邮箱写得不对，例如 liu@example.com。")},
    )
    rhythm = forms.ChoiceField(
        label=gettext_lazy("多久一封"),
        choices=Preference.Rhythm.choices,
        help_text=gettext_lazy("上报给您过问的事，最多等到当天的汇总。"),
    )
    muted = forms.BooleanField(
        label=gettext_lazy("自己的提醒只看页面，不发邮件"),
        required=False,
        help_text=gettext_lazy("上报给您过问的事仍然会发。"),
    )
