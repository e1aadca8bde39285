from django.urls import URLPattern, URLResolver, path

from .views import (
    calendar,
    editing,
    entries,
    evidence,
    home,
    ledger,
    me,
    programme,
    record,
    schedule,
    waiving,
)

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("messages/<int:pk>/read/", home.message_read, name="message_read"),
    path("record/", record.record, name="record"),
    path("record/<slug:kind>/", record.record_kind, name="record_kind"),
    path("record/<slug:kind>/people/", record.record_people, name="record_people"),
    path("record/<slug:kind>/check/", record.record_check, name="record_check"),
    path("ledger/", ledger.ledger_list, name="ledger"),
    path("ledger/find/", ledger.ledger_find, name="ledger_find"),
    path("ledger/export/", ledger.ledger_export, name="ledger_export"),
    path("ledger/outline/", ledger.outline, name="outline"),
    path("ledger/<str:public_id>/", entries.entry, name="entry"),
    path("ledger/<str:public_id>/correct/", entries.correct, name="entry_correct"),
    path("ledger/<str:public_id>/withdraw/", entries.withdraw, name="entry_withdraw"),
    path("ledger/<str:public_id>/undo/", entries.undo, name="entry_undo"),
    path("ledger/<str:public_id>/restore/", entries.restore, name="entry_restore"),
    path("ledger/<str:public_id>/evidence/", entries.add_evidence, name="entry_evidence"),
    path("evidence/<str:public_id>/", evidence.download, name="evidence"),
    path("evidence/<str:public_id>/small/", evidence.small, name="evidence_small"),
    path("evidence/<str:public_id>/take-back/", evidence.take_back, name="evidence_take_back"),
    path("programmes/", programme.programme_list, name="programmes"),
    path("programmes/adopt/", editing.adopt, name="adopt"),
    path("programmes/adopt/<slug:slug>/", editing.adopt_pack, name="adopt_pack"),
    path("programmes/<str:public_id>/", programme.overview, name="programme"),
    path("programmes/<str:public_id>/duties/", programme.duties, name="duties"),
    path("programmes/<str:public_id>/duties/<str:rule>/", programme.duty, name="duty"),
    path("programmes/<str:public_id>/duties/<str:rule>/export/", programme.duty_export, name="duty_export"),
    path("programmes/<str:public_id>/duties/<str:rule>/<str:subject>/waive/", waiving.waive, name="waive"),
    path(
        "programmes/<str:public_id>/duties/<str:rule>/<str:subject>/waive/<int:pk>/take-back/",
        waiving.take_back,
        name="waiver_take_back",
    ),
    path(
        "programmes/<str:public_id>/duties/<str:rule>/<str:subject>/<str:first>/", programme.why, name="why"
    ),
    path("programmes/<str:public_id>/heat/", programme.heat, name="heat"),
    path("programmes/<str:public_id>/schedule/", schedule.schedule, name="schedule"),
    path("programmes/<str:public_id>/schedule/<str:item>/", schedule.mark, name="plan_mark"),
    path("programmes/<str:public_id>/edit/", editing.edit, name="edit"),
    path("programmes/<str:public_id>/edit/plan/", editing.edit_plan, name="edit_plan"),
    path("programmes/<str:public_id>/edit/duties/<str:rule>/", editing.edit_duty, name="edit_duty"),
    path("programmes/<str:public_id>/versions/", editing.versions, name="versions"),
    path("programmes/<str:public_id>/versions/<int:number>/", editing.version, name="version"),
    path(
        "programmes/<str:public_id>/versions/<int:number>/restore/", editing.restore, name="version_restore"
    ),
    path("programmes/<str:public_id>/retire/", editing.retire, name="retire"),
    path("calendar/", calendar.month, name="calendar"),
    path("me/", me.me, name="me"),
    path("help/", me.help_pages, name="help"),
]
