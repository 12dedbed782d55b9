from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group

from accounts.models import Agent

# Rights follow from the role alone.
admin.site.unregister(Group)


@admin.register(Agent)
class AgentAdmin(UserAdmin):
    list_display = ["username", "first_name", "last_name", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "first_name", "last_name", "email"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Pessoa", {"fields": ["first_name", "last_name", "email"]}),
        ("Acesso", {"fields": ["role", "is_active", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "first_name", "last_name", "role", "usable_password"]}),
        ("Senha", {"fields": ["password1", "password2"]}),
    ]
