"""Addresses of the rounds that form pairs and teams."""

from django.urls import URLPattern, path

from .views import begin, bonds, organise, own, results, steps

app_name = "rounds"
urlpatterns: list[URLPattern] = [
    path("rounds/", begin.home, name="home"),
    path("rounds/new/", begin.choose, name="choose"),
    path("rounds/new/<str:scheme>/", begin.new, name="new"),
    path("rounds/schemes/<str:scheme>/", begin.scheme, name="scheme"),
    path("rounds/places/<str:place>/", own.place, name="place"),
    path("rounds/places/<str:place>/find/", own.find, name="place_find"),
    path("rounds/answers/<str:member>/", own.answer, name="answer"),
    path("rounds/<str:round>/", organise.one, name="round"),
    path("rounds/<str:round>/people/", organise.people, name="people"),
    path("rounds/<str:round>/people/<str:person>/", results.person, name="person"),
    path("rounds/<str:round>/people/<str:person>/find/", results.find, name="find"),
    path("rounds/<str:round>/people/<str:person>/say/", organise.say_for, name="say_for"),
    path("rounds/<str:round>/people/<str:person>/limits/", organise.limits, name="limits"),
    path("rounds/<str:round>/people/<str:person>/leave/", organise.leave, name="leave"),
    path("rounds/<str:round>/people/<str:person>/apart/<str:other>/", results.apart, name="apart"),
    path("rounds/<str:round>/import/", organise.import_wishes, name="import"),
    path("rounds/<str:round>/template/", organise.template, name="template"),
    path("rounds/<str:round>/propose/", steps.propose, name="propose"),
    path("rounds/<str:round>/progress/", organise.progress, name="progress"),
    path("rounds/<str:round>/stop/", organise.stop, name="stop"),
    path("rounds/<str:round>/table/", results.table, name="table"),
    path("rounds/<str:round>/graph/", results.drawing, name="graph"),
    path("rounds/<str:round>/changes/", results.changes, name="changes"),
    path("rounds/<str:round>/bonds/", bonds.bonds, name="bonds"),
    path("rounds/<str:round>/bonds/<str:bond>/release/", bonds.release, name="release"),
    path("rounds/<str:round>/undo/", steps.undo, name="undo"),
    path("rounds/<str:round>/publish/", steps.publish, name="publish"),
    path("rounds/<str:round>/in-force/", steps.in_force, name="in_force"),
    path("rounds/<str:round>/cancel/", steps.cancel, name="cancel"),
    path("rounds/<str:round>/objections/<str:member>/", steps.objection, name="objection"),
    path("rounds/<str:round>/export/<str:format>/", organise.export, name="export"),
]
