from __future__ import annotations

import pytest
from django.conf import settings
from django.template.loader import get_template

from whatsapp.models import Kind

LONGEST = 140


def test_no_line_of_a_template_is_too_long_to_read() -> None:
    folder = settings.BASE_DIR / "templates"
    long = [
        f"{path.relative_to(folder)}:{number}"
        for path in sorted(folder.rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert not long


@pytest.mark.parametrize("kind", Kind.values)
def test_each_kind_of_message_has_a_template(kind: str) -> None:
    get_template(f"atendimento/content/{kind}.html")
