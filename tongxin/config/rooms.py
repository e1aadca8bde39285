"""Addresses of rooms that stand side by side under "/": only those that begin with the word asked for are tried.

Django tries every pattern in turn and keeps a list of all it tried; with some hundred addresses that is a quarter of what a
page costs that is not there.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from django.urls import URLPattern, URLResolver, include
from django.urls.exceptions import Resolver404
from django.urls.resolvers import RoutePattern


class Room(URLResolver):
    """A urlconf under "/" whose patterns are found by their first word; everything else is as `path("", include(…))`."""

    @cached_property
    def _by_word(self) -> dict[str, URLResolver]:
        found: defaultdict[str, list[URLPattern | URLResolver]] = defaultdict(list)
        for one in self.url_patterns:
            word = str(one.pattern).partition("/")[0]
            if "<" in word or not isinstance(one.pattern, RoutePattern):
                raise ValueError(f"{self.urlconf_name}: {one.pattern} has no first word to be found by")
            found[word].append(one)
        return {
            word: URLResolver(self.pattern, patterns, self.default_kwargs, self.app_name, self.namespace)
            for word, patterns in found.items()
        }

    def resolve(self, path):
        inner = self._by_word.get(str(path).partition("/")[0])
        if inner is None:
            raise Resolver404({"path": path})
        return inner.resolve(path)


def room(urlconf: str) -> Room:
    """Return the addresses of a urlconf, each as it is written there. Raises ValueError where one begins with a variable."""
    module, app_name, namespace = include(urlconf)
    return Room(RoutePattern("", is_endpoint=False), module, {}, app_name, namespace)
