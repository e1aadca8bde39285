"""The product's addresses and one that takes a whole paper: the way `bench submit` and the crash tests send them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST

from tongxin.config.urls import urlpatterns as product
from tongxin.kernel.access.doors import public
from tongxin.modules.screening import papers, seats

ANSWER = "a-"


@public
@require_POST
def hand_in(request: HttpRequest) -> HttpResponse:
    """A whole paper of a seat's cookie: fields a-FORM-ITEM."""
    ticket = seats.read_ticket(request.COOKIES.get(settings.SEAT_COOKIE_NAME))
    if ticket is None:
        return JsonResponse({"code": "gone"}, status=403)
    answers: dict[int, dict[str, str]] = {}
    for name, said in request.POST.items():
        if name.startswith(ANSWER):
            form, _dash, item = name[len(ANSWER) :].partition("-")
            answers.setdefault(int(form), {})[item] = str(said)
    try:
        done = papers.hand_in(lambda: seats.at(ticket), answers)
    except papers.Refused as refused:
        return JsonResponse({"code": refused.code}, status=409)
    return JsonResponse({"paper": done.paper.public_id, "called": done.called})


urlpatterns = [path("bench/hand-in/", hand_in), *product]
