"""Everything the house is told from outside, read once from the environment.

A value that makes no sense stops the start with its name in the message; a secret is never
defaulted outside DEBUG.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"), override=False)


def required(name: str, fallback: str) -> str:
    """Return the secret *name*; outside DEBUG a missing one stops the start."""
    value = env.str(name, default="")
    if value:
        return value
    if DEBUG:
        return fallback
    raise ImproperlyConfigured(f"{name} precisa ser definida fora do modo DEBUG.")


def positive(name: str, default: float) -> float:
    """Return the number *name*, in the unit its name ends with; zero and below are refused."""
    value = env.float(name, default=default)
    if value <= 0:
        raise ImproperlyConfigured(f"{name} precisa ser maior que zero (veio {value:g}).")
    return value


try:
    DEBUG = env.bool("DEBUG", default=False)
except EnvError as error:
    raise ImproperlyConfigured(str(error)) from error

SECRET_KEY = required("SECRET_KEY", "only-for-debug-" + "x" * 50)
# Daphne gives every request a thread of its own: what a thread keeps for the next one, a connection
# to PostgreSQL above all, would be made anew each time.
WEB = "daphne.server" in sys.modules
VAR_DIR = Path(env.str("PAINEL_VAR", default=str(BASE_DIR / "var")))
PUBLIC_URL = env.str("PUBLIC_URL", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "channels",
    "csp",
    "corsheaders",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "live",
    "clients",
    "whatsapp",
    "atendimento",
    "api",
    "painel",
]

MIDDLEWARE = [
    # Order matters: health before all that may ask the database; the audit's door before whatever
    # writes an entry; our pages last, so that they hear a view's exception first.
    "painel.health.without_session",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.audit_door",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.FirstAccessMiddleware",
    "accounts.middleware.LockedMiddleware",
    "painel.errors.OwnPages",
]

ROOT_URLCONF = "painel.urls"
ASGI_APPLICATION = "painel.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def databases() -> dict[str, dict[str, Any]]:
    """Return DATABASES from DATABASE_URL, or from the embedded server of this checkout."""
    from painel.database import connection_settings

    found: dict[str, Any] = connection_settings(env.str("DATABASE_URL", default=""), VAR_DIR)
    # Transactions are the verbs' own: a request that reads needs none.
    found |= {"CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
    if WEB:
        found["ENGINE"] = "painel.postgresql"
        found["OPTIONS"]["pool"] = {
            "max_size": int(positive("DATABASE_POOL", 20)),
            # DATABASE_POOL is for each process, PostgreSQL's max_connections for all.
            "min_size": 1,
            # Seconds until our engine looks whether PostgreSQL is away or the pool only busy.
            "timeout": 0.5,
            # How long to go on trying alone; whoever asks next begins anew.
            "reconnect_timeout": 2,
        }
    else:
        found["CONN_MAX_AGE"] = int(positive("DATABASE_MAX_AGE_SECONDS", 60))
    return {"default": found}


DATABASES = databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Agent"
AUTHENTICATION_BACKENDS = ["accounts.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "login"

# How long a web process that was asked to end goes on answering what it has begun.
DRAIN_SECONDS = positive("DRAIN_SECONDS", 20)

LANGUAGE_CODE = "pt-br"
TIME_ZONE = env.str("TIME_ZONE", default="America/Sao_Paulo")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or "pytest" in sys.modules
        else "painel.storage.ModuleStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "media"
WHITENOISE_USE_FINDERS = DEBUG

# A page that opens a websocket to its own origin needs connect-src; nothing else is inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Two weeks; a log-in ends sooner with its password or its person (accounts/logins.py).
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_FAILURE_VIEW = "painel.errors.csrf_failed"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The API. Rates count in each web process for itself.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Django drops counters at random beyond 300.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.authentication.HasOwnPassword"],
    "DEFAULT_RENDERER_CLASSES": ["api.rest.envelope.Envelope"],
    "DEFAULT_PARSER_CLASSES": ["api.rest.parsers.SmallJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "api.rest.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("API_RATE", default="1200/min"),
        "token": env.str("API_TOKEN_RATE", default="20/min"),
    },
    "EXCEPTION_HANDLER": "api.rest.envelope.handle",
    # How many proxies' words in X-Forwarded-For are believed (accounts/address.py).
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0 if DEBUG else 1),
    # DRF would put an AnonymousUser, which is no Agent.
    "UNAUTHENTICATED_USER": None,
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": False,
    # A new password ends the tokens of the old one.
    "CHECK_REVOKE_TOKEN": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Painel de Atendimento",
    "DESCRIPTION": "Conversas, mensagens, números e clientes para outros sistemas.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.rest.schema.bodies_are_strict",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ConversationStatus": "whatsapp.models.Status",
        "MessageStatus": "whatsapp.models.Delivery",
        "ClientStatus": "clients.models.ClientStatus",
    },
}
# Lets webhooks go to plain http and to addresses of our own network; for tests.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", default=False)
CORS_ALLOWED_ORIGINS: list[str] = env.list("CORS_ALLOWED_ORIGINS", default=[])
# Pages are for our own origin alone.
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [
    *("authorization", "content-type", "idempotency-key", "if-match", "if-none-match")
]
# Beyond the few that a script of another origin may read anyway.
CORS_EXPOSE_HEADERS = ["etag", "retry-after"]

# The desk. Times in seconds.
NUMBERS_DIR = VAR_DIR / "numbers"
WAIT_WARN_SECONDS = positive("WAIT_WARN_SECONDS", 300)
WAIT_LATE_SECONDS = positive("WAIT_LATE_SECONDS", 900)
LEASE_SECONDS = positive("LEASE_SECONDS", 8)
LEASE_RENEW_SECONDS = positive("LEASE_RENEW_SECONDS", 2)
SEND_GAP_MIN_SECONDS = env.float("SEND_GAP_MIN_SECONDS", default=1.0)
SEND_GAP_MAX_SECONDS = env.float("SEND_GAP_MAX_SECONDS", default=3.0)
if not 0 <= SEND_GAP_MIN_SECONDS <= SEND_GAP_MAX_SECONDS:
    raise ImproperlyConfigured("SEND_GAP_MIN_SECONDS precisa ficar entre 0 e SEND_GAP_MAX_SECONDS.")
CHANGE_RETENTION_HOURS = positive("CHANGE_RETENTION_HOURS", 48)
WHATSAPP_STORE_URL = env.str("WHATSAPP_STORE_URL", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "filters": {
        "quiet": {"()": "painel.log_filters.WithoutTraceback"},
        "occurrence": {"()": "painel.log_filters.WithOccurrence"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["quiet", "occurrence"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Django's own handler, under DEBUG, would say all of it a second time and unfiltered.
        "django": {"handlers": []},
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "neonize.utils.log": {"level": "WARNING"},
        "whatsmeow": {"level": "WARNING"},
        # Says at every start that ffmpeg is missing, and at every close that the peer closed.
        "neonize.utils.ffmpeg": {"level": "ERROR"},
        "whatsmeow.Client.Socket": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
    },
}
