"""Addresses of pairs: one's own, those one organises, requests of young teachers, models."""

from django.urls import URLPattern, path

from .views import agreement, coverage, feedback, growth, home, lives, marks, models, wishes

app_name = "mentoring"
urlpatterns: list[URLPattern] = [
    path("pairs/", home.home, name="home"),
    path("pairs/one/<str:pair>/", home.pair, name="pair"),
    path("pairs/one/<str:pair>/agreement/", agreement.agreement, name="agreement"),
    path("pairs/one/<str:pair>/agreement/write/", agreement.write, name="agreement_write"),
    path("pairs/one/<str:pair>/agreement/sign/", agreement.sign, name="agreement_sign"),
    path("pairs/one/<str:pair>/agreement/<slug:format>/", agreement.file, name="agreement_file"),
    path("pairs/one/<str:pair>/wish/", wishes.new, name="wish_new"),
    path("pairs/one/<str:pair>/wish/<str:wish>/", wishes.one, name="wish"),
    path("pairs/one/<str:pair>/marks/", marks.marks, name="marks"),
    path("pairs/one/<str:pair>/marks/<str:mark>/remove/", marks.remove, name="mark_remove"),
    path("pairs/one/<str:pair>/feedback/", feedback.feedback, name="feedback"),
    path("pairs/one/<str:pair>/ask/", lives.ask, name="ask"),
    path("pairs/one/<str:pair>/arrange/", lives.arrange, name="arrange"),
    path("pairs/kinds/", coverage.kinds, name="kinds"),
    path("pairs/kinds/<slug:kind>/", coverage.coverage, name="coverage"),
    path("pairs/kinds/<slug:kind>/export/", coverage.export, name="coverage_export"),
    path("pairs/unsigned/", agreement.unsigned, name="unsigned"),
    path("pairs/rearrange/", lives.rearrange, name="rearrange"),
    path("pairs/results/", feedback.results, name="results"),
    path("pairs/growth/", growth.growth, name="growth"),
    path("pairs/growth/new/", growth.new, name="growth_new"),
    path("pairs/growth/<str:request_id>/", growth.one, name="growth_one"),
    path("pairs/models/", models.models, name="models"),
    path("pairs/models/new/", models.new, name="model_new"),
    path("pairs/models/<str:model>/say/", models.say, name="model_say"),
    path("pairs/models/<str:model>/withdraw/", models.withdraw, name="model_withdraw"),
]
