"""Addresses of the network: what children, families, teachers and counsellors see of it."""

from django.urls import URLPattern, path

from .views import concerns, families, harm, home, moods, reports, talks, tasks

app_name = "network"
urlpatterns: list[URLPattern] = [
    path("network/", home.home, name="home"),
    path("network/roster/", home.roster, name="roster"),
    path("network/rooms/<str:room>/", home.room, name="room"),
    path("network/rooms/<str:room>/appoint/", home.appoint, name="appoint"),
    path("network/posts/<str:link>/end/", home.end, name="end"),
    path("network/committee/", home.committee, name="committee"),
    path("network/durations/", home.durations, name="durations"),
    path("network/mood/", moods.mood, name="mood"),
    path("network/mood/worry/", moods.worry, name="mood_worry"),
    path("network/talk/", talks.talk, name="talk"),
    path("network/talks/", talks.waiting, name="talks"),
    path("network/talks/<str:talk>/", talks.answer, name="talk_answer"),
    path("network/concern/", concerns.concern, name="concern"),
    path("network/observe/", concerns.observe, name="observe"),
    path("network/observe/<str:room>/", concerns.look, name="look"),
    path("network/concerns/", concerns.reported, name="concerns"),
    path("network/concerns/<str:concern>/", concerns.one, name="concern_read"),
    path("network/family/", families.own, name="family"),
    path("network/family/worry/", families.worry, name="family_worry"),
    path("network/family/<str:student>/<str:to>/", families.own_thread, name="own_thread"),
    path("network/families/", families.lines, name="families"),
    path("network/families/<str:student>/<str:guardian>/<str:to>/", families.thread, name="thread"),
    path("network/tasks/", tasks.tasks, name="tasks"),
    path("network/tasks/new/", tasks.new, name="task_new"),
    path("network/tasks/<str:task>/", tasks.task, name="task"),
    path("network/reports/", reports.reports, name="reports"),
    path("network/reports/new/<str:level>/<str:room>/", reports.new, name="report_new"),
    path("network/reports/<str:report>/", reports.one, name="report"),
    path("network/harm/", harm.reports, name="harm"),
    path("network/harm/new/", harm.new, name="harm_new"),
    path("network/harm/<str:report>/", harm.one, name="harm_report"),
    path("network/harm/<str:report>/add/", harm.add, name="harm_add"),
    path("network/harm/<str:report>/tell/", harm.tell, name="harm_tell"),
    path("network/harm/<str:report>/word/", harm.word, name="harm_word"),
]
