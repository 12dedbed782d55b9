from django.apps import AppConfig


class PainelConfig(AppConfig):
    name = "painel"
    verbose_name = "Painel"
