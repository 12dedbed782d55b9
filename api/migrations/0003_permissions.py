from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CODES = [
    *(f"{verb}_webhook" for verb in ("view", "add", "change", "delete")),
    "view_delivery",
]


def permit(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Only administrators say where our customers' messages are sent to."""
    from django.apps import apps as installed

    create_permissions(installed.get_app_config("api"), verbosity=0)
    group = apps.get_model("auth", "Group").objects.get(name="Administradores")
    permissions = apps.get_model("auth", "Permission").objects
    group.permissions.add(*permissions.filter(codename__in=CODES))


class Migration(migrations.Migration):
    dependencies = [("api", "0002_webhooks"), ("atendimento", "0002_groups")]
    operations = [migrations.RunPython(permit, migrations.RunPython.noop)]
