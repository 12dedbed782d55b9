from clients.models.choices import ClientStatus, CompanyType, SalesStage
from clients.models.client import Client
from clients.models.conflict import EditConflict
from clients.models.queryset import ClientQuerySet
from clients.models.telephone import ClientPhone

__all__ = [
    "Client",
    "ClientPhone",
    "ClientQuerySet",
    "ClientStatus",
    "CompanyType",
    "EditConflict",
    "SalesStage",
]
