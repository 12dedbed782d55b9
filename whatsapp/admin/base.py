"""What the admin's pages of records share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from accounts.admin import ReadOnlyAdmin
from accounts.models import Agent
from accounts.rights import NotAllowed
from whatsapp.models import AlreadyClaimed


class EstimatingPaginator(Paginator):
    """Counts up to a limit; of a whole table beyond that it takes PostgreSQL's own estimate, which
    is near enough for a pager over millions."""

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        first = len(rows.order_by().values("pk")[: self.LIMIT])
        # Of a filtered list the table's estimate says nothing: its count stops at the limit.
        if first < self.LIMIT or rows.query.where:
            return first
        with connection.cursor() as cursor:
            table = rows.model._meta.db_table
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table])
            # -1 before the first ANALYZE.
            return max(first, int(cursor.fetchone()[0]))


class RecordAdmin(ReadOnlyAdmin):
    """Rows of large tables that are read here, and changed by verbs alone."""

    paginator = EstimatingPaginator
    # It would count everything beside each search.
    show_full_result_count = False
    ordering = ["-id"]
    list_per_page = 50


def agent_of(request: HttpRequest) -> Agent:
    return cast(Agent, request.user)


def for_each(
    site: admin.ModelAdmin, request: HttpRequest, rows: Iterable[Any], verb: Callable[[Any], object]
) -> None:
    """Do *verb* to each of *rows*, and say how many it was done to and what was refused."""
    done = 0
    for row in rows:
        try:
            verb(row)
            done += 1
        except (NotAllowed, AlreadyClaimed) as error:
            site.message_user(request, f"{row}: {error}", messages.ERROR)
    if done:
        site.message_user(request, f"Feito em {done} {'conversa' if done == 1 else 'conversas'}.")
