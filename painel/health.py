"""For load balancers and alarms: is the process alive, and can it serve?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from live.outage import AWAY


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"estado": "de pé"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """503 while PostgreSQL does not answer, or waits for migrations."""
    try:
        # Also asks for the table of migrations, so that a database which only accepts is not called
        # ready.
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except AWAY:
        # Or the next one to ask would be handed the same dead connection.
        connection.close()
        return JsonResponse({"estado": "sem banco de dados"}, status=503)
    if waiting:
        return JsonResponse({"estado": "faltam migrações"}, status=503)
    return JsonResponse({"estado": "pronto"})


def without_session(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., Any]:
    """Middleware that comes before all others: who asks here is no person, and whatever cookies
    came along, nothing that needs a database may run."""
    views = {"/healthz": alive, "/readyz": ready}

    def middleware(request: HttpRequest) -> HttpResponse:
        # Before SecurityMiddleware too: a balancer asks by http, and under a Host of its own.
        return views.get(request.path, get_response)(request)

    return middleware
