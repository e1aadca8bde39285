"""Every address of the product. Rooms own their own; nothing else is served."""

from django.conf import settings
from django.urls import include, path

from .rooms import room

handler404 = "tongxin.ui.errors.not_found"
urlpatterns = [
    # Rooms are tried in order, and a hall of children asks for these all at once.
    room("tongxin.modules.screening.urls"),
    room("tongxin.modules.desk.urls"),
    room("tongxin.modules.setup.urls"),
    path("authoring/", include("tongxin.modules.authoring.urls")),
    room("tongxin.modules.notices.urls"),
    room("tongxin.modules.cases.urls"),
    room("tongxin.modules.network.urls"),
    path("visits/", include("tongxin.modules.home_visits.urls")),
    room("tongxin.modules.mentoring.urls"),
    room("tongxin.modules.rounds.urls"),
    room("tongxin.modules.privacy.urls"),
    room("tongxin.modules.teams.urls"),
    room("tongxin.insight.urls"),
]
if settings.DEMO or settings.DEBUG:
    urlpatterns.append(path("gallery/", include("tongxin.ui.urls")))
