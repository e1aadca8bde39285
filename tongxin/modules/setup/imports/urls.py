from django.urls import URLPattern, path

from . import views

urlpatterns: list[URLPattern] = [
    path("", views.history, name="imports"),
    path("upload/", views.upload, name="import_upload"),
    path("template/<slug:kind>/", views.template, name="import_template"),
    path("<str:public_id>/", views.result, name="import_result"),
    path("<str:public_id>/headings/", views.headings, name="import_headings"),
    path("<str:public_id>/preview/", views.preview, name="import_preview"),
    path("<str:public_id>/answers/", views.answers, name="import_answers"),
    path("<str:public_id>/confirm/", views.confirm, name="import_confirm"),
    path("<str:public_id>/problems/", views.problems, name="import_problems"),
    path("<str:public_id>/undo/", views.undo, name="import_undo"),
    path("<str:public_id>/drop/", views.drop, name="import_drop"),
]
