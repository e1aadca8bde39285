"""Addresses of the teams. Fixed words stand before the teams' own ids."""

from django.urls import URLPattern, path

from .views import contests, covering, forming, lists, pool, team

app_name = "teams"
urlpatterns: list[URLPattern] = [
    path("teams/", lists.home, name="home"),
    path("teams/export/", lists.export, name="export"),
    path("teams/gaps/", lists.gaps, name="gaps"),
    path("teams/results/", lists.results, name="results"),
    path("teams/new/<slug:kind>/", forming.new, name="new"),
    path("teams/form/<slug:kind>/", forming.form, name="form"),
    path("teams/invitations/<str:proposal>/", forming.proposal, name="proposal"),
    path("teams/invitations/<str:proposal>/instead/<int:pk>/", forming.instead, name="instead"),
    path("teams/pool/", pool.pool, name="pool"),
    path("teams/pool/new/<slug:kind>/", pool.new, name="topic_new"),
    path("teams/pool/<str:topic>/", pool.topic, name="topic"),
    path("teams/contests/", contests.contests, name="contests"),
    path("teams/contests/new/", contests.new, name="contest_new"),
    path("teams/contests/coverage/", covering.coverage, name="contest_coverage"),
    path("teams/contests/coverage/export/", covering.export, name="contest_coverage_export"),
    path("teams/contests/<str:contest>/", contests.contest, name="contest"),
    path("teams/contests/<str:contest>/enter/", contests.enter, name="contest_enter"),
    path("teams/contests/<str:contest>/results/", contests.results, name="contest_results"),
    path("teams/contests/<str:contest>/on/", contests.send_on, name="contest_on"),
    path("teams/<str:team>/", team.page, name="team"),
    path("teams/<str:team>/steps/", team.steps, name="steps"),
    path("teams/<str:team>/log/<slug:kind>/", team.log, name="log"),
    path("teams/<str:team>/rate/", team.rate, name="rate"),
    path("teams/<str:team>/change/", team.change, name="change"),
    path("teams/<str:team>/end/", team.end, name="end"),
    path("teams/<str:team>/named/", team.named, name="named"),
    path("teams/<str:team>/paper/", team.paper, name="paper"),
]
