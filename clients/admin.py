"""Clients for supervisors: what is saved here goes by the same verbs as on the client card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.models import Agent
from clients.admin_forms import Searched, SeenForm, told_by_django
from clients.models import Client, ClientPhone, SalesStage


class ClientAdminForm(SeenForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields.get("responsible")
        if isinstance(people, forms.ModelChoiceField):
            # Who is responsible stays on the list when he leaves, or the page could not be saved.
            known = Q(is_active=True) | Q(pk=self.instance.responsible_id)
            people.queryset = Agent.objects.filter(known)


class TelephoneForm(SeenForm):
    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if self.instance.pk and "number" not in self.changed_data:
            # Not touched: what somebody else made of it meanwhile stays.
            values["number"] = self.instance.number
        return values

    def _compare(self, values: dict[str, Any]) -> None:
        # The formset adds fields of its own, such as the box that takes a row away.
        super()._compare({name: values[name] for name in ("number",) if name in values})

    @property
    def is_old(self) -> bool:
        """Whether somebody changed the number since the page showed it."""
        return bool(self.instance.pk) and self._shown("number") != self.instance.number


class TelephoneFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        """Name a number that was typed twice; what others have is the model's to say."""
        super().clean()
        # Django asks nothing else of a form whose row is to go.
        if any(form.is_old for form in self.deleted_forms):
            raise ValidationError("Outra pessoa mudou um telefone que você tirou. Abra de novo.")
        typed: set[str] = set()
        for form in self.forms:
            key = form.instance.key
            if key and key in typed:
                # The database would refuse the second as if another client had it.
                form.add_error("number", "Este telefone está repetido.")
            typed.add(key)


class PhoneInline(admin.TabularInline):
    model = ClientPhone
    form = TelephoneForm
    formset = TelephoneFormSet
    extra = 0
    fields = ["number"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Taking a telephone away is a change of its client."""
        return self.has_change_permission(request, obj)


def to_stage(stage: SalesStage) -> Callable[[Any, HttpRequest, QuerySet[Client]], None]:
    """The action that moves the chosen clients to *stage*."""

    @admin.action(description=f"Mover para {stage.label}", permissions=["change"])
    def move(self: Any, request: HttpRequest, chosen: QuerySet[Client]) -> None:
        with told_by_django():
            moved = [client.move_to_stage(cast(Agent, request.user), stage) for client in chosen]
        self.message_user(request, f"Em {stage.label} agora, e antes não: {sum(moved)}.")

    # The admin tells its actions apart by the functions' names.
    move.__name__ = f"to_{stage.value}"
    return move


@admin.register(Client)
class ClientAdmin(Searched):
    form = ClientAdminForm
    list_display = ["name", "cnpj_masked", "status", "sales_stage", "responsible", "updated_at"]
    list_filter = ["status", "sales_stage", "company_type", "credit_limit", "has_debt"]
    list_select_related = ["responsible"]
    search_help_text = "Nome, CNPJ ou telefone"
    fields = [
        *("name", "cnpj", "email", "company_type", "credit_limit", "has_debt"),
        *("status", "responsible", "sales_stage", "stage_since", "version"),
    ]
    readonly_fields = ["sales_stage", "stage_since", "version"]
    inlines = [PhoneInline]
    actions = [to_stage(stage) for stage in SalesStage]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        return Client.objects.visible_to(cast(Agent, request.user)).order_by("name", "pk")

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as error:
            # Somebody wrote the same CNPJ or telephone between the form's check and the saving.
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        agent = cast(Agent, request.user)
        with told_by_django():
            if change:
                # The verb reads the row anew: what else the form put into *obj* is not written.
                obj.edit(agent, form.written())
                return
            obj.pk = Client.objects.create_by(agent, form.cleaned_data).pk
        obj.refresh_from_db()
        # The verb made another instance; the admin goes on with this one.
        obj._state.adding = False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        agent = cast(Agent, request.user)
        with told_by_django():
            written = formset.save(commit=False)
            for telephone in formset.deleted_objects:
                telephone.delete_by(agent)
            for telephone in written:
                telephone.save_by(agent)

    def delete_model(self, request: HttpRequest, obj: Client) -> None:
        with told_by_django():
            obj.delete_by(cast(Agent, request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        # Django would delete them in one statement: no right asked, no entry, no page told.
        for client in queryset:
            self.delete_model(request, client)
