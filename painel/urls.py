from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from painel import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="desk")),
    path("", include("accounts.urls")),
    path("atendimento/", include("atendimento.urls")),
    path("numeros/", include("whatsapp.urls")),
    path("api/", include("api.rest.urls")),
    # Django's own form would change it past the verb: no audit, no socket told.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive),
    path("readyz", health.ready),
]

handler400 = "painel.errors.bad_request"
handler403 = "painel.errors.forbidden"
handler404 = "painel.errors.not_found"
handler500 = "painel.errors.failed"
