from accounts.models.agent import Agent, Role
from accounts.models.audit import AuditEntry, Door

__all__ = ["Agent", "AuditEntry", "Door", "Role"]
