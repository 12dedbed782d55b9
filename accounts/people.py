"""What is done to people: every door calls these, and each checks the right of who does it.

All of them raise `NotAllowed` (pt-BR), write the audit, and make open sockets look at once whether
they may stay. `create`, `reset_password` and `reactivate` return the temporary password, which
is shown once and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, passwords, withdrawal
from accounts.models import Agent, LimitKind, LoginLimit, Role
from accounts.people_checks import check_last_administrator, check_right, locked
from accounts.rights import Can, NotAllowed, Scope
from live import announce

# What `edit` changes, in the words of NotAllowed and the audit.
FIELDS = ("first_name", "last_name", "email")


@transaction.atomic
def create(by: Agent, username: str, role: str, values: Mapping[str, str]) -> tuple[Agent, str]:
    """Add a person (*values* as FIELDS); returns him and his first password.

    Raises ValidationError for a name that is taken or impossible.
    """
    person = Agent(username=username, role=role, **_known(values))
    # Before any check of the values: whether a name is taken is told to those who may know.
    check_right(by, person)
    password = _temporary(person)
    person.full_clean(exclude=["password"])
    try:
        # A savepoint: in PostgreSQL a failed INSERT spoils the transaction that it stands in.
        with transaction.atomic():
            person.save()
    except IntegrityError as error:  # somebody took the name since full_clean looked
        raise ValidationError({"username": "Já existe uma pessoa com este usuário."}) from error
    audit.record(by, "person.created", person, new=person.get_role_display())
    return person, password


@transaction.atomic
def edit(by: Agent, person: Agent, role: str, values: Mapping[str, str]) -> None:
    """Change the names, the e-mail (*values* as FIELDS) and the role. Writes what differs only.

    Raises ValidationError for impossible values.
    """
    person = locked(by, person)
    for name, value in _known(values).items():
        _set(by, person, name, value)
    if role != person.role:
        _change_role(by, person, role)
    person.full_clean(exclude=["password"])
    person.save()


@transaction.atomic
def change_role(by: Agent, person: Agent, role: str) -> None:
    """Give another role; what he may not hold with it goes back to the queue."""
    person = locked(by, person)
    if role != person.role:
        _change_role(by, person, role)


@transaction.atomic
def reset_password(by: Agent, person: Agent) -> str:
    """Give a temporary password; ends his log-ins and tokens and unlocks the account."""
    person = locked(by, person)
    if not person.is_active:
        raise NotAllowed(f"{person} está desativado. Reative para dar uma senha.")
    password = _temporary(person)
    person.save()
    audit.record(by, "password.reset", person)
    # NOTIFY goes out at the commit: the sockets that look then find the new password.
    _forgive(by, person)
    announce.authority_changed(person.pk)
    return password


@transaction.atomic
def unlock(by: Agent | None, person: Agent) -> bool:
    """Let *person* try again at once; returns whether he was locked. *by* None: a command."""
    if by is not None:
        check_right(by, person)
    return _forgive(by, person)


@transaction.atomic
def deactivate(by: Agent, person: Agent) -> None:
    """End his log-ins and tokens now; what he holds open goes back to the queue."""
    person = locked(by, person)
    check_last_administrator(person, "desativado")
    # Whoever hands him work locks his row first (`whatsapp.models.access`), so that nothing comes
    # into his hands after this and before the commit.
    if not Agent.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        return
    audit.record(by, "person.deactivated", person)
    withdrawal.withdrawn(person.pk)
    announce.authority_changed(person.pk)


@transaction.atomic
def reactivate(by: Agent, person: Agent) -> str:
    """Let him in again, by a temporary password: old log-ins and tokens do not come to life."""
    person = locked(by, person)
    if person.is_active:
        raise NotAllowed(f"{person} já está ativo.")
    # With a new password, whose hash ends what carries the old one: sessions, tokens, sockets.
    person.is_active = True
    password = _temporary(person)
    person.save()
    audit.record(by, "person.reactivated", person)
    _forgive(by, person)
    return password


@transaction.atomic
def choose_password(person: Agent, password: str) -> None:
    """Set the password that *person* chose himself; ends his other log-ins and all tokens.

    Raises NotAllowed when his temporary password has expired, ValidationError for a weak one.
    """
    person = Agent.objects.select_for_update().get(pk=person.pk)
    # Of the fresh row: the supervision may have given another one while this page was open.
    if person.temporary_expired:
        raise NotAllowed("A senha provisória venceu. Peça outra à supervisão.")
    # Else the temporary one, which somebody else knows, could be made the own.
    if person.check_password(password):
        raise ValidationError("Escolha uma senha diferente da atual.")
    validate_password(password, person)
    person.set_password(password)
    person.must_change_password, person.temporary_until = False, None
    person.password_changed_at = timezone.now()
    person.save()
    audit.record(person, "password.changed", person)
    announce.authority_changed(person.pk)


@transaction.atomic
def rename(person: Agent, first_name: str, last_name: str) -> None:
    """The person's own change of his name."""
    person = Agent.objects.select_for_update().get(pk=person.pk)
    if not person.may(Can.OWN_ACCOUNT):
        raise NotAllowed("Você não pode mudar a sua conta.")
    _set(person, person, "first_name", first_name)
    _set(person, person, "last_name", last_name)
    person.full_clean(exclude=["password"])
    person.save()


def _change_role(by: Agent, person: Agent, role: str) -> None:
    if role not in Role.values:
        raise ValidationError({"role": "Escolha um papel da lista."})
    if role == Role.ADMIN and not by.may(Can.MANAGE_PEOPLE, Scope.ALL):
        raise NotAllowed("Só a administração dá o papel de administração.")
    check_last_administrator(person, "rebaixado")
    old = person.get_role_display()
    # A superuser has every right whatever his role says: below administration he is none.
    person.role, person.is_superuser = role, person.is_superuser and role == Role.ADMIN
    audit.record(by, "person.role", person, old=old, new=person.get_role_display())
    # Written before work goes back: what the new role may not hold is asked in SQL.
    person.save(update_fields=["role", "is_superuser", "is_staff"])
    withdrawal.withdrawn(person.pk)
    announce.authority_changed(person.pk)


def _set(by: Agent, person: Agent, name: str, value: str) -> None:
    old = getattr(person, name)
    if old != value:
        setattr(person, name, value)
        audit.record(by, f"person.{name}", person, old=old, new=value)


def _temporary(person: Agent) -> str:
    password = passwords.make()
    person.set_password(password)
    person.must_change_password = True
    person.temporary_until = timezone.now() + passwords.LIFE
    return password


def _forgive(by: Agent | None, person: Agent) -> bool:
    was_locked = LoginLimit.objects.forgive(LimitKind.ACCOUNT, str(person.pk))
    if was_locked:
        audit.record(by, "login.unlocked", person)
    return was_locked


def _known(values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name].strip() for name in FIELDS if name in values}
