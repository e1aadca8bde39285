from django.urls import URLPattern, path

from .views import child, comparing, entry, reports, results

urlpatterns: list[URLPattern] = [
    path("care/screening/<str:public_id>/results/", results.results, name="results"),
    path("care/screening/<str:public_id>/results/export/", results.export, name="results_export"),
    path("care/screening/<str:public_id>/results/again/", results.ask_again, name="ask_again"),
    path(
        "care/screening/<str:public_id>/results/again/<int:at>/undo/",
        results.ask_again_undo,
        name="ask_again_undo",
    ),
    path("care/screening/<str:public_id>/reliability/", results.reliabilities, name="reliability"),
    path("care/screening/<str:public_id>/rescore/", results.rescore, name="rescore"),
    path("care/screening/<str:public_id>/picture/", reports.pictures, name="picture"),
    path("care/screening/<str:public_id>/picture/export/", reports.picture_export, name="picture_export"),
    path("care/screening/<str:public_id>/report/", reports.report, name="report"),
    path("care/screening/<str:public_id>/report/<slug:format>/", reports.report_file, name="report_file"),
    path("care/screening/<str:public_id>/compare/", comparing.compare, name="compare"),
    path("care/screening/<str:public_id>/enter/", entry.entry, name="entry"),
    path(
        "care/screening/<str:public_id>/enter/<str:student>/<slug:form>/", entry.entry_form, name="entry_form"
    ),
    path("care/screening/<str:public_id>/import/", entry.upload, name="import"),
    path("care/screening/<str:public_id>/import/template/", entry.import_template, name="import_template"),
    path("care/screening/<str:public_id>/import/confirm/", entry.confirm, name="import_confirm"),
    path("care/screening/<str:public_id>/import/<int:at>/undo/", entry.import_undo, name="import_undo"),
    path("care/screening/children/<str:public_id>/", child.child, name="child"),
    path("care/screening/children/<str:public_id>/letter/<str:sitting>/", child.letter, name="letter"),
    path("care/screening/papers/<str:public_id>/", child.items, name="paper"),
    path("care/screening/papers/<str:public_id>/correct/", child.correct, name="correct"),
]
