"""What a message says: each form of WhatsApp's protobuf, by its bytes."""

from __future__ import annotations

from typing import Any

import pytest
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from whatsapp.contents import MAX_TEXT, Card, Choice, Media, Place, Poll, Prompt, Text, Unknown
from whatsapp.gateway.compose import compose
from whatsapp.gateway.content import READERS, Unreadable, read_content
from whatsapp.gateway.content.fields import ANNOTATIONS, PLUMBING, UNSHOWN, WRAPPERS
from whatsapp.vocabulary import Kind

VCARD = (
    "BEGIN:VCARD\nVERSION:3.0\nFN:Marina Duarte\n"
    "item1.TEL;waid=5511990010001:+55 11 99001-0001\nTEL;type=WORK:+55 11 3000-0001\nEND:VCARD"
)


def _message(field: str, **values: Any) -> Message:
    message = Message()
    part = getattr(message, field)
    part.SetInParent()
    for name, value in values.items():
        setattr(part, name, value)
    return message


def _button(text: str = "", id: str = "") -> Message:
    return _message("buttonsResponseMessage", selectedDisplayText=text, selectedButtonID=id)


def _row(id: str) -> Message:
    message = Message()
    message.listResponseMessage.singleSelectReply.selectedRowID = id
    return message


def _form(text: str = "", parameters: str = "") -> Message:
    message = Message()
    message.interactiveResponseMessage.body.text = text
    message.interactiveResponseMessage.nativeFlowResponseMessage.paramsJSON = parameters
    return message


def _template(text: str) -> Message:
    message = Message()
    message.templateMessage.hydratedTemplate.hydratedContentText = text
    return message


def _cards(*vcards: str) -> Message:
    message = Message()
    for vcard in vcards:
        message.contactsArrayMessage.contacts.add(vcard=vcard)
    return message


def _wrapped(wrapper: str, inner: Message) -> Message:
    message = Message()
    getattr(message, wrapper).message.CopyFrom(inner)
    return message


@pytest.mark.parametrize(
    ("message", "form", "kind", "text"),
    [
        (Message(conversation="Oi"), Text, Kind.TEXT, "Oi"),
        (_message("extendedTextMessage", text="Oi"), Text, Kind.TEXT, "Oi"),
        (_message("extendedTextMessage", title="TIM Empresas"), Text, Kind.TEXT, "TIM Empresas"),
        (_message("imageMessage", caption="Fachada"), Media, Kind.IMAGE, "Fachada"),
        (_message("videoMessage", caption="Loja"), Media, Kind.VIDEO, "Loja"),
        (_message("ptvMessage"), Media, Kind.VIDEO, ""),
        (_message("audioMessage", PTT=True), Media, Kind.VOICE, ""),
        (_message("audioMessage"), Media, Kind.AUDIO, ""),
        (_message("stickerMessage"), Media, Kind.STICKER, ""),
        (_message("documentMessage", fileName="a.pdf"), Media, Kind.DOCUMENT, "a.pdf"),
        (_message("documentMessage", title="Contrato"), Media, Kind.DOCUMENT, "Contrato"),
        (
            _message("documentMessage", fileName="a.pdf", caption="assinado, pode ativar"),
            Media,
            Kind.DOCUMENT,
            "a.pdf\nassinado, pode ativar",
        ),
        (_message("locationMessage", name="Loja"), Place, Kind.LOCATION, "Loja"),
        (
            _message("locationMessage", name="Loja", address="Rua A, 10"),
            Place,
            Kind.LOCATION,
            "Loja, Rua A, 10",
        ),
        (
            _message("locationMessage", degreesLatitude=-23.55, degreesLongitude=-46.63),
            Place,
            Kind.LOCATION,
            "-23.55000, -46.63000",
        ),
        (_message("liveLocationMessage", caption="a caminho"), Place, Kind.LOCATION, "a caminho"),
        (
            _message("contactMessage", displayName="Marina Duarte", vcard=VCARD),
            Card,
            Kind.CONTACT,
            "Marina Duarte +55 11 99001-0001 +55 11 3000-0001",
        ),
        (_message("contactMessage", displayName="Marina"), Card, Kind.CONTACT, "Marina"),
        (
            _cards("FN:Ana\nTEL:1", "FN:Bia\nTEL:2"),
            Card,
            Kind.CONTACT,
            "Ana 1\nBia 2",
        ),
        (_message("pollCreationMessageV3", name="Qual plano?"), Poll, Kind.POLL, "Qual plano?"),
        (_button("Quero"), Choice, Kind.TEXT, "Quero"),
        (_button(id="plano-12"), Choice, Kind.TEXT, "plano-12"),
        (_row("plano-12"), Choice, Kind.TEXT, "plano-12"),
        (_form("Quero 12 linhas"), Choice, Kind.TEXT, "Quero 12 linhas"),
        (_form(parameters='{"linhas": 12}'), Choice, Kind.TEXT, '{"linhas": 12}'),
        (_template("Sua fatura chegou"), Prompt, Kind.TEXT, "Sua fatura chegou"),
        (_message("listMessage", title="Planos"), Prompt, Kind.TEXT, "Planos"),
        (_message("eventMessage", name="Feira"), Unknown, Kind.UNKNOWN, "Feira"),
        (_message("placeholderMessage"), Unknown, Kind.UNKNOWN, ""),
        (
            _wrapped("ephemeralMessage", _wrapped("viewOnceMessage", Message(conversation="Oi"))),
            Text,
            Kind.TEXT,
            "Oi",
        ),
        (_wrapped("lottieStickerMessage", _message("stickerMessage")), Media, Kind.STICKER, ""),
        (_wrapped("deviceSentMessage", Message(conversation="Oi")), Text, Kind.TEXT, "Oi"),
    ],
)
def test_every_text_that_a_person_could_read_is_there(
    message: Message, form: type, kind: Kind, text: str
) -> None:
    content = read_content(message).content
    assert isinstance(content, form)
    assert (content.kind, content.text) == (kind, text)


@pytest.mark.parametrize("field", sorted(ANNOTATIONS | PLUMBING))
def test_what_only_annotates_or_is_plumbing_is_no_speech(field: str) -> None:
    with pytest.raises(Unreadable):
        read_content(_message(field))


def test_every_field_of_the_protobuf_is_in_exactly_one_table() -> None:
    tables = [READERS.keys(), set(WRAPPERS), ANNOTATIONS, PLUMBING, UNSHOWN]
    fields = {field.name for field in Message.DESCRIPTOR.fields}
    assert set().union(*tables) == fields
    assert sum(map(len, tables)) == len(fields)


def test_a_field_of_a_newer_whatsapp_is_shown_as_unknown() -> None:
    newer = Message.FromString(b"\xca\x3e\x02hi")  # field 1001, two bytes
    newer.messageContextInfo.messageSecret = b"s" * 32
    assert read_content(newer).content == Unknown("field 1001")


def test_a_file_keeps_what_it_takes_to_fetch_it() -> None:
    message = _message(
        "imageMessage",
        directPath="/v/t62",
        mediaKey=b"k" * 32,
        fileSHA256=b"a" * 32,
        fileEncSHA256=b"b" * 32,
        mimetype="image/jpeg",
        fileLength=1234,
        width=640,
        height=480,
    )
    content = read_content(message).content
    assert isinstance(content, Media)
    assert (content.keys.direct_path, content.keys.media_key) == ("/v/t62", b"k" * 32)
    assert (content.keys.sha256, content.keys.enc_sha256) == (b"a" * 32, b"b" * 32)
    assert (content.mime, content.size) == ("image/jpeg", 1234)
    assert (content.width, content.height) == (640, 480)


@pytest.mark.parametrize("degrees", [float("nan"), float("inf"), 1e9])
def test_a_point_that_is_nowhere_is_none(degrees: float) -> None:
    message = _message("locationMessage", degreesLatitude=degrees, degreesLongitude=0.0)
    content = read_content(message).content
    assert isinstance(content, Place)
    assert (content.latitude, content.text) == (None, "")


def test_a_hostile_text_is_cut_and_has_no_nul() -> None:
    content = read_content(Message(conversation="a\0b" + "x" * 2 * MAX_TEXT)).content
    assert content.text.startswith("abx")
    assert len(content.text) == MAX_TEXT


def test_a_composed_answer_reads_back_the_same() -> None:
    message = compose(Text("Bom dia"), b"s" * 32)
    assert read_content(message).content == Text("Bom dia")
    assert message.messageContextInfo.messageSecret == b"s" * 32
