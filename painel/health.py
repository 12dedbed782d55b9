"""For load balancers and alarms: is the process alive, and can it serve?"""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"estado": "de pé"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """503 while PostgreSQL does not answer, or waits for migrations."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        connection.close()
        return JsonResponse({"estado": "sem banco de dados"}, status=503)
    if waiting:
        return JsonResponse({"estado": "faltam migrações"}, status=503)
    return JsonResponse({"estado": "pronto"})
