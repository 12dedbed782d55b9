"""The version of a client as an ETag, and what changed since the one that a caller read."""

import hashlib
import re

from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from api.rest.envelope import Stale
from api.rest.serializers import ClientSerializer
from clients.models import Client
from clients.models.conflict import conflict_of

ETAG = OpenApiParameter("ETag", str, "header", response=True, description="Versão do cadastro.")
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|"[0-9a-f.]{1,80}")$'},
    "header",
    description="O ETag que você leu: se alguém mudou o cadastro desde então, 412 diz os campos "
    "e nada é gravado. Sem ele, os campos enviados mudam de qualquer forma.",
)
# Of each field; enough to tell which one changed. Whether any did, the version says.
DIGITS = 4


def tag(client: Client) -> str:
    """The version and a short digest of each field: "7.1f0a…"."""
    return f'"{client.version}.{"".join(_digests(client).values())}"'


def check(request: Request, client: Client) -> None:
    """Raises Stale, which names what changed, unless If-Match is absent or names this version."""
    sent = request.headers.get("If-Match")
    known = parse_etags(sent) if sent is not None else ["*"]
    if "*" not in known and tag(client) not in known:
        fields = _fields()
        changed = {name: conflict_of(client, fields[name]) for name in _changed(known, client)}
        raise Stale({name: [str(conflict)] for name, conflict in changed.items()})


def _fields() -> dict[str, str]:
    """{field of the API: field of the model}, for what a caller may write."""
    fields = ClientSerializer().fields.items()
    return {name: str(field.source) for name, field in fields if not field.read_only}


def _digests(client: Client) -> dict[str, str]:
    values = {name: client.serializable_value(field) for name, field in _fields().items()}
    return {
        name: hashlib.blake2b(repr(value).encode(), digest_size=DIGITS // 2).hexdigest()
        for name, value in values.items()
    }


def _changed(known: list[str], client: Client) -> list[str]:
    """The fields that differ from the first of *known* that is a tag of ours."""
    digests = _digests(client)
    ours = re.compile(rf'"\d+\.([0-9a-f]{{{DIGITS * len(digests)}}})"')
    before = next((found[1] for one in known if (found := ours.fullmatch(one))), "")
    then, now = re.findall(f".{{{DIGITS}}}", before), digests.items()
    # A tag of none of ours (`before` is empty) says nothing of fields.
    return [name for (name, digest), old in zip(now, then, strict=False) if digest != old]
