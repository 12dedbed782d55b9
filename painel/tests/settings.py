"""Production's settings for web processes of tests: a quicker password hash, since fifty log-ins at
once must fit into the bound on a machine that others use as well, and no collected files."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from painel.settings import *  # noqa: F403

STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["painel.tests.settings.QuickerHasher"]


class QuickerHasher(PBKDF2PasswordHasher):
    iterations = 150_000
