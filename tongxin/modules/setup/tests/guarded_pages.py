"""The product's addresses and two pages that show sealed answers: one with its door, one that forgot it."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tongxin.config.urls import urlpatterns as product
from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.reading import opened
from tongxin.testing.sealed import Paper


def _answers(request: HttpRequest) -> HttpResponse:
    papers = opened(request.viewer, Paper.objects.order_by("pk"), "screening_review", "answers")
    said = request.POST.get("note", "")
    return HttpResponse(f"答卷{[paper.answers for paper in papers]}{said}{sorted(request.POST)}")


guarded = allow()(step_up(_answers))
forgetful = allow()(_answers)
urlpatterns = [path("papers/", guarded), path("papers/forgetful/", forgetful), *product]
