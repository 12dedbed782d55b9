from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VIEW_ALL = ("client", "session", "conversation", "attendance", "message", "arrival", "contact")
PERMISSIONS = {
    "Atendentes": {"view": ("client", "conversation"), "change": ("client",)},
    "Supervisores": {
        "view": (*VIEW_ALL, "agent", "clientphone"),
        "change": ("client", "session", "conversation", "contact", "clientphone", "arrival"),
        "add": ("client", "clientphone"),
    },
    "Administradores": {
        "view": (*VIEW_ALL, "agent", "clientphone", "webhook", "delivery"),
        "change": (*VIEW_ALL, "agent", "clientphone", "webhook"),
        "add": ("client", "clientphone", "session", "agent", "webhook"),
        "delete": ("client", "clientphone", "agent", "webhook"),
    },
}


def make_groups(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Permissions are normally made after all migrations; the groups need them now."""
    from django.apps import apps as installed

    for label in ("clients", "whatsapp", "accounts", "api"):
        create_permissions(installed.get_app_config(label), verbosity=0)
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, wanted in PERMISSIONS.items():
        group, _ = group_model.objects.get_or_create(name=name)
        codes = [f"{verb}_{model}" for verb, models in wanted.items() for model in models]
        group.permissions.set(permission_model.objects.filter(codename__in=codes))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("clients", "0001_initial"),
        ("whatsapp", "0001_initial"),
        ("api", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
