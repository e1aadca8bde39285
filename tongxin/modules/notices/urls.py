from django.urls import URLPattern, URLResolver, path

from . import feeds, following, inbox, mine, school

app_name = "notices"
urlpatterns: list[URLPattern | URLResolver] = [
    path("notices/", inbox.inbox, name="inbox"),
    path("notices/read/", inbox.read_all, name="read_all"),
    path("notices/<int:pk>/read/", inbox.read, name="read"),
    path("following/", following.matters, name="matters"),
    path("following/<str:matter>/known/", following.known, name="known"),
    path("following/<str:matter>/again/", following.again, name="again"),
    path("me/notices/", mine.preferences, name="preferences"),
    path("me/notices/try/", mine.try_email, name="try_email"),
    path("me/calendar/", mine.feed, name="feed_page"),
    path("me/calendar/new/", mine.new_feed, name="feed_new"),
    path("me/calendar/end/", mine.end_feed, name="feed_end"),
    path("settings/notices/", school.settings_page, name="settings"),
    path("settings/notices/retry/", school.retry, name="retry"),
    path("settings/notices/robots/new/", school.robot_new, name="robot_new"),
    path("settings/notices/robots/<str:robot>/", school.robot_edit, name="robot_edit"),
    path("settings/notices/robots/<str:robot>/try/", school.robot_try, name="robot_try"),
    path("settings/notices/robots/<str:robot>/switch/", school.robot_switch, name="robot_switch"),
    path("settings/notices/robots/<str:robot>/remove/", school.robot_remove, name="robot_remove"),
    # No session: a phone's calendar asks for it. Both parts of the address are secret.
    path("feeds/<str:feed>/<str:secret>/duties.ics", feeds.calendar, name="feed"),
]
