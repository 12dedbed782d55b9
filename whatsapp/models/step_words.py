"""What a person reads of a step of an attendance, made of its kind when it is shown (pt-BR)."""

from __future__ import annotations

from collections.abc import Callable

from whatsapp.models.attendance_event import AttendanceEvent, EventKind, Reason
from whatsapp.models.outcome import Outcome

ICONS: dict[str, str] = {
    EventKind.OPENED: "chat",
    EventKind.CLAIMED: "claim",
    EventKind.TAKEN_OVER: "claim",
    EventKind.TRANSFERRED: "transfer",
    EventKind.RELEASED: "transfer",
    EventKind.ANSWERED: "check",
    EventKind.FINISHED: "check-circle",
    EventKind.REOPENED: "reopen",
    EventKind.MERGED: "users",
}
# {by}, {to} and {was} are people, {number} the attendance's, {outcome} and {reason} its own words.
SENTENCES: dict[str, str] = {
    EventKind.OPENED: "{by} abriu o atendimento {number}",
    EventKind.CLAIMED: "{by} assumiu o atendimento {number}",
    EventKind.TAKEN_OVER: "{by} assumiu o atendimento, que estava com {was}",
    EventKind.TRANSFERRED: "{by} transferiu para {to}",
    EventKind.RELEASED: "{by} devolveu o atendimento à fila",
    EventKind.ANSWERED: "{by} respondeu pela primeira vez",
    EventKind.FINISHED: "{by} finalizou o atendimento: {outcome}",
    EventKind.REOPENED: "{by} reabriu: atendimento {number}",
    EventKind.MERGED: "Conversas da mesma pessoa foram unidas: o atendimento {number}, "
    "que estava com {was}, acabou aqui",
}
# Where nobody of the team did it: the customer, the wire or the house.
BY_NOBODY: dict[str, str] = {
    EventKind.OPENED: "Atendimento {number} aberto pelo cliente",
    EventKind.RELEASED: "O atendimento voltou para a fila",
    EventKind.ANSWERED: "Respondido pela primeira vez pelo celular",
    EventKind.FINISHED: "Atendimento finalizado: {outcome}",
}
BY_REASON: dict[tuple[str, str], str] = {
    (EventKind.RELEASED, Reason.WITHDRAWN): "{was} não atende mais este número: "
    "o atendimento voltou para a fila",
    (EventKind.MERGED, Reason.QUEUED): "Conversas da mesma pessoa foram unidas: "
    "o atendimento {number}, que estava na fila, acabou aqui",
}


def icon(event: AttendanceEvent) -> str:
    return ICONS.get(event.kind, "chat")


def sentence(event: AttendanceEvent, name: Callable[[str], str] = str) -> str:
    """The sentence of *event*. *name* dresses each name in it, as for HTML; the rest is ours.

    Asks for nothing more than `Message.objects.for_thread` loads.
    """
    # Only our patterns are formatted: braces in a name or a note are never read.
    text = _pattern(event)
    said = name(f"“{event.data['note']}”") if event.data.get("note") else ""
    return text.format(**_names(event, name)) + (f": {said}" if said else "")


def _pattern(event: AttendanceEvent) -> str:
    reason = (event.kind, event.data.get("reason", ""))
    if reason in BY_REASON:
        return BY_REASON[reason]
    nobody = BY_NOBODY.get(event.kind) if event.by_id is None else None
    return nobody or SENTENCES.get(event.kind, event.get_kind_display())


def _names(event: AttendanceEvent, name: Callable[[str], str]) -> dict[str, str]:
    outcome = event.data.get("outcome", "")
    known = outcome in Outcome.values
    return {
        "by": name(str(event.by or "Alguém")),
        "to": name(str(event.to or "a fila")),
        "was": name(event.data.get("from_name") or "ninguém"),
        "number": name(f"#{event.attendance_id}"),
        "outcome": name(str(Outcome(outcome).label if known else outcome or "sem motivo")),
    }
