"""What people type into the pages about accounts, and what the audit page is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from accounts import audit_words
from accounts.models import Agent, Door, Role
from accounts.rights import Can, Scope

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WRONG = "Usuário ou senha não conferem. Tente de novo."
PASSWORD_RULE = "Ao menos 10 caracteres. Uma frase curta serve."
EXPIRED = "A senha provisória venceu. Peça outra à supervisão."


class LogInForm(AuthenticationForm):
    """Django's form, with limits: its own takes a name of any length to the database."""

    username = forms.CharField(
        max_length=150, error_messages={"max_length": "O usuário tem no máximo 150 letras."}
    )
    password = forms.CharField(
        max_length=128,
        strip=False,
        error_messages={"max_length": "A senha tem no máximo 128 caracteres."},
    )

    # One sentence for a wrong name, a wrong password and a deactivated person: none of them tells
    # which names exist.
    error_messages = {"invalid_login": WRONG, "inactive": WRONG}

    def confirm_login_allowed(self, user: Agent) -> None:
        super().confirm_login_allowed(user)
        if user.temporary_expired:
            raise ValidationError(EXPIRED, code="expired")


def _name() -> forms.CharField:
    return forms.CharField(
        label="Nome", max_length=120, error_messages={"required": "Escreva o nome."}
    )


def split_name(name: str) -> dict[str, str]:
    first, _, last = " ".join(name.split()).partition(" ")
    return {"first_name": first, "last_name": last}


class PersonForm(forms.Form):
    """The dialog of a person, new or known (then without `username`)."""

    name = _name()
    username = forms.CharField(
        label="Usuário", max_length=150, error_messages={"required": "Escreva o usuário."}
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        required=False,
        error_messages={"invalid": "Este e-mail não parece certo."},
    )
    role = forms.ChoiceField(label="Papel", error_messages={"invalid_choice": "Escolha um papel."})

    def __init__(self, by: Agent, *args: Any, person: Agent | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only what the verb would not refuse is offered.
        beyond = not by.may(Can.MANAGE_PEOPLE, Scope.ALL)
        roles = [pair for pair in Role.choices if not (beyond and pair[0] == Role.ADMIN)]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        if person is not None:
            del self.fields["username"]
            known = {"name": person.get_full_name(), "email": person.email, "role": person.role}
            self.initial = {**known, **self.initial}

    def values(self) -> dict[str, str]:
        """What `people.create` and `people.edit` take."""
        return {**split_name(self.cleaned_data["name"]), "email": self.cleaned_data["email"]}


class NameForm(forms.Form):
    name = _name()


class NewPasswordForm(forms.Form):
    """The password twice."""

    new = forms.CharField(
        max_length=128,
        strip=False,
        error_messages={
            "required": "Escreva a nova senha.",
            "max_length": "A senha tem no máximo 128 caracteres.",
        },
    )
    again = forms.CharField(
        max_length=128,
        strip=False,
        error_messages={
            "required": "Repita a nova senha.",
            "max_length": "A senha tem no máximo 128 caracteres.",
        },
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "new" in found and "again" in found and found["new"] != found["again"]:
            self.add_error("again", "As duas senhas não são iguais.")
        return found


class ChangePasswordForm(NewPasswordForm):
    old = forms.CharField(
        max_length=128,
        strip=False,
        error_messages={
            "required": "Escreva a senha atual.",
            "max_length": "A senha tem no máximo 128 caracteres.",
        },
    )


class PeopleForm(forms.Form):
    """The filters of the people page."""

    busca = forms.CharField(max_length=100, required=False)
    papel = forms.ChoiceField(choices=[("", "Papel"), *Role.choices], required=False)
    desativados = forms.BooleanField(required=False)


class CursorField(forms.RegexField):
    """A place in the audit: ``<microseconds since 1970>-<id>`` → (datetime, id), or None."""

    def __init__(self) -> None:
        super().__init__(
            # 17 digits of microseconds reach the year 5138, which datetime and PostgreSQL both
            # hold; 18 digits of an id fit a bigint.
            regex=r"\A[0-9]{1,17}-[0-9]{1,18}\Z",
            required=False,
            error_messages={"invalid": "Esta página não existe."},
        )

    def clean(self, value: Any) -> tuple[datetime, int] | None:
        text = super().clean(value)
        if not text:
            return None
        at, _, pk = text.partition("-")
        return EPOCH + timedelta(microseconds=int(at)), int(pk)


def cursor_text(at: datetime, pk: int) -> str:
    """What `CursorField` reads."""
    # Divided whole: a float would round, and the next page skip rows of the same millisecond.
    return f"{(at - EPOCH) // timedelta(microseconds=1)}-{pk}"


class AuditForm(forms.Form):
    """The filters and the place of the audit page."""

    busca = forms.CharField(max_length=100, required=False)
    pessoa = forms.ModelChoiceField(
        Agent.objects.all(),
        required=False,
        error_messages={"invalid_choice": "Esta pessoa não existe."},
    )
    porta = forms.ChoiceField(
        choices=[("", "Porta"), *Door.choices],
        required=False,
        error_messages={"invalid_choice": "Esta porta não existe."},
    )
    tipo = forms.ChoiceField(
        choices=[("", "Tipo"), *audit_words.KINDS.items()],
        required=False,
        error_messages={"invalid_choice": "Este tipo não existe."},
    )
    dia = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Escreva o dia como 2026-11-23."},
    )
    antes = CursorField()
    depois = CursorField()

    def clean_dia(self) -> date | None:
        day: date | None = self.cleaned_data["dia"]
        # Beyond these no midnight can be told to PostgreSQL in UTC.
        if day and not 2000 <= day.year <= 2999:
            raise ValidationError("Escolha um dia entre 2000 e 2999.")
        return day
