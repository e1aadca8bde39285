"""Addresses of the room: the queue, whom the school calls, who is on duty; cases and what people do for a child."""

from .urls_case import urlpatterns as cases
from .urls_queue import urlpatterns as queue

app_name = "cases"
urlpatterns = [*queue, *cases]
