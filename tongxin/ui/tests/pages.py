"""Addresses of the browser tests: the gallery, and small forms that answer with what they received."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import include, path

from tongxin.ui.toasts import notify

FORM = """{% extends "ui/base.html" %}{% load ui %}{% block content %}<h1>Form</h1>
<form id="log" class="form" method="post" enctype="multipart/form-data" data-send data-draft="log">{% csrf_token %}{% once_token %}
<label for="note">Note</label><textarea id="note" name="note"></textarea>
{% include "ui/components/photo_picker.html" with name="photo" label="Photo" %}
<button type="submit" id="go">Send</button></form>
<form id="plain" method="post" action="/plain/">{% csrf_token %}<button type="submit" id="twice">Save</button></form>
{% endblock %}"""
DONE = '{% extends "ui/base.html" %}{% block content %}<h1>Done</h1><p id="said">{{ said }}</p>{% endblock %}'
received: list[dict] = []


def form(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return page(request, FORM)
    files = request.FILES.getlist("photo")
    received.append(
        {"note": request.POST["note"], "once": request.POST["once"], "files": [file.read() for file in files]}
    )
    notify(request, "Saved", undo_url="/form/")
    return HttpResponseRedirect("/done/")


def done(request: HttpRequest) -> HttpResponse:
    return page(request, DONE, said=received[-1]["note"] if received else "")


def plain(request: HttpRequest) -> HttpResponse:
    received.append({"plain": True})
    return HttpResponse("ok")


def page(request: HttpRequest, source: str, **context) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(source).render(context, request))


for _view in (form, done, plain):
    _view.door = ("public",)  # type: ignore[attr-defined]

urlpatterns = [
    path("gallery/", include("tongxin.ui.urls")),
    path("form/", form),
    path("done/", done),
    path("plain/", plain),
]
