from django.db import models


class Outcome(models.TextChoices):
    SOLD = "sold", "Venda fechada"
    PROPOSAL = "proposal", "Proposta enviada"
    ANSWERED = "answered", "Dúvida respondida"
    NO_INTEREST = "no_interest", "Sem interesse"
    NO_REPLY = "no_reply", "Cliente não respondeu"
    WRONG = "wrong", "Engano ou spam"
