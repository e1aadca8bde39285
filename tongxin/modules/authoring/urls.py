from django.urls import URLPattern, URLResolver, path

from .views import drafts, rules, words

app_name = "authoring"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", drafts.listing, name="drafts"),
    path("from/<str:programme>/", drafts.take_up, name="take_up"),
    path("stricter/<str:programme>/<str:rule>/", drafts.stricter, name="stricter"),
    path("<str:public_id>/", drafts.draft, name="draft"),
    path("<str:public_id>/export/", drafts.export, name="export"),
    path("<str:public_id>/undo/", drafts.undo, name="undo"),
    path("<str:public_id>/discard/", drafts.discard, name="discard"),
    path("<str:public_id>/hand-over/", drafts.hand_over, name="hand_over"),
    path("<str:public_id>/hand-over/people/", drafts.people_export, name="people_export"),
    path("<str:public_id>/about/", words.about, name="about"),
    path("<str:public_id>/plan/", words.plan, name="plan"),
    path("<str:public_id>/words/", words.vocabulary, name="words"),
    path("<str:public_id>/kinds/new/", words.kind, name="kind_new"),
    path("<str:public_id>/kinds/<str:name>/", words.kind, name="kind"),
    path("<str:public_id>/kinds/<str:name>/remove/", words.kind_remove, name="kind_remove"),
    path("<str:public_id>/rules/new/", rules.rule, name="rule_new"),
    path("<str:public_id>/rules/<int:at>/", rules.rule, name="rule"),
    path("<str:public_id>/rules/<int:at>/copy/", rules.copy_rule, name="rule_copy"),
    path("<str:public_id>/rules/<int:at>/remove/", rules.remove, name="rule_remove"),
]
