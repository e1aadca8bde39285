from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from tongxin.kernel.consent.models import Purpose

from . import (
    accounts,
    consents,
    events,
    facts,
    first_run,
    people,
    people_edit,
    posts,
    school,
    school_facts,
    second_factor,
    sign_in,
)


class PurposeConverter(StringConverter):
    """One of the purposes of processing; any other address is not there."""

    regex = "|".join(Purpose.values)


register_converter(PurposeConverter, "purpose")
app_name = "setup"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/demo/", sign_in.demo_sign_in, name="demo_sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("activate/", sign_in.activate, name="activate"),
    path("language/", sign_in.language, name="language"),
    path("school/choose/", sign_in.choose_school, name="choose_school"),
    path("password/", sign_in.change_password, name="change_password"),
    path("second-factor/", second_factor.overview, name="second_factor"),
    path("second-factor/set/", second_factor.enrol, name="second_factor_set"),
    path("second-factor/give/", second_factor.give, name="second_factor_give"),
    path("second-factor/recovery/", second_factor.recovery, name="second_factor_recovery"),
    path("first-run/", first_run.first_run, name="first_run"),
    path("first-run/next/", school.next_steps, name="next_steps"),
    path("people/", people.directory, name="people"),
    path("people/new/<slug:type>/", people_edit.new, name="person_new"),
    path("people/slips/", accounts.slips, name="slips"),
    path("people/links/<str:public_id>/end/", people_edit.end_link, name="end_link"),
    path("people/events/<str:public_id>/retract/", events.retract, name="event_retract"),
    path("people/posts/", posts.posts, name="posts"),
    path("people/facts/", facts.listing, name="facts"),
    path("people/facts/<slug:name>/", facts.of, name="facts_of"),
    path("people/<str:public_id>/", people.person, name="person"),
    path("people/<str:public_id>/events/", events.record, name="event"),
    path("people/<str:public_id>/rename/", people_edit.rename, name="rename"),
    path("people/<str:public_id>/link/", people_edit.add_link, name="add_link"),
    path("people/<str:public_id>/facts/<slug:name>/", people_edit.attribute, name="attribute"),
    path("people/<str:public_id>/depart/", people_edit.depart, name="depart"),
    path("people/<str:public_id>/slip/", accounts.slip, name="slip"),
    path("people/<str:public_id>/factor-slip/", accounts.factor_slip, name="factor_slip"),
    path("people/<str:public_id>/account/", accounts.account_active, name="account_active"),
    path("consents/", consents.overview, name="consents"),
    path("consents/<purpose:purpose>/", consents.overview, name="consents_for"),
    path("consents/<purpose:purpose>/text/", consents.text, name="consent_text"),
    path("consents/<purpose:purpose>/<str:public_id>/", consents.of_class, name="consents_of"),
    path("imports/", include("tongxin.modules.setup.imports.urls")),
    path("settings/", school.settings_page, name="settings"),
    path("settings/facts/", school_facts.edit, name="school_facts"),
    path("settings/calendar/", school.calendar, name="calendar"),
    path("settings/calendar/year/", school.school_year, name="school_year"),
    path("settings/calendar/day/", school.day, name="calendar_day"),
    path("settings/calendar/day/clear/", school.clear_day, name="clear_day"),
]
