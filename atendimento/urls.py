from django.urls import path

from atendimento.views import chat, client, desk

urlpatterns = [
    path("", desk.desk, name="desk"),
    path("linhas/", desk.rows, name="rows"),
    path("proxima/", chat.claim_next, name="claim_next"),
    path("c/<int:pk>/", desk.conversation, name="conversation"),
    path("c/<int:pk>/cliente/", desk.conversation, {"view": "cliente"}, name="client_pane"),
    path("c/<int:pk>/cliente/editar/", client.edit, name="client_edit"),
    path("c/<int:pk>/cliente/etapa/", client.stage, name="client_stage"),
    path("c/<int:pk>/cliente/<slug:name>/", client.fact, name="client_fact"),
    path("c/<int:pk>/estado/", chat.state, name="chat_state"),
    path("c/<int:pk>/anteriores/", chat.older, name="older"),
    path("c/<int:pk>/mensagens/", chat.write, name="write"),
    path("c/<int:pk>/assumir/", chat.claim, name="claim"),
    path("c/<int:pk>/transferir/", chat.transfer, name="transfer"),
    path("c/<int:pk>/finalizar/", chat.finish, name="finish"),
    path("c/<int:pk>/reabrir/", chat.reopen, name="reopen"),
    path("c/<int:pk>/lida/", chat.read, name="read"),
    path("c/<int:pk>/nao-lida/", chat.unread, name="unread"),
    path("c/<int:pk>/digitando/", chat.typing, name="typing"),
    path("m/<int:pk>/reenviar/", chat.resend, name="resend"),
    path("m/<int:pk>/descartar/", chat.discard, name="discard"),
]
