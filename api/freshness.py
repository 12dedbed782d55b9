from __future__ import annotations

import hashlib

from django.http import HttpResponse
from rest_framework.request import Request

from api.lookup import agent_of
from whatsapp.models import Change, Session

RECENT = 200


def unchanged(request: Request) -> HttpResponse:
    """304 when nothing changed since the caller's ETag, else 200; both carry the ETag.

    Nothing of the list itself is read: the tag is made of the change feed's newest rows, and of
    what the caller may see. The count among the recent ones notices a change that took its id
    early and became visible late.
    """
    last = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    seen = Change.objects.filter(pk__gt=last - RECENT).count()
    agent = agent_of(request)
    numbers = list(Session.objects.visible_to(agent).order_by("pk").values_list("pk", flat=True))
    facts = f"{last}/{seen}/{agent.pk}/{numbers}/{request.get_full_path()}"
    tag = f'W/"{hashlib.sha256(facts.encode()).hexdigest()[:32]}"'
    same = request.headers.get("If-None-Match") == tag
    return HttpResponse(status=304 if same else 200, headers={"ETag": tag})
