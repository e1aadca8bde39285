from django.urls import URLPattern, URLResolver

app_name = "setup"
urlpatterns: list[URLPattern | URLResolver] = []
