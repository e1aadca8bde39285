"""Say why something asked in principle was not done: whoever answers for it writes a sentence, which those who follow it read."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations import reasons
from tongxin.ui.toasts import notify

from .programme import verdict_in_address


@allow("explain")
@require_POST
def state(request: Request, public_id: str, rule: str, subject: str, first: str) -> HttpResponse:
    """Keep the reason, or take it back, and go back to where it is read."""
    asked, declared, who, verdict = verdict_in_address(request, public_id, rule, subject, first)
    if not reasons.may_state(request.viewer, declared, verdict):
        raise Http404
    try:
        if "withdraw" in request.POST:
            reasons.withdraw(asked.programme, declared, who, verdict, by=request.viewer)
            said = _("已撤回原因，以后照常提醒。")
        else:
            reason = request.POST.get("reason", "")
            reasons.state(asked.programme, declared, who, verdict, reason, by=request.viewer)
            said = _("已记下原因，跟进的人看得到；这一项不再提醒，也不再往上报。")
    except reasons.CannotState as refused:
        said = str(refused)
    notify(request, said)
    return redirect("desk:why", public_id, rule, subject, first)
