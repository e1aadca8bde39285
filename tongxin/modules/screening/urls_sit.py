from django.urls import URLPattern, path

from .views import sit_consent, sit_door, sit_paper

urlpatterns: list[URLPattern] = [
    path("sit/", sit_door.enter, name="sit_enter"),
    path("sit/c/<str:code>/", sit_door.of_class, name="sit_class"),
    path("sit/p/<str:token>/", sit_door.own_way_in, name="sit_own_way"),
    path("sit/own/", sit_door.of_mine, name="sit_own"),
    path("sit/leave/", sit_door.leave, name="sit_leave"),
    path("sit/consent/", sit_consent.mine, name="sit_consent"),
    path("sit/agree/", sit_consent.agree, name="sit_agree"),
    path("sit/paper/", sit_paper.begin, name="sit_paper"),
    path("sit/paper/<int:number>/", sit_paper.page, name="sit_page"),
    path("sit/keep/", sit_paper.keep, name="sit_keep"),
    path("sit/finish/", sit_paper.finish, name="sit_finish"),
]
