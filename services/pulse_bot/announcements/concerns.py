"""Concerns: asked by nobody in particular, posted in a batch on a later day, answered where everybody can read it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, insert, select, update

from services.contracts.events import ConcernAnswered
from services.contracts.topics import TopicName
from services.pulse_bot.announcements import outbox, posts
from services.pulse_bot.ledger import audit
from services.pulse_bot.ledger.announcing import ConcernRow, ConcernState
from services.pulse_bot.ledger.writer import Operation


@dataclass(frozen=True)
class Concern:
    """A concern. ``question`` and ``answer`` are as they were made public."""

    id: str
    campaign_id: str
    state: ConcernState
    text: str
    question: str | None = None
    answer: str | None = None


def subject(concern_id: str) -> str:
    """Under which subject the concern stands in the listeners' channel."""
    return f"concern:{concern_id}"


def answer_subject(concern_id: str) -> str:
    """Under which subject its answer is posted for everybody."""
    return f"answer:{concern_id}"


def put(campaign_id: str, text: str, post_at: datetime) -> Operation[str]:
    """Write a concern down under a random id, with nothing of who or when. Gives the id."""

    def operation(connection: Connection) -> str:
        concern_id = f"{secrets.token_hex(16)}"
        connection.execute(
            insert(ConcernRow).values(
                id=concern_id, campaign_id=campaign_id, state=ConcernState.WAITING.value, text=text, post_at=post_at
            )
        )
        return concern_id

    return operation


def plan_due(campaign_id: str, channel: str, now: datetime) -> Operation[int]:
    """Plan the posts of all concerns of a campaign whose day has come, in a random order. Gives how many."""

    def operation(connection: Connection) -> int:
        found = [
            row.id
            for row in connection.execute(
                select(ConcernRow.id).where(
                    ConcernRow.campaign_id == campaign_id,
                    ConcernRow.state == ConcernState.WAITING.value,
                    ConcernRow.post_at <= now,
                )
            )
        ]
        secrets.SystemRandom().shuffle(found)
        for concern_id in found:
            posts.plan(connection, subject(concern_id), [(channel, now)])
            connection.execute(
                update(ConcernRow).where(ConcernRow.id == concern_id).values(state=ConcernState.POSTED.value)
            )
        return len(found)

    return operation


@dataclass(frozen=True)
class Answer:
    """The question as it becomes public, the answer, and the member who gives it."""

    question: str
    words: str
    member: str


def answer(concern_id: str, given: Answer, channel: str, now: datetime) -> Operation[Concern | None]:
    """Answer a posted concern, once: plan the public post and queue the event. None when it is answered already."""

    def operation(connection: Connection) -> Concern | None:
        result = connection.execute(
            update(ConcernRow)
            .where(ConcernRow.id == concern_id, ConcernRow.state == ConcernState.POSTED.value)
            .values(state=ConcernState.ANSWERED.value, question=given.question, answer=given.words)
        )
        if not result.rowcount:
            return None
        posts.plan(connection, answer_subject(concern_id), [(channel, now)])
        event = ConcernAnswered(
            event_id=uuid5(NAMESPACE_URL, f"draagvlak:concern.answered:{concern_id}"),
            concern_id=concern_id,
            question=given.question,
            answer=given.words,
            answered_at=now,
        )
        outbox.put(connection, TopicName.ANNOUNCEMENTS, concern_id, event)
        audit.record(connection, given.member, audit.AuditAction.CONCERN_ANSWERED, concern_id)
        return find(connection, concern_id)

    return operation


def find(connection: Connection, concern_id: str) -> Concern | None:
    """The concern, or None."""
    row = connection.execute(select(ConcernRow.__table__).where(ConcernRow.id == concern_id)).one_or_none()
    return None if row is None else _concern(row)


def _concern(row: Any) -> Concern:
    return Concern(row.id, row.campaign_id, ConcernState(row.state), row.text, row.question, row.answer)
