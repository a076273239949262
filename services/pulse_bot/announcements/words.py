"""What a post says, found again by its subject: so that a post is worded when it is made, in any language."""

from datetime import UTC, date, datetime

from sqlalchemy import Connection

from services.contracts.base import ROOT_ID, Language
from services.contracts.campaign import Campaign
from services.contracts.events import PromiseState
from services.pulse_bot.announcements import book, calendar, concerns, promises, releases
from services.pulse_bot.announcements.book import Announcement
from services.pulse_bot.announcements.draft import NoChannel, steps
from services.pulse_bot.announcements.picture import alt_text
from services.pulse_bot.announcements.releases import Released
from services.pulse_bot.ledger.announcing import AnnouncementState
from services.pulse_bot.ledger.store import Ledger
from services.pulse_bot.messages import announcements as announcement_messages
from services.pulse_bot.messages import concerns as concern_messages
from services.pulse_bot.messages import digest as digest_messages
from services.pulse_bot.messages import results as result_messages
from services.pulse_bot.messages.announcements import Preview
from services.pulse_bot.messages.digest import Digest
from services.pulse_bot.messages.message import Message
from services.pulse_bot.messages.results import Results, due_order


class Words:
    """The words of every subject of a campaign."""

    def __init__(self, ledger: Ledger, campaign: Campaign) -> None:
        self._ledger = ledger
        self._campaign = campaign

    async def of(self, subject: str, language: Language) -> Message | None:
        """The post of a subject; None where there is nothing to say (any more)."""
        kind, _, about = subject.partition(":")
        if kind == "announcement":
            announcement = await self._ledger.read(lambda c: book.find(c, about))
            shown = announcement is not None and announcement.shown is not None
            return announcement_messages.post(announcement, language) if announcement and shown else None
        if kind in ("concern", "answer"):
            return await self._concern(kind, about, language)
        if kind == "results":
            wave_id, _, node = about.partition(":")
            results = await self.results(wave_id, node or ROOT_ID, language)
            return result_messages.results_post(results, language) if results else None
        if kind == "digest":
            digest = await self.digest(subject)
            return None if digest.empty else digest_messages.digest_post(digest, language)
        return None

    async def results(self, wave_id: str, node: str, language: Language) -> Results | None:
        """The results of a wave (the newest where ``wave_id`` is empty) for a node."""

        def read(connection: Connection) -> tuple[tuple[Released, ...], tuple[promises.Promise, ...]]:
            return (
                releases.of_campaign(connection, self._campaign.id),
                promises.of_campaign(connection, self._campaign.id),
            )

        known, promised = await self._ledger.read(read)
        upto = [one for one in known if not wave_id or one.wave == wave_id]
        if not upto:
            return None
        released = upto[-1]
        told = alt_text(releases.series([one for one in known if one.closed_at <= released.closed_at]), language)
        return Results(
            released,
            node,
            due_order(promised, released.closed_at.date()),
            told,
            released.pictures.get(language) or released.pictures.get(Language.EN),
        )

    async def digest(self, subject: str) -> Digest:
        """What a digest tells: what has been since the digest before it, and the promises that are open."""

        def read(connection: Connection) -> Digest:
            known = releases.of_campaign(connection, self._campaign.id)
            published = book.in_states(connection, [AnnouncementState.PUBLISHED])
            recent = [
                a
                for a in published
                if a.is_of(self._campaign) and a.published_at is not None and self._is_recent(a.published_at, subject)
            ]
            promised = promises.of_campaign(connection, self._campaign.id)
            fresh = known[-1] if known and self._is_recent(known[-1].closed_at, subject) else None
            open_ones = [promise for promise in promised if promise.state is PromiseState.OPEN]
            return Digest(subject, fresh, recent, open_ones)

        return await self._ledger.read(read)

    def _is_recent(self, at: datetime, subject: str) -> bool:
        day = date.fromisoformat(subject.rpartition(":")[2])
        return calendar.digest_since(self._campaign, day) <= at.date() <= day

    async def _concern(self, kind: str, concern_id: str, language: Language) -> Message | None:
        concern = await self._ledger.read(lambda c: concerns.find(c, concern_id))
        if concern is None:
            return None
        if kind == "answer":
            if concern.question is None or concern.answer is None:
                return None
            return concern_messages.public_answer(concern.question, concern.answer, language)
        return concern_messages.for_listeners(concern.id, concern.text, language)


def draft_preview(announcement: Announcement, campaign: Campaign, given: int, language: Language) -> Preview:
    """A draft as a champion sees it: whom it reaches, where it is posted, and what stands in the way."""
    nodes = [
        campaign.tree.by_id[node].name.in_language(language) if node in campaign.tree.by_id else node
        for node in announcement.draft.audience
    ]
    fault, channels = None, []
    try:
        planned = steps(announcement.draft, campaign, datetime.now(UTC), 0)
        channels = sorted(step.channel for step in planned)
    except NoChannel as missing:
        known = campaign.tree.by_id.get(missing.node_id)
        fault = announcement_messages.no_channel(
            known.name.in_language(language) if known else missing.node_id, language
        )
    return Preview(announcement, nodes, channels, given, campaign.approvals, announcement.author, fault)
