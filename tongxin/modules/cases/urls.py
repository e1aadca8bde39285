"""Addresses of the room: the queue, whom the school calls, who is on duty."""

from .urls_queue import urlpatterns as queue

app_name = "cases"
urlpatterns = [*queue]
