"""Posting to group robots through apprise. Loaded by the first message."""

from __future__ import annotations

import threading
from typing import Any

import requests
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins import dingtalk, feishu, wecombot


class _Listening:
    """`requests` as the robots' plugins see it.

    Robots answer HTTP 200 also when they refuse, with a code in the body that apprise reads for Feishu only;
    here a refusal counts as one for all three, so that a wrong key does not look like success.
    """

    def __init__(self) -> None:
        self.heard = threading.local()

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        self.heard.code = "unreachable"
        kwargs["allow_redirects"] = False
        answer = requests.post(*args, **kwargs)
        self.heard.code = _refusal(answer)
        if self.heard.code:
            raise requests.RequestException(self.heard.code)
        return answer


def _refusal(answer: requests.Response) -> str:
    """Return why a robot did not take a message, "" when it did."""
    if answer.status_code == 429:
        return "too_many"
    if answer.status_code != 200:
        return "refused"
    try:
        said = answer.json()
    except ValueError:
        return "refused"
    code = said.get("errcode", said.get("code", said.get("StatusCode", 0))) if isinstance(said, dict) else 1
    return "too_many" if code in (45009, 130101, 11232) else "refused" if code else ""


_listening = _Listening()
for _plugin in (dingtalk, feishu, wecombot):
    _plugin.requests = _listening  # type: ignore[attr-defined]


def post(service: str, key: str, sign: str | None, text: str) -> str:
    """Post a text to a group; return why it was not taken, "" when it was."""
    try:
        plugin = _plugin_of(service, key, sign)
    except AppriseImproperlyConfigured:
        return "refused"
    _listening.heard.code = "unreachable"
    if plugin.notify(body=text, title=""):
        return ""
    return _listening.heard.code or "refused"


def _plugin_of(service: str, key: str, sign: str | None) -> Any:
    if service == "wecom":
        return wecombot.NotifyWeComBot(key=key)
    if service == "dingtalk":
        return dingtalk.NotifyDingTalk(token=key, secret=sign)
    return feishu.NotifyFeishu(token=key)
