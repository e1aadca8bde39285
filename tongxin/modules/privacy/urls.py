from django.urls import URLPattern, path

from .views import audit, compliance, keeping, mine, openings, registers, requests, terms

app_name = "privacy"
urlpatterns: list[URLPattern] = [
    path("audit/", audit.listing, name="audit"),
    path("audit/export/", audit.export, name="audit_export"),
    path("audit/anchors/", audit.anchors, name="anchors"),
    path("compliance/", compliance.overview, name="compliance"),
    path("compliance/<int:number>/", compliance.pack, name="compliance_pack"),
    path("my-information/", mine.mine, name="mine"),
    path("openings/", openings.listing, name="openings"),
    path("openings/ask/<str:public_id>/", openings.ask, name="grant_ask"),
    path("openings/<str:public_id>/", openings.opening, name="opening"),
    path("openings/<str:public_id>/act/", openings.act, name="opening_act"),
    path("openings/<str:public_id>/read/", openings.read, name="opening_read"),
    path("rights/", requests.listing, name="requests"),
    path("rights/retention/", keeping.retention, name="retention"),
    path("rights/retention/terms/", terms.terms, name="terms"),
    path("rights/incidents/", keeping.incidents, name="incidents"),
    path("rights/incidents/new/", keeping.incident, name="incident_new"),
    path("rights/incidents/<str:public_id>/", keeping.incident, name="incident"),
    path("rights/assessments/", registers.assessments, name="assessments"),
    path("rights/assessments/new/", registers.assessment, name="assessment_new"),
    path("rights/assessments/<str:public_id>/", registers.assessment, name="assessment"),
    path("rights/sharings/", registers.sharings, name="sharings"),
    path("rights/sharings/new/", registers.sharing, name="sharing_new"),
    path("rights/sharings/<str:public_id>/", registers.sharing, name="sharing"),
    path("rights/people/<str:public_id>/new/", requests.new, name="request_new"),
    path("rights/people/<str:public_id>/copy/", requests.copy, name="copy"),
    path("rights/people/<str:public_id>/erase/", keeping.erase, name="erase"),
    path("rights/people/<str:public_id>/hold/", keeping.hold, name="hold"),
    path("rights/<str:public_id>/", requests.one, name="request"),
    path("rights/<str:public_id>/letter/", requests.letter, name="request_letter"),
]
