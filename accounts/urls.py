from django.urls import path
from django.views.generic import RedirectView

from accounts.views import account, audit, log_in, people

urlpatterns = [
    path("entrar/", log_in.LogIn.as_view(), name="login"),
    path("sair/", log_in.LogOut.as_view(), name="logout"),
    path("admin/login/", log_in.admin_entrance),
    path("primeiro-acesso/", log_in.first_access, name="first_access"),
    path("ajustes/", RedirectView.as_view(pattern_name="account"), name="settings"),
    path("ajustes/conta/", account.account, name="account"),
    path("ajustes/conta/nome/", account.rename, name="account_rename"),
    path("ajustes/conta/senha/", account.password, name="account_password"),
    path("ajustes/pessoas/", people.people, name="people"),
    path("ajustes/pessoas/nova/", people.create, name="person_create"),
    path("ajustes/pessoas/<int:pk>/", people.edit, name="person_edit"),
    path("ajustes/pessoas/<int:pk>/senha/", people.new_password, name="person_password"),
    path("ajustes/pessoas/<int:pk>/desbloquear/", people.unlock, name="person_unlock"),
    path("ajustes/pessoas/<int:pk>/desativar/", people.deactivate, name="person_deactivate"),
    path("ajustes/pessoas/<int:pk>/reativar/", people.reactivate, name="person_reactivate"),
    path("ajustes/direitos/", people.rights, name="rights"),
    path("auditoria/", audit.audit, name="audit"),
    path("auditoria/exportar/", audit.export, name="audit_export"),
]
