"""Promises with an owner and a date, kept or not: each change is an event."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, select

from services.contracts.base import Text
from services.contracts.events import PromiseRecorded, PromiseState
from services.contracts.topics import TopicName
from services.pulse_bot.announcements import outbox
from services.pulse_bot.ledger import audit
from services.pulse_bot.ledger.announcing import PromiseRow
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.writer import Operation


@dataclass(frozen=True)
class Promise:
    """What was promised, by whom, by when, and what became of it. ``said``: what people had said before."""

    id: str
    campaign_id: str
    text: Text
    owner: str
    due: date
    state: PromiseState = PromiseState.OPEN
    said: Text | None = None


def new_id() -> str:
    """A random id."""
    return f"pro-{secrets.token_hex(8)}"


def settled(promise: Promise, state: PromiseState) -> Promise:
    """The same promise, with what became of it."""
    return replace(promise, state=state)


def put(promise: Promise, member: str, now: datetime) -> Operation[None]:
    """Write a promise down, new or changed, and queue its event. ``member`` is the champion who does it."""
    values = {
        "id": promise.id,
        "campaign_id": promise.campaign_id,
        "text_nl": promise.text.nl,
        "text_en": promise.text.en,
        "owner": promise.owner,
        "due": promise.due,
        "state": promise.state.value,
        "recorded_at": now,
        "said_nl": promise.said.nl if promise.said else None,
        "said_en": promise.said.en if promise.said else None,
    }

    def operation(connection: Connection) -> None:
        connection.execute(
            insert_for(connection, PromiseRow).values(values).on_conflict_do_update(index_elements=["id"], set_=values)
        )
        event = PromiseRecorded(
            event_id=uuid5(NAMESPACE_URL, f"draagvlak:promise:{promise.id}:{now.isoformat()}"),
            promise_id=promise.id,
            text=promise.text,
            owner=promise.owner,
            due=promise.due,
            state=promise.state,
            recorded_at=now,
            said=promise.said,
        )
        outbox.put(connection, TopicName.ANNOUNCEMENTS, promise.id, event)
        audit.record(connection, member, audit.AuditAction.PROMISE_RECORDED, promise.id)

    return operation


def of_campaign(connection: Connection, campaign_id: str) -> tuple[Promise, ...]:
    """All promises of a campaign, the earliest due first."""
    rows = connection.execute(
        select(PromiseRow.__table__)
        .where(PromiseRow.campaign_id == campaign_id)
        .order_by(PromiseRow.due, PromiseRow.id)
    )
    return tuple(
        Promise(
            row.id,
            row.campaign_id,
            Text(nl=row.text_nl, en=row.text_en),
            row.owner,
            row.due,
            PromiseState(row.state),
            Text(nl=row.said_nl, en=row.said_en) if row.said_nl and row.said_en else None,
        )
        for row in rows
    )
