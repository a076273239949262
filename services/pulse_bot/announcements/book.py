"""Announcements in the ledger: drafted, approved by champions, published once, corrected."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, func, select, update

from services.contracts.campaign import Campaign
from services.contracts.events import AnnouncementCorrected, AnnouncementPublished, StaggeredStep
from services.contracts.topics import TopicName
from services.pulse_bot.announcements import outbox, posts
from services.pulse_bot.announcements.draft import Draft, Step, steps
from services.pulse_bot.ledger import audit
from services.pulse_bot.ledger.announcing import AnnouncementApprovalRow, AnnouncementRow, AnnouncementState
from services.pulse_bot.ledger.dialects import insert_for
from services.pulse_bot.ledger.writer import Operation

_SEED_BITS = 62


@dataclass(frozen=True)
class Announcement:
    """An announcement as the ledger has it. ``draft`` is what it says in its newest ``revision``."""

    id: str
    campaign_id: str
    state: AnnouncementState
    draft: Draft
    revision: int
    shown_revision: int | None
    author: str | None
    published_at: datetime | None = None
    corrected_at: datetime | None = None
    shown: Draft | None = None
    seed: int | None = None

    def is_of(self, campaign: Campaign) -> bool:
        """Whether it belongs to the campaign; one that came before any was planned belongs to all."""
        return self.campaign_id in (campaign.id, "")

    @property
    def waits_for_approval(self) -> bool:
        """Whether its newest words are not those that readers see or will see."""
        if self.state is AnnouncementState.DRAFT:
            return True
        return self.state is AnnouncementState.PUBLISHED and self.revision != self.shown_revision


class Approved(StrEnum):
    """What an approval led to."""

    GOES_OUT = "goes_out"
    ONE_MORE_NEEDED = "one_more_needed"
    ALREADY_OUT = "already_out"
    READS_DIFFERENTLY = "reads_differently"
    NOT_A_CHAMPION = "not_a_champion"
    GONE = "gone"


def subject(announcement_id: str) -> str:
    """Under which subject its posts stand in the ledger."""
    return f"announcement:{announcement_id}"


def new_id() -> str:
    """A random id."""
    return f"ann-{secrets.token_hex(8)}"


def put_draft(campaign_id: str, announcement_id: str, draft: Draft, author: str | None) -> Operation[bool]:
    """Write a draft down, once: one that is known already, whatever became of it, stays. Gives whether it is new."""

    def operation(connection: Connection) -> bool:
        statement = insert_for(connection, AnnouncementRow).values(
            id=announcement_id,
            campaign_id=campaign_id,
            state=AnnouncementState.DRAFT.value,
            document=draft.model_dump_json(),
            revision=1,
            author=author,
            told=False,
        )
        return bool(connection.execute(statement.on_conflict_do_nothing()).rowcount)

    return operation


def revise(announcement_id: str, revision: int, draft: Draft) -> Operation[Announcement | None]:
    """Other words for a draft or, as a correction, for a published announcement. Gives it as it is then.

    None when someone else has changed it meanwhile (``revision`` is the one that was read), or it is gone.
    """

    def operation(connection: Connection) -> Announcement | None:
        changeable = [AnnouncementState.DRAFT.value, AnnouncementState.PUBLISHED.value]
        result = connection.execute(
            update(AnnouncementRow)
            .where(
                AnnouncementRow.id == announcement_id,
                AnnouncementRow.revision == revision,
                AnnouncementRow.state.in_(changeable),
            )
            .values(document=draft.model_dump_json(), revision=revision + 1, told=False)
        )
        return find(connection, announcement_id) if result.rowcount else None

    return operation


def discard(announcement_id: str, revision: int, member: str) -> Operation[bool]:
    """Take a draft back, or drop the correction of a published announcement. Gives whether that was done.

    It is not when there is none, or someone else has changed it meanwhile (``revision`` is the one that was read).
    """

    def operation(connection: Connection) -> bool:
        found = find(connection, announcement_id, lock=True)
        if found is None or not found.waits_for_approval or found.revision != revision:
            return False
        values: dict[str, Any] = {"state": AnnouncementState.DISCARDED.value}
        if found.shown is not None:  # a correction: what readers see stays
            values = {"document": found.shown.model_dump_json(), "shown_revision": found.revision}
            posts.all_show(connection, subject(announcement_id), found.revision)
        connection.execute(update(AnnouncementRow).where(AnnouncementRow.id == announcement_id).values(**values))
        audit.record(connection, member, audit.AuditAction.ANNOUNCEMENT_DISCARDED, announcement_id)
        return True

    return operation


def approve(
    announcement_id: str, revision: int, member: str, campaign: Campaign, now: datetime
) -> Operation[tuple[Approved, Announcement | None]]:
    """Record a champion's approval of these words; with enough of them they go out, exactly once.

    The row is locked: of two approvals in the same second one sends it out and the other finds it sent. Champions who
    are none any more do not count. Raises NoChannel (nothing is written then).
    """

    def operation(connection: Connection) -> tuple[Approved, Announcement | None]:
        if member not in campaign.champions:
            return Approved.NOT_A_CHAMPION, None
        found = find(connection, announcement_id, lock=True)
        if found is None or found.state is AnnouncementState.DISCARDED:
            return Approved.GONE, None
        if not found.waits_for_approval:
            return Approved.ALREADY_OUT, found
        if found.revision != revision:
            return Approved.READS_DIFFERENTLY, found
        connection.execute(
            insert_for(connection, AnnouncementApprovalRow)
            .values(announcement_id=announcement_id, revision=revision, member=member)
            .on_conflict_do_nothing()
        )
        audit.record(connection, member, audit.AuditAction.ANNOUNCEMENT_APPROVED, announcement_id)
        if approvals(connection, found, campaign) < campaign.approvals:
            return Approved.ONE_MORE_NEEDED, found
        if found.state is AnnouncementState.DRAFT:
            _send_out(connection, found, campaign, now)
        else:
            _correct(connection, found, now)
        return Approved.GOES_OUT, find(connection, announcement_id)

    return operation


def approvals(connection: Connection, announcement: Announcement, campaign: Campaign) -> int:
    """How many of today's champions approved its newest words."""
    return connection.execute(
        select(func.count()).where(
            AnnouncementApprovalRow.announcement_id == announcement.id,
            AnnouncementApprovalRow.revision == announcement.revision,
            AnnouncementApprovalRow.member.in_(campaign.champions),
        )
    ).scalar_one()


def count_as_published(announcement_id: str, now: datetime) -> Operation[bool]:
    """The first channel has it: from now on it is published, and Kafka is told. A second time changes nothing."""

    def operation(connection: Connection) -> bool:
        result = connection.execute(
            update(AnnouncementRow)
            .where(AnnouncementRow.id == announcement_id, AnnouncementRow.state == AnnouncementState.APPROVED.value)
            .values(state=AnnouncementState.PUBLISHED.value, published_at=now)
        )
        if not result.rowcount:
            return False
        row = connection.execute(select(AnnouncementRow.__table__).where(AnnouncementRow.id == announcement_id)).one()
        said = Draft.model_validate_json(row.shown_document)
        event = AnnouncementPublished(
            event_id=_event_id("published", announcement_id, row.shown_revision),
            **_words(announcement_id, said),
            published_at=now,
            **_steps(row, said),
        )
        outbox.put(connection, TopicName.ANNOUNCEMENTS, announcement_id, event)
        return True

    return operation


def find(connection: Connection, announcement_id: str, *, lock: bool = False) -> Announcement | None:
    """The announcement, or None. ``lock``: nobody else changes it before this transaction ends."""
    statement = select(AnnouncementRow.__table__).where(AnnouncementRow.id == announcement_id)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    return None if row is None else _announcement(row)


def in_states(connection: Connection, states: Sequence[AnnouncementState]) -> tuple[Announcement, ...]:
    """All announcements in one of ``states``, by id."""
    rows = connection.execute(
        select(AnnouncementRow.__table__)
        .where(AnnouncementRow.state.in_([state.value for state in states]))
        .order_by(AnnouncementRow.published_at, AnnouncementRow.id)
    )
    return tuple(_announcement(row) for row in rows)


def take_untold(connection: Connection) -> tuple[Announcement, ...]:
    """Announcements whose newest words the champions have not been told of, and count them as told."""
    rows = connection.execute(
        select(AnnouncementRow.__table__).where(AnnouncementRow.told.is_(False)).order_by(AnnouncementRow.id)
    ).all()
    connection.execute(update(AnnouncementRow).where(AnnouncementRow.told.is_(False)).values(told=True))
    return tuple(found for found in map(_announcement, rows) if found.waits_for_approval)


def _send_out(connection: Connection, found: Announcement, campaign: Campaign, now: datetime) -> None:
    seed = secrets.randbits(_SEED_BITS)
    planned = steps(found.draft, campaign, now, seed)
    posts.plan(connection, subject(found.id), [(step.channel, step.at) for step in planned], found.revision)
    connection.execute(
        update(AnnouncementRow)
        .where(AnnouncementRow.id == found.id)
        .values(
            state=AnnouncementState.APPROVED.value,
            shown_document=found.draft.model_dump_json(),
            shown_revision=found.revision,
            seed=str(seed) if found.draft.staggered else None,
            steps=[_step(step) for step in planned],
        )
    )


def _correct(connection: Connection, found: Announcement, now: datetime) -> None:
    if found.published_at is None:
        raise RuntimeError(f"the announcement {found.id} is corrected but was never published")
    connection.execute(
        update(AnnouncementRow)
        .where(AnnouncementRow.id == found.id)
        .values(shown_document=found.draft.model_dump_json(), shown_revision=found.revision, corrected_at=now)
    )
    row = connection.execute(select(AnnouncementRow.__table__).where(AnnouncementRow.id == found.id)).one()
    event = AnnouncementCorrected(
        event_id=_event_id("corrected", found.id, found.revision),
        **_words(found.id, found.draft),
        published_at=found.published_at,
        corrected_at=now,
        **_steps(row, found.draft),
    )
    outbox.put(connection, TopicName.ANNOUNCEMENTS, found.id, event)


def _words(announcement_id: str, said: Draft) -> dict[str, Any]:
    return {
        "announcement_id": announcement_id,
        "kind": said.kind,
        "title": said.title,
        "story": said.story,
        "audience": said.audience,
        "figure": said.figure,
    }


def _steps(row: Any, said: Draft) -> dict[str, Any]:
    if row.seed is None or not said.staggered:
        return {}
    return {
        "seed": int(row.seed),
        "steps": tuple(StaggeredStep(nodes=tuple(s["nodes"]), at=datetime.fromisoformat(s["at"])) for s in row.steps),
    }


def _step(step: Step) -> dict[str, Any]:
    return {"channel": step.channel, "nodes": list(step.nodes), "at": step.at.isoformat()}


def _event_id(kind: str, announcement_id: str, revision: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"draagvlak:announcement.{kind}:{announcement_id}:{revision}")


def _announcement(row: Any) -> Announcement:
    return Announcement(
        id=row.id,
        campaign_id=row.campaign_id,
        state=AnnouncementState(row.state),
        draft=Draft.model_validate_json(row.document),
        revision=row.revision,
        shown_revision=row.shown_revision,
        author=row.author,
        published_at=row.published_at,
        corrected_at=row.corrected_at,
        shown=Draft.model_validate_json(row.shown_document) if row.shown_document else None,
        seed=int(row.seed) if row.seed else None,
    )
