"""Addresses of home visits; all lie below visits/."""

from django.urls import URLPattern, path

from .views import families, home, needs, places, records, requests, rounds, routes, visits

app_name = "home_visits"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("me/", home.card, name="card"),
    path("needs/", needs.needs, name="needs"),
    path("needs/export/", needs.export, name="needs_export"),
    path("coverage/", needs.coverage, name="coverage"),
    path("places/", places.places, name="places"),
    path("places/import/", places.upload, name="places_import"),
    path("places/template/", places.template, name="places_template"),
    path("places/map/", places.district, name="district"),
    path("places/<str:student>/", places.place, name="place"),
    path("rounds/", rounds.rounds, name="rounds"),
    path("rounds/new/", rounds.new, name="round_new"),
    path("rounds/<str:round>/", rounds.one, name="round"),
    path("rounds/<str:round>/plan/", rounds.plan, name="round_plan"),
    path("rounds/<str:round>/progress/", rounds.progress, name="round_progress"),
    path("rounds/<str:round>/stop/", rounds.stop, name="round_stop"),
    path("rounds/<str:round>/publish/", rounds.publish, name="round_publish"),
    path("rounds/<str:round>/close/", rounds.close, name="round_close"),
    path("rounds/<str:round>/people/", rounds.people, name="round_people"),
    path("rounds/<str:round>/sessions/", rounds.change_sessions, name="round_sessions"),
    path("planned/<str:visit>/", visits.one, name="visit"),
    path("planned/<str:visit>/move/", visits.move, name="visit_move"),
    path("planned/<str:visit>/lock/", visits.lock, name="visit_lock"),
    path("planned/<str:visit>/answer/", visits.answer, name="visit_answer"),
    path("planned/<str:visit>/arrived/", routes.arrived, name="visit_arrived"),
    path("routes/<str:route>/", routes.route, name="route"),
    path("routes/<str:route>/sheet/<str:format>/", routes.sheet, name="route_sheet"),
    path("records/", records.records, name="records"),
    path("records/new/<str:student>/", records.new, name="record_new"),
    path("records/visit/<str:visit>/", records.of_visit, name="record_visit"),
    path("records/<str:record>/", records.one, name="record"),
    path("records/<str:record>/signature/", records.signature, name="record_signature"),
    path("difficulties/", requests.requests, name="requests"),
    path("difficulties/<str:request_id>/", requests.one, name="request"),
    path("difficulties/<str:request_id>/hand-over/", requests.hand_over, name="request_hand_over"),
    path("findings/", requests.findings, name="findings"),
    path("findings/<str:finding>/", requests.finding, name="finding"),
    path("family/", families.family, name="family"),
    path("family/times/<str:student>/", families.times, name="family_times"),
    path("family/<str:visit>/", families.visit, name="family_visit"),
]
