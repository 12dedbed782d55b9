from django.urls import path

from whatsapp import views
from whatsapp.models import Wanted

urlpatterns = [
    path("", views.numbers, name="numbers"),
    path("novo/", views.add, name="number_add"),
    path("parear/", views.pairing, name="pairing"),
    path("<int:pk>/", views.card, name="number_card"),
    path("<int:pk>/parear/", views.want, {"wanted": Wanted.PAIR}, name="number_pair"),
    path("<int:pk>/ligar/", views.want, {"wanted": Wanted.ON}, name="number_on"),
    path("<int:pk>/cancelar/", views.want, {"wanted": Wanted.OFF}, name="number_off"),
    path("<int:pk>/desconectar/", views.want, {"wanted": Wanted.LOGOUT}, name="number_logout"),
    path("<int:pk>/remover/", views.remove, name="number_remove"),
]
