"""Buttons, lists and forms: what a business asks with them, and what is answered by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import (
    ButtonsMessage,
    ButtonsResponseMessage,
    InteractiveMessage,
    InteractiveResponseMessage,
    ListMessage,
    ListResponseMessage,
    TemplateButtonReplyMessage,
    TemplateMessage,
)

from whatsapp.contents import Choice, Prompt
from whatsapp.gateway.content.words import lines, some, words


def _button(part: ButtonsResponseMessage) -> Choice:
    return Choice(words(part.selectedDisplayText), words(part.selectedButtonID))


def _template_button(part: TemplateButtonReplyMessage) -> Choice:
    return Choice(words(part.selectedDisplayText), words(part.selectedID))


def _listed(part: ListResponseMessage) -> Choice:
    return Choice(
        words(part.title or part.description), words(part.singleSelectReply.selectedRowID)
    )


def _form(part: InteractiveResponseMessage) -> Choice:
    # The body may be empty: then the form's JSON is all that there is to read.
    flow = part.nativeFlowResponseMessage
    return Choice(words(part.body.text), words(flow.paramsJSON or flow.name))


def _buttons(part: ButtonsMessage) -> Prompt:
    options = some(button.buttonText.displayText for button in part.buttons)
    return Prompt(lines(part.text, part.contentText, part.footerText), options)


def _list(part: ListMessage) -> Prompt:
    options = some(row.title for section in part.sections for row in section.rows)
    return Prompt(lines(part.title, part.description, part.footerText), options)


def _interactive(part: InteractiveMessage) -> Prompt:
    return Prompt(lines(part.header.title, part.body.text, part.footer.text))


def _template(part: TemplateMessage) -> Prompt:
    if part.HasField("interactiveMessageTemplate"):
        return _interactive(part.interactiveMessageTemplate)
    # Two shapes with the same texts; the field `title` of either may be a file instead.
    four_rows = part.HasField("hydratedFourRowTemplate")
    shown = part.hydratedFourRowTemplate if four_rows else part.hydratedTemplate
    return Prompt(
        lines(shown.hydratedTitleText, shown.hydratedContentText, shown.hydratedFooterText)
    )


READERS: dict[str, Callable[[Any], Choice | Prompt]] = {
    "buttonsResponseMessage": _button,
    "templateButtonReplyMessage": _template_button,
    "listResponseMessage": _listed,
    "interactiveResponseMessage": _form,
    "buttonsMessage": _buttons,
    "listMessage": _list,
    "interactiveMessage": _interactive,
    "templateMessage": _template,
}
