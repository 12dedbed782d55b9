"""Log-ins of programs: what ends one before its access tokens run out."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone


class EndedLoginQuerySet(models.QuerySet["EndedLogin"]):
    def expired(self, age: timedelta) -> Self:
        return self.filter(at__lt=timezone.now() - age)


class EndedLogin(models.Model):
    """A log-in that was ended: its tokens, by the id they all carry, open nothing any more.

    An access token is not kept anywhere and would be good until it expires; all that came of one
    log-in, however often it was refreshed, carries the id of the first refresh token.
    """

    # The jti of the first refresh token; see `authentication.begin_login`.
    login = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    objects = EndedLoginQuerySet.as_manager()

    class Meta:
        verbose_name = "acesso encerrado"
        verbose_name_plural = "acessos encerrados"
        indexes = [models.Index(fields=["at"], name="ended_login_age")]

    def __str__(self) -> str:
        return self.login
