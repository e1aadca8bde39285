from django.urls import URLPattern, URLResolver, path

from .views import figures, folders, gaps, reports

app_name = "insight"
urlpatterns: list[URLPattern | URLResolver] = [
    path("reports/", reports.home, name="home"),
    path("reports/<str:programme>/<slug:report>/", reports.preview, name="preview"),
    path("reports/<str:programme>/<slug:report>/word/", reports.word, name="word"),
    path("reports/<str:programme>/<slug:report>/pdf/", reports.pdf, name="pdf"),
    path("reports/<str:programme>/<slug:report>/submit/", reports.submit, name="submit"),
    path("submitted-reports/<str:public_id>/", reports.submitted, name="submitted"),
    path("submitted-reports/<str:public_id>/<slug:format>/", reports.submitted_file, name="submitted_file"),
    path("figures/<str:programme>/", figures.board, name="figures"),
    path("figures/<str:programme>/<slug:figure>/", figures.behind, name="figure"),
    path("figure-tables/<str:programme>/", figures.workbook, name="figure_table"),
    path("folders/<str:programme>/", folders.outline, name="folders"),
    path("folders/<str:programme>/<str:heading>/", folders.download, name="folder"),
    path("gap-lists/<str:programme>/", gaps.download, name="gap_list"),
]
