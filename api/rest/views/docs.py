from __future__ import annotations

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


# Redoc draws with inline styles and a worker made of a blob; nothing comes from elsewhere.
@csp_update({"style-src": ["'unsafe-inline'"], "worker-src": ["blob:"]})
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")
