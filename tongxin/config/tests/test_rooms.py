"""Addresses found by their first word are the addresses Django finds by trying all."""

import pytest
from django.urls import URLResolver, get_resolver, include, path
from django.urls.exceptions import Resolver404
from django.urls.resolvers import RoutePattern

from tongxin.config.rooms import Room, room


def _rooms() -> list[Room]:
    return [one for one in get_resolver().url_patterns if isinstance(one, Room)]


def _plain(one: Room) -> URLResolver:
    return URLResolver(one.pattern, one.urlconf_name, one.default_kwargs, one.app_name, one.namespace)


def _filled(route: str) -> str:
    """An address that fits a route: every variable is a number, which fits the converters of numbers and of texts."""
    return "/".join("7" if "<" in part else part for part in route.split("/"))


def test_every_address_of_every_room_leads_where_it_led():
    tried = 0
    for one in _rooms():
        for pattern in one.url_patterns:
            address = _filled(str(pattern.pattern))
            try:
                wanted = _plain(one).resolve(address)
            except Resolver404:
                with pytest.raises(Resolver404):
                    one.resolve(address)
                continue
            found = one.resolve(address)
            assert (found.func, found.kwargs, found.view_name) == (
                wanted.func,
                wanted.kwargs,
                wanted.view_name,
            )
            assert found.route == wanted.route
            tried += 1
    assert tried > 150


@pytest.mark.parametrize("address", ["", "nowhere/", "people", "people/7/8/9/10/", "/people/"])
def test_what_is_nowhere_is_found_nowhere(address):
    for one in _rooms():
        plain = _plain(one)
        try:
            wanted = plain.resolve(address)
        except Resolver404:
            with pytest.raises(Resolver404):
                one.resolve(address)
        else:
            assert one.resolve(address).func is wanted.func


def test_an_address_that_begins_with_a_variable_is_refused():
    patterns = ([path("<str:anything>/", lambda request, anything: None)], "everything")
    urls = include(patterns)
    with pytest.raises(ValueError, match="no first word"):
        Room(RoutePattern("", is_endpoint=False), urls[0], {}, urls[1], urls[2]).resolve("people/")


def test_a_room_keeps_the_name_of_its_urlconf():
    assert room("tongxin.modules.desk.urls").namespace == "desk"
