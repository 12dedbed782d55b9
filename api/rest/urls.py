from typing import Any

from csp.decorators import csp_update
from django.urls import path, re_path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView
from rest_framework.views import APIView

from api.rest.views import clients, conversations, messages, numbers, tokens

NUMBER = r"^whatsapp/(?P<sessionId>[-a-zA-Z0-9_]{1,64})"
PERSON = r"(?P<phoneNumber>[^/]+)"  # `whatsapp.address.parse` says what it may be


def conditional(view: type[APIView]) -> Any:
    """The view with an ETag made of the body itself, so that nothing the caller would see can
    hide behind a 304: a client's new name, an agent's, a change that was slow to commit."""
    return conditional_page(cache_control(private=True, no_cache=True)(view.as_view()))


# Redoc draws with inline styles and a worker made of a blob; nothing comes from elsewhere.
docs = csp_update({"style-src": ["'unsafe-inline'"], "worker-src": ["blob:"]})(
    TemplateView.as_view(template_name="api/docs.html")
)

urlpatterns = [
    path("token/", tokens.Obtain.as_view(), name="api_token"),
    path("token/refresh/", tokens.Refresh.as_view()),
    path("token/verify/", tokens.Verify.as_view()),
    path("token/logout/", tokens.LogOut.as_view()),
    path("clients/", clients.Clients.as_view(), name="api_clients"),
    path("clients/<int:id>/", clients.OneClient.as_view(), name="api_client"),
    re_path(NUMBER + r"$", numbers.Number.as_view(), name="api_number"),
    re_path(NUMBER + r"/initialize$", numbers.Initialize.as_view()),
    re_path(NUMBER + r"/logout$", numbers.Logout.as_view()),
    re_path(NUMBER + r"/conversations$", conditional(conversations.Conversations)),
    re_path(NUMBER + rf"/messages/{PERSON}$", conditional(messages.Messages)),
    re_path(NUMBER + rf"/send/{PERSON}$", messages.Send.as_view()),
    re_path(
        NUMBER + rf"/conversation/{PERSON}/status$", conversations.ConversationStatus.as_view()
    ),
    re_path(NUMBER + rf"/conversation/{PERSON}/read$", conversations.ConversationRead.as_view()),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", docs, name="api_docs"),
    re_path(r"", tokens.NotFoundView.as_view()),  # last: the rest of /api/ answers in JSON too
]
