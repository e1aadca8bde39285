from django.urls import URLPattern, path

from .views import codes, district, instruments, progress, sittings

urlpatterns: list[URLPattern] = [
    path("district/screening/", district.district_sittings, name="district"),
    path("care/screening/", sittings.home, name="home"),
    path("care/screening/new/", sittings.new, name="sitting_new"),
    path("care/screening/asked/", sittings.asked, name="sitting_asked"),
    path("care/screening/sittings/<str:public_id>/", sittings.one, name="sitting"),
    path("care/screening/sittings/<str:public_id>/edit/", sittings.edit, name="sitting_edit"),
    path("care/screening/sittings/<str:public_id>/open/", sittings.open_, name="sitting_open"),
    path("care/screening/sittings/<str:public_id>/close/", sittings.close, name="sitting_close"),
    path("care/screening/sittings/<str:public_id>/discard/", sittings.discard, name="sitting_discard"),
    path("care/screening/sittings/<str:public_id>/codes/", codes.rooms, name="codes"),
    path("care/screening/sittings/<str:public_id>/codes/<str:room>/", codes.board, name="code"),
    path("care/screening/sittings/<str:public_id>/codes/<str:room>/new/", codes.new, name="code_new"),
    path("care/screening/sittings/<str:public_id>/codes/<str:room>/slips/", codes.slips, name="code_slips"),
    path("care/screening/sittings/<str:public_id>/progress/", progress.by_room, name="progress"),
    path("care/screening/sittings/<str:public_id>/progress/remind/", progress.remind, name="progress_remind"),
    path("care/screening/sittings/<str:public_id>/progress/missing.xlsx", progress.missing, name="progress_missing"),
    path("care/screening/instruments/", instruments.library, name="instruments"),
    path("care/screening/instruments/upload/", instruments.upload, name="instrument_upload"),
    path("care/screening/instruments/shipped/<str:slug>/", instruments.shipped, name="instrument_shipped"),
    path("care/screening/instruments/shipped/<str:slug>/take/", instruments.take, name="instrument_take"),
    path("care/screening/instruments/shipped/<str:slug>/words/", instruments.words, name="instrument_words"),
    path(
        "care/screening/instruments/shipped/<str:slug>/<str:format>/",
        instruments.shipped_file, name="instrument_shipped_file",
    ),
    path("care/screening/instruments/<str:public_id>/", instruments.one, name="instrument"),
    path("care/screening/instruments/<str:public_id>/retire/", instruments.retire, name="instrument_retire"),
    path("care/screening/instruments/<str:public_id>/restore/", instruments.restore, name="instrument_restore"),
    path("care/screening/instruments/<str:public_id>/<str:format>/", instruments.file, name="instrument_file"),
]  # fmt: skip
