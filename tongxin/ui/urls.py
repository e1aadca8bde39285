from django.urls import path

from tongxin.ui import gallery

app_name = "ui"
urlpatterns = [
    path("", gallery.gallery, name="gallery"),
    path("people/", gallery.people, name="gallery_people"),
]
