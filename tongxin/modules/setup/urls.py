from django.urls import URLPattern, URLResolver, path

from . import first_run, sign_in

app_name = "setup"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/demo/", sign_in.demo_sign_in, name="demo_sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("activate/", sign_in.activate, name="activate"),
    path("language/", sign_in.language, name="language"),
    path("school/choose/", sign_in.choose_school, name="choose_school"),
    path("password/", sign_in.change_password, name="change_password"),
    path("first-run/", first_run.first_run, name="first_run"),
]
