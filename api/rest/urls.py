from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from api.rest.views import clients, conversations, docs, messages, not_found, numbers, tokens

NUMBER = r"^whatsapp/(?P<sessionId>[-a-zA-Z0-9_]{1,64})"
PERSON = r"(?P<phoneNumber>[^/]+)"

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
    re_path(NUMBER + r"/conversations$", conversations.Conversations.as_view()),
    re_path(NUMBER + rf"/messages/{PERSON}$", messages.Messages.as_view()),
    re_path(NUMBER + rf"/send/{PERSON}$", messages.Send.as_view()),
    re_path(
        NUMBER + rf"/conversation/{PERSON}/status$", conversations.ConversationStatus.as_view()
    ),
    re_path(NUMBER + rf"/conversation/{PERSON}/read$", conversations.ConversationRead.as_view()),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", docs.page, name="api_docs"),
    re_path(r"", not_found.NotFoundView.as_view()),
]
