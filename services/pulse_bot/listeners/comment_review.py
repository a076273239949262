"""A champion's review of comments before their release, from the menu of ``/pulse admin``."""

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from sqlalchemy import Connection

from services.pulse_bot.announcements.reviews import (
    CommentsReview,
    Decision,
    ReviewApi,
    ReviewAway,
    ReviewRefused,
    ReviewStatus,
)
from services.pulse_bot.ledger import audit, waves
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.messages import comment_review as words
from services.pulse_bot.messages.commands import champions_only
from services.pulse_bot.messages.comment_review import PAGE, Page
from services.pulse_bot.messages.ids import CallbackId, Field, MalformedButton, pair, parse_pair, withheld_field
from services.pulse_bot.messages.message import Json, Message
from services.pulse_bot.payloads import BlockActions, Malformed, ViewSubmission, parse_submission

_log = structlog.get_logger(__name__)
_IDS = ","


class CommentReviewListener:
    """Shows comments to champions alone, and keeps none. ``api`` is None where no review is set up."""

    def __init__(self, reception: Reception, api: ReviewApi | None) -> None:
        self._reception = reception
        self._api = api

    async def offered(self, visitor: Visitor) -> bool:
        """Whether the menu has the button: comments wait, or nobody can say so now."""
        if self._api is None:
            return False
        try:
            return bool(await self._rounds(visitor, self._api))
        except ReviewAway as fault:
            _away(fault)
            return True

    async def open(self, visitor: Visitor, click: BlockActions) -> Message | None:
        """ "Review comments": the round's first page with something to decide; with several rounds, which one."""
        if self._api is None:
            return words.line(words.none_wait(visitor.language))
        try:
            rounds = await self._rounds(visitor, self._api)
            if not rounds:
                return words.line(words.none_wait(visitor.language))
            if len(rounds) > 1:
                view = words.choose_modal(list(rounds.items()), visitor.language)
            else:
                view = self._begin(await self._api.review(next(iter(rounds))), rounds, visitor)
        except ReviewAway as fault:
            _away(fault)
            return words.line(words.away(visitor.language))
        except ReviewRefused:
            return words.line(words.changed(visitor.language))
        await self._reception.slack.open_view(click.trigger_id, view)
        return None

    async def chosen(self, ack: AsyncAck, body: Json) -> None:
        """Which round was sent."""
        submission = parse_submission(body)
        visitor, api = await self._champion(ack, submission)
        if visitor is None or api is None:
            return
        wave_id = submission.choice(Field.ROUND)
        try:
            titles = await self._titles(visitor)
            if wave_id not in titles:
                raise ReviewRefused("a round of another campaign")
            view = self._begin(await api.review(wave_id), titles, visitor)
        except ReviewAway as fault:
            _away(fault)
            await ack(response_action="errors", errors={Field.ROUND.value: words.away(visitor.language)})
            return
        except ReviewRefused:
            view = words.end_modal(words.changed(visitor.language), visitor.language)
        await ack(response_action="update", view=view)

    async def paged(self, ack: AsyncAck, body: Json) -> None:
        """A page was sent: kept, and the next one comes, or the question before they go out."""
        submission = parse_submission(body)
        visitor, api = await self._champion(ack, submission)
        if visitor is None or api is None:
            return
        wave_id, shown = _about_page(submission.about)
        field = withheld_field(shown[0])
        withheld = set(submission.choices(field))
        decisions = {c: Decision.WITHHOLD if c in withheld else Decision.PUBLISH for c in shown}
        try:
            review = await api.decide(wave_id, decisions)
            titles = await self._titles(visitor)
            if review.status is not ReviewStatus.TO_REVIEW:
                raise ReviewRefused("out, or never")
            view = self._after(review, max(shown), titles, visitor)
        except ReviewAway as fault:
            _away(fault)
            await ack(response_action="errors", errors={field: words.away(visitor.language)})
            return
        except ReviewRefused:
            view = words.end_modal(words.changed(visitor.language), visitor.language)
        await ack(response_action="update", view=view)

    async def released(self, ack: AsyncAck, body: Json) -> None:
        """ "Release": only what the champion was told, so that nobody releases what another has just changed."""
        submission = parse_submission(body)
        visitor, api = await self._champion(ack, submission)
        if visitor is None or api is None:
            return
        wave_id, fingerprint = _about(submission.about)
        try:
            review = await api.review(wave_id)
            if review.status is ReviewStatus.TO_REVIEW and review.fingerprint != fingerprint:
                title = (await self._titles(visitor)).get(wave_id, wave_id)
                about = pair(wave_id, review.fingerprint)
                view = words.sum_up_modal(review, title, about, visitor.language, changed=True)
                await ack(response_action="update", view=view)
                return
            await api.release(wave_id)
        except ReviewAway as fault:
            _away(fault)
            told = words.away(visitor.language)
        except ReviewRefused:
            told = words.changed(visitor.language)
        else:
            member = submission.person.member
            await self._reception.ledger.write(
                lambda c: audit.record(c, member, audit.AuditAction.COMMENTS_RELEASED, wave_id)
            )
            told = words.released(visitor.language)
        await ack(response_action="update", view=words.end_modal(told, visitor.language))

    async def _champion(self, ack: AsyncAck, submission: ViewSubmission) -> tuple[Visitor | None, ReviewApi | None]:
        """Whoever is no champion any more sees no further page."""
        visitor = await self._reception.champion(submission.person)
        if visitor.leads:
            if self._api is None:
                await ack()
            return visitor, self._api
        language = visitor.language
        await ack(response_action="update", view=words.end_modal(champions_only(language), language))
        return None, None

    async def _rounds(self, visitor: Visitor, api: ReviewApi) -> dict[str, str]:
        """The rounds of their campaigns whose comments wait: id -> title."""
        titles = await self._titles(visitor)
        return {one.wave: titles[one.wave] for one in await api.waiting() if one.wave in titles}

    async def _titles(self, visitor: Visitor) -> dict[str, str]:
        def read(connection: Connection) -> dict[str, str]:
            return {
                wave.id: campaign.title_of(wave.number).in_language(visitor.language)
                for campaign in visitor.leads
                for wave in waves.of_campaign(connection, campaign.id)
            }

        return await self._reception.ledger.read(read)

    @staticmethod
    def _begin(review: CommentsReview, titles: dict[str, str], visitor: Visitor) -> Json:
        if review.status is not ReviewStatus.TO_REVIEW or not review.comments:
            raise ReviewRefused("not to be reviewed")
        return _page(review, review.first_undecided or 0, titles, visitor)

    @staticmethod
    def _after(review: CommentsReview, last: str, titles: dict[str, str], visitor: Visitor) -> Json:
        """What comes after the page that ended with this comment."""
        start: int | None = sum(comment.id <= last for comment in review.comments)
        if start == len(review.comments):
            start = review.first_undecided
        if start is not None:
            return _page(review, start, titles, visitor)
        title = titles.get(review.wave, review.wave)
        return words.sum_up_modal(review, title, pair(review.wave, review.fingerprint), visitor.language)


def _page(review: CommentsReview, place: int, titles: dict[str, str], visitor: Visitor) -> Json:
    """The page on which this place is."""
    start = place // PAGE * PAGE
    shown = [comment.id for comment in review.comments[start : start + PAGE]]
    title = titles.get(review.wave, review.wave)
    return words.page_modal(Page(review, title, start, pair(review.wave, _IDS.join(shown))), visitor.language)


def _about_page(carried: str) -> tuple[str, list[str]]:
    wave_id, shown = _about(carried)
    return wave_id, shown.split(_IDS)


def _about(carried: str) -> tuple[str, str]:
    try:
        return parse_pair(carried)
    except MalformedButton:
        raise Malformed("review") from None


def _away(fault: ReviewAway) -> None:
    _log.warning("the review of comments does not answer", fault=str(fault))


def register(app: AsyncApp, listener: CommentReviewListener) -> None:
    """Listen to the modals; the button belongs to the champions' menu."""
    app.view(CallbackId.REVIEW_CHOOSE.value)(listener.chosen)
    app.view(CallbackId.REVIEW_PAGE.value)(listener.paged)
    app.view(CallbackId.REVIEW_RELEASE.value)(listener.released)
