"""Addresses of the room: the pages children see, those of the staff who run a sitting, and those of results."""

from .urls_manage import urlpatterns as manage
from .urls_results import urlpatterns as results
from .urls_sit import urlpatterns as sit

app_name = "screening"
urlpatterns = [*sit, *manage, *results]
