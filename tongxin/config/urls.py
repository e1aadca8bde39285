"""Every address of the product. Rooms own their own; nothing else is served."""

from django.conf import settings
from django.urls import include, path

handler404 = "tongxin.ui.errors.not_found"
urlpatterns = [
    # Patterns are tried in order, and a hall of children asks for these all at once.
    path("", include("tongxin.modules.screening.urls")),
    path("", include("tongxin.modules.desk.urls")),
    path("", include("tongxin.modules.setup.urls")),
    path("authoring/", include("tongxin.modules.authoring.urls")),
    path("", include("tongxin.modules.notices.urls")),
    path("", include("tongxin.modules.cases.urls")),
    path("", include("tongxin.modules.network.urls")),
    path("visits/", include("tongxin.modules.home_visits.urls")),
    path("", include("tongxin.modules.mentoring.urls")),
    path("", include("tongxin.modules.rounds.urls")),
    path("", include("tongxin.modules.privacy.urls")),
    path("", include("tongxin.modules.teams.urls")),
    path("", include("tongxin.insight.urls")),
]
if settings.DEMO or settings.DEBUG:
    urlpatterns.append(path("gallery/", include("tongxin.ui.urls")))
