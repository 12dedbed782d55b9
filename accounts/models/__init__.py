from accounts.models.agent import Agent, Role, Standing
from accounts.models.audit import AuditEntry, Door
from accounts.models.login_limit import LimitKind, LoginLimit

__all__ = ["Agent", "AuditEntry", "Door", "LimitKind", "LoginLimit", "Role", "Standing"]
