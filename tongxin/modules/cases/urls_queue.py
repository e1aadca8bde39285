from django.urls import URLPattern, path

from .views import chain, district, duty, signals

urlpatterns: list[URLPattern] = [
    path("care/", signals.home, name="home"),
    path("district/cases/", district.district_cases, name="district"),
    path("care/signals/", signals.waiting, name="signals"),
    path("care/signals/in-order/", signals.in_order, name="signals_in_order"),
    path("care/signals/done/", signals.done, name="signals_done"),
    path("care/signals/<str:public_id>/", signals.one, name="signal"),
    path("care/signals/<str:public_id>/take/", signals.take, name="signal_take"),
    path("care/signals/<str:public_id>/pass/", signals.pass_on, name="signal_pass"),
    path("care/chain/", chain.chain, name="chain"),
    path("care/chain/try/", chain.try_it, name="chain_try"),
    path("care/duty/", duty.roster, name="duty"),
    path("care/duty/<str:public_id>/remove/", duty.remove, name="duty_remove"),
    path("care/hours/", duty.hours, name="hours"),
]
