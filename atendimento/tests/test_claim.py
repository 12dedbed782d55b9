from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.factories import AgentFactory, SupervisorFactory
from accounts.rights import NotAllowed
from whatsapp.factories import ConversationFactory, SessionFactory
from whatsapp.models import AlreadyClaimed, Conversation, EventKind, Message, Outcome, Status


@pytest.mark.django_db(transaction=True)
def test_only_one_of_two_agents_claims_a_hundred_times() -> None:
    ana, bruno = AgentFactory(first_name="Ana"), AgentFactory(first_name="Bruno")
    conversations = [ConversationFactory() for _ in range(100)]
    barrier = threading.Barrier(2)

    def race(agent: Any) -> list[str]:
        told = []
        for one in conversations:
            mine = Conversation.objects.get(pk=one.pk)
            barrier.wait()
            try:
                mine.claim(agent)
                told.append("won")
            except AlreadyClaimed as error:
                told.append(str(error))
        connection.close()
        return told

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(race, (ana, bruno))
    for one, other in zip(first, second, strict=True):
        assert sorted([one == "won", other == "won"]) == [False, True]
    assert {text for text in first if text != "won"} <= {"Bruno Souza assumiu antes de você."}
    assert {text for text in second if text != "won"} <= {"Ana Souza assumiu antes de você."}
    assert Message.objects.filter(event__kind=EventKind.CLAIMED).count() == 100


def test_the_loser_is_told_who_was_faster(db: None, client: Browser) -> None:
    ana, bruno = AgentFactory(first_name="Ana"), AgentFactory(first_name="Bruno")
    conversation = ConversationFactory()
    conversation.claim(ana)
    client.force_login(bruno)
    answer = client.post(reverse("claim", args=[conversation.pk]))
    assert answer.status_code == 409
    assert "Ana Souza assumiu antes de você." in answer.content.decode()


def test_the_next_of_the_queue_is_who_waits_longest(db: None, client: Browser) -> None:
    ana, closed = AgentFactory(), SessionFactory()
    closed.agents.add(AgentFactory())
    hidden: Conversation = ConversationFactory(session=closed)
    late: Conversation = ConversationFactory()
    later: Conversation = ConversationFactory()
    for minutes, one in ((9, hidden), (5, later), (7, late)):
        one.waiting_since = timezone.now() - timedelta(minutes=minutes)
        one.save()
    client.force_login(ana)
    url = reverse("claim_next")
    for one in (late, later):
        answer = client.post(url, headers={"HX-Request": "true"})
        assert answer["HX-Push-Url"] == reverse("conversation", args=[one.pk])
        assert "Mensagem para" in answer.content.decode()
    empty = client.post(url, headers={"HX-Request": "true"})
    assert empty.status_code == 409
    assert "Não há mais ninguém na fila." in empty.content.decode()
    hidden.refresh_from_db()
    assert hidden.status == Status.PENDING


@pytest.mark.django_db(transaction=True)
def test_agents_who_take_the_next_at_once_get_different_ones() -> None:
    agents, _ = AgentFactory.create_batch(4), ConversationFactory.create_batch(40)
    barrier = threading.Barrier(4)

    def take(agent: Any) -> list[int]:
        barrier.wait()
        mine = [found.pk for _ in range(10) if (found := Conversation.claim_next(agent))]
        connection.close()
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [pk for mine in pool.map(take, agents) for pk in mine]
    assert len(taken) == len(set(taken)) == 40


def test_claiming_twice_is_claiming_once(db: None) -> None:
    ana, conversation = AgentFactory(), ConversationFactory()
    conversation.claim(ana)
    conversation.claim(ana)
    assert Message.objects.filter(event__kind=EventKind.CLAIMED).count() == 1


def test_finish_needs_a_reason_and_reopen_opens_a_new_attendance(db: None, client: Browser) -> None:
    ana, conversation = AgentFactory(), ConversationFactory()
    conversation.claim(ana)
    client.force_login(ana)
    url = reverse("finish", args=[conversation.pk])
    assert client.post(url).status_code == 422
    assert client.post(url, {"motivo": Outcome.SOLD}).status_code == 200
    assert client.post(url, {"motivo": Outcome.SOLD}).status_code == 409
    conversation.refresh_from_db()
    assert conversation.status == Status.CLOSED
    client.post(reverse("reopen", args=[conversation.pk]))
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assigned_to) == (Status.ACTIVE, ana)
    assert conversation.attendances.count() == 2


def test_a_page_left_behind_neither_finishes_nor_writes(db: None, client: Browser) -> None:
    ana, bruno = AgentFactory(first_name="Ana"), AgentFactory(first_name="Bruno")
    conversation = ConversationFactory()
    conversation.claim(ana)
    stale = Conversation.objects.select_related("assigned_to").get(pk=conversation.pk)
    conversation.transfer(ana, bruno)
    with pytest.raises(NotAllowed, match="Bruno Souza está com esta conversa"):
        stale.write(ana, "tarde demais", "tarde")
    client.force_login(ana)
    answer = client.post(reverse("finish", args=[conversation.pk]), {"motivo": Outcome.SOLD})
    assert answer.status_code == 409
    assert "Bruno Souza está com esta conversa." in answer.content.decode()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assigned_to) == (Status.ACTIVE, bruno)
    conversation.finish(SupervisorFactory(), Outcome.ANSWERED)
    with pytest.raises(NotAllowed, match="finalizada"):
        stale.write(ana, "tarde demais", "tarde")
    assert not Message.objects.filter(body="tarde demais").exists()


def test_transfer_to_a_colleague_and_to_the_queue(db: None, client: Browser) -> None:
    ana, bruno, conversation = AgentFactory(), AgentFactory(), ConversationFactory()
    conversation.claim(ana)
    client.force_login(ana)
    url = reverse("transfer", args=[conversation.pk])
    client.post(url, {"para": bruno.pk})
    conversation.refresh_from_db()
    assert conversation.assigned_to == bruno
    client.force_login(bruno)
    client.post(url, {"para": "fila"})
    conversation.refresh_from_db()
    assert (conversation.assigned_to, conversation.status) == (None, Status.PENDING)
    assert client.post(url, {"para": "ninguém"}).status_code == 422


def test_a_transfer_from_the_queue_to_oneself_is_a_claim(db: None, client: Browser) -> None:
    for giver in (AgentFactory(), SupervisorFactory()):
        conversation = ConversationFactory()
        client.force_login(giver)
        url = reverse("transfer", args=[conversation.pk])
        answer = client.post(url, {"para": giver.pk})
        assert answer.status_code == 200, answer.content.decode()
        conversation.refresh_from_db()
        assert (conversation.status, conversation.assigned_to) == (Status.ACTIVE, giver)
        step = conversation.attendances.get().events.get()
        assert (step.kind, step.by, step.to) == ("claimed", giver, giver)
