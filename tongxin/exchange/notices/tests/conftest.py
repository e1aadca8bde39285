"""A school with e-mail on, a robot of each kind, and a network that only writes down what it was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
import requests

from tongxin.exchange.notices import services
from tongxin.exchange.notices.models import Robot
from tongxin.testing.again import again
from tongxin.testing.cast import NOW, make_cast, today  # noqa: F401
from tongxin.testing.pack import PACK

STEPS = "escalate: [{at: -5d, to: bearer}, {at: +2d, to: branch_secretary}, {at: +7d, to: secretary}]"
WITH_STEPS = (
    PACK.replace("    window: teaching_fortnight\n", f"    window: teaching_fortnight\n    {STEPS}\n")
    .replace("党员每两周至少上一次心理课", "党员每两周至少上一次公开课")
    .replace("remind: [14d, 3d]", "remind: [60d, 3d]")
)


@dataclass
class Network:
    """What was asked of the outside, and what it answers."""

    asked: list[tuple[str, dict]] = field(default_factory=list)
    status: int = 200
    answer: object = field(default_factory=lambda: {"errcode": 0, "code": 0})
    down: bool = False

    def send(self, request, **_options) -> requests.Response:
        if self.down:
            raise requests.ConnectionError("no way out")
        self.asked.append((request.url, json.loads(request.body)))
        response = requests.Response()
        response.status_code = self.status
        response._content = json.dumps(self.answer).encode()
        return response


@pytest.fixture
def network(monkeypatch) -> Network:
    made = Network()
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter, "send", lambda _self, request, **o: made.send(request, **o)
    )
    return made


@pytest.fixture
def world(db, today, settings, network):  # noqa: F811
    settings.MAIL = {"EMAIL_HOST": "mail.invalid"}
    settings.DEFAULT_FROM_EMAIL = "tongxin@school.invalid"
    settings.SITE_URL = "https://tongxin.invalid"
    return again("notified", notified)


def notified():
    cast = make_cast()
    cast.adopt(WITH_STEPS)
    type(cast.programme).objects.update(adopted_at=NOW)
    values = {"email_on": True, "quiet_from": 21, "quiet_to": 7, "skip_days_off": True, "digest_hour": 8}
    services.save_settings(cast.school, values, by=cast.guo.viewer())
    return cast


@pytest.fixture
def robots(world) -> dict[str, Robot]:
    keys = {"wecom": "wecomkey-1234", "dingtalk": "dingtalktoken1234", "feishu": "feishu-key-1234"}
    return {
        service: services.save_robot(
            Robot(school=world.school, service=service, title=f"{service}群"),
            key=key,
            sign="SECabc123" if service == "dingtalk" else "",
            by=world.guo.viewer(),
        )
        for service, key in keys.items()
    }
