from django.contrib import admin

from clients.models import Client, ClientPhone


class PhoneInline(admin.TabularInline):
    model = ClientPhone
    extra = 0
    fields = ["number"]


@admin.register(Client)
class ClientAdmin(admin.ModelAdmin):
    list_display = ["name", "cnpj_masked", "status", "sales_stage", "responsible", "updated_at"]
    list_filter = ["status", "sales_stage", "company_type", "credit_limit", "has_debt"]
    list_select_related = ["responsible"]
    search_fields = ["name", "cnpj", "phones__number"]
    autocomplete_fields = ["responsible"]
    inlines = [PhoneInline]
