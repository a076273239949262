"""Announcements: written in a modal, decided on by champions, read in another language by whoever asks."""

from pydantic import ValidationError
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from services.contracts.base import Language, Text
from services.contracts.campaign import Campaign
from services.contracts.events import AnnouncementKind, Figure
from services.pulse_bot.announcements import book, posts, whose
from services.pulse_bot.announcements.book import Approved
from services.pulse_bot.announcements.draft import Draft, NoChannel
from services.pulse_bot.announcements.words import draft_preview
from services.pulse_bot.listeners.reception import Reception, Visitor
from services.pulse_bot.locales import known, translator
from services.pulse_bot.messages import announcements as announcement_messages
from services.pulse_bot.messages.announcements import STAGGERED, Editing
from services.pulse_bot.messages.ids import ActionId, CallbackId, Field, MalformedButton, pair, parse_pair
from services.pulse_bot.messages.message import Json
from services.pulse_bot.payloads import BlockActions, Malformed, ViewSubmission, parse_click, parse_submission

_NEW = "new"


class AnnouncementListener:
    """From the modal to the draft, and from the draft to the channels."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    async def open_new(self, visitor: Visitor, trigger: str, kind: AnnouncementKind) -> None:
        """Open an empty modal; the campaign is known."""
        if visitor.campaign is None:
            raise RuntimeError("an announcement needs a campaign")
        about = pair(pair(_NEW, visitor.campaign.id), book.new_id())
        editing = Editing(visitor.language, visitor.campaign.tree.nodes, kind, about=about)
        await self._reception.slack.open_view(trigger, announcement_messages.announcement_modal(editing))

    async def open_existing(self, visitor: Visitor, trigger: str, announcement: book.Announcement) -> None:
        """Open the modal with the words of a draft, or of a published announcement that is to be corrected."""
        await self._reception.slack.open_view(trigger, self.view_of(visitor, announcement))

    @staticmethod
    def view_of(visitor: Visitor, announcement: book.Announcement) -> Json:
        """The modal with an announcement's newest words; the campaign is known."""
        if visitor.campaign is None:
            raise RuntimeError("an announcement needs a campaign")
        editing = Editing(
            visitor.language,
            visitor.campaign.tree.nodes,
            announcement.draft.kind,
            announcement.draft,
            pair(str(announcement.revision), announcement.id),
        )
        return announcement_messages.announcement_modal(editing)

    async def sent(self, ack: AsyncAck, body: Json) -> None:
        """The modal was sent: a draft, or other words for one; champions decide."""
        submission = parse_submission(body)
        revision, announcement_id = _about(submission.about)
        is_new = revision.startswith(_NEW)
        campaign_id = _about(revision)[1] if is_new and revision != _NEW else None
        visitor = await self._reception.within(
            submission.person,
            lambda c: whose.of_id(c, campaign_id) if is_new else whose.of_announcement(c, announcement_id),
        )
        if visitor.campaign is None:
            await ack()
            return
        draft = _draft(submission, visitor.language, visitor.campaign)
        if isinstance(draft, dict):
            await ack(response_action="errors", errors=draft)
            return
        if is_new:
            put = book.put_draft(visitor.campaign.id, announcement_id, draft, submission.person.member)
            await self._reception.ledger.write(put)
            told = announcement_messages.handed_in(visitor.language)
        elif not visitor.is_champion:
            told = announcement_messages.decided(Approved.NOT_A_CHAMPION, None, visitor.language)
        else:
            kept = await self._reception.ledger.write(book.revise(announcement_id, int(revision), draft))
            told = (
                announcement_messages.revised(visitor.language)
                if kept
                else announcement_messages.changed_meanwhile(visitor.language)
            )
        await ack()
        self._reception.wake()
        self._reception.afterwards.say(submission.person.member, told)

    async def approve(self, ack: AsyncAck, body: Json) -> None:
        """ "Approve": with enough champions it goes out, once."""
        click = parse_click(body)
        visitor, announcement_id, revision = await self._decision(click)
        if visitor.campaign is None:
            await ack()
            return
        now = await self._reception.now()
        try:
            outcome, announcement = await self._reception.ledger.write(
                book.approve(announcement_id, revision, click.person.member, visitor.campaign, now)
            )
        except NoChannel as missing:
            name = _node_name(visitor.campaign, missing.node_id, visitor.language)
            words = announcement_messages.no_channel(name, visitor.language)
            await ack()
            self._reception.beside(click.response_url, announcement_messages.plain(words))
            return
        told = announcement_messages.decided(outcome, announcement, visitor.language)
        if outcome in (Approved.READS_DIFFERENTLY, Approved.NOT_A_CHAMPION):
            self._reception.beside(click.response_url, told)
        else:
            self._reception.instead(click.response_url, told)
        await ack()
        self._reception.wake()

    async def edit(self, ack: AsyncAck, body: Json) -> None:
        """ "Change"."""
        click = parse_click(body)
        visitor, announcement_id, revision = await self._decision(click)
        found = await self._reception.ledger.read(lambda c: book.find(c, announcement_id))
        if not visitor.is_champion:
            refused = announcement_messages.decided(Approved.NOT_A_CHAMPION, None, visitor.language)
            self._reception.beside(click.response_url, refused)
        elif found is None or not found.waits_for_approval:
            outcome = Approved.GONE if found is None else Approved.ALREADY_OUT
            self._reception.beside(click.response_url, announcement_messages.decided(outcome, found, visitor.language))
        elif found.revision != revision:
            self._reception.beside(click.response_url, announcement_messages.changed_meanwhile(visitor.language))
        else:
            await self.open_existing(visitor, click.trigger_id, found)
        await ack()

    async def discard(self, ack: AsyncAck, body: Json) -> None:
        """ "Discard"."""
        click = parse_click(body)
        visitor, announcement_id, revision = await self._decision(click)
        if not visitor.is_champion:
            refused = announcement_messages.decided(Approved.NOT_A_CHAMPION, None, visitor.language)
            self._reception.beside(click.response_url, refused)
        elif await self._reception.ledger.write(book.discard(announcement_id, revision, click.person.member)):
            found = await self._reception.ledger.read(lambda c: book.find(c, announcement_id))
            correction = found is not None and found.shown is not None
            told = announcement_messages.discarded(visitor.language, correction=correction)
            self._reception.instead(click.response_url, told)
        else:
            found = await self._reception.ledger.read(lambda c: book.find(c, announcement_id))
            if found is not None and found.waits_for_approval:
                told = announcement_messages.decided(Approved.READS_DIFFERENTLY, found, visitor.language)
                self._reception.beside(click.response_url, told)
            else:
                gone = found is None or found.shown is None
                outcome = Approved.GONE if gone else Approved.ALREADY_OUT
                told = announcement_messages.decided(outcome, found, visitor.language)
                self._reception.instead(click.response_url, told)
        await ack()

    async def post_again(self, ack: AsyncAck, body: Json) -> None:
        """ "It is not there: post it again"."""
        click = parse_click(body)
        subject, channel = _about(click.actions[0].value)
        visitor = await self._reception.within(click.person, lambda c: whose.of_subject(c, subject))
        if visitor.is_champion:
            done = await self._reception.ledger.write(posts.post_again(subject, channel))
            self._reception.instead(click.response_url, announcement_messages.posted_again(visitor.language, done=done))
            self._reception.wake()
        await ack()

    async def other_language(self, ack: AsyncAck, body: Json) -> None:
        """ "Read this in English": the same post in that language, for this person alone."""
        click = parse_click(body)
        subject, wanted = _about(click.actions[0].value)
        visitor = await self._reception.within(click.person, lambda c: whose.of_subject(c, subject))
        language = known(wanted)
        if language is None:
            raise Malformed("language")
        if visitor.campaign is not None:
            found = await self._reception.words(visitor.campaign).of(subject, language)
            if found is not None:
                self._reception.beside(click.response_url, found)
        await ack()

    async def show_drafts(self, visitor: Visitor, found: tuple[book.Announcement, ...]) -> None:
        """Send a champion the drafts that wait, to decide on."""
        if visitor.campaign is None:
            return
        told = []
        for announcement in found:
            given = await self._approvals(announcement, visitor.campaign)
            shown = draft_preview(announcement, visitor.campaign, given, visitor.language)
            told.append(announcement_messages.draft_for_champions(shown, visitor.language))
        self._reception.afterwards.say(visitor.person.member, *told)

    async def _approvals(self, announcement: book.Announcement, campaign: Campaign) -> int:
        return await self._reception.ledger.read(lambda c: book.approvals(c, announcement, campaign))

    async def _decision(self, click: BlockActions) -> tuple[Visitor, str, int]:
        announcement_id, revision = _about(click.actions[0].value)
        if not revision.isdigit():
            raise Malformed("revision")
        visitor = await self._reception.within(click.person, lambda c: whose.of_announcement(c, announcement_id))
        return visitor, announcement_id, int(revision)


def _about(carried: str) -> tuple[str, str]:
    try:
        return parse_pair(carried)
    except MalformedButton:
        raise Malformed("announcement") from None


def _node_name(campaign: Campaign, node_id: str, language: Language) -> str:
    known = campaign.tree.by_id.get(node_id)
    return known.name.in_language(language) if known else node_id


def _draft(submission: ViewSubmission, language: Language, campaign: Campaign) -> Draft | dict[str, str]:
    """What was written, or an error for each field that has to be mended."""
    _ = translator(language)
    title, story = submission.text(Field.TITLE), submission.text(Field.STORY)
    unit, period, number = (submission.text(field) for field in (Field.UNIT, Field.PERIOD, Field.FIGURE))
    audience = submission.choices(Field.AUDIENCE)
    errors: dict[str, str] = {}
    if not title:
        errors[Field.TITLE] = _("Please write a title.")
    if not story:
        errors[Field.STORY] = _("Please write what happened.")
    if not audience or not set(audience) <= set(campaign.tree.by_id):
        errors[Field.AUDIENCE] = _("Please choose for whom it is.")
    figure = None
    if number or unit or period:
        value = _number(number)
        if value is None:
            errors[Field.FIGURE] = _("Please write a number, such as 30 or 2.5.")
        if not unit:
            errors[Field.UNIT] = _("Please say what the figure counts.")
        if not period:
            errors[Field.PERIOD] = _("Please say over which period it was measured.")
        if not errors and value is not None:
            figure = Figure(value=value, unit=unit, period=period)
    if errors:
        return errors
    mine = announcement_messages.written_in(language)
    other = announcement_messages.other_of(mine)
    titles = {mine: title, other: submission.text(Field.OTHER_TITLE) or title}
    stories = {mine: story, other: submission.text(Field.OTHER_STORY) or story}
    try:
        return Draft(
            kind=AnnouncementKind(submission.choice(Field.KIND)),
            title=Text(nl=titles[Language.NL], en=titles[Language.EN]),
            story=Text(nl=stories[Language.NL], en=stories[Language.EN]),
            audience=audience,
            figure=figure,
            staggered=STAGGERED in submission.choices(Field.STAGGERED),
        )
    except (ValidationError, ValueError):
        return {Field.STORY.value: _("This is too long. Please say it in fewer words.")}


def _number(typed: str) -> float | None:
    try:
        value = float(typed.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None  # neither "inf" nor "nan"


def register(app: AsyncApp, listener: AnnouncementListener) -> None:
    """Listen to the modal and to the buttons of drafts and posts."""
    app.view(CallbackId.ANNOUNCEMENT.value)(listener.sent)
    for action, heard in (
        (ActionId.ANNOUNCEMENT_APPROVE, listener.approve),
        (ActionId.ANNOUNCEMENT_EDIT, listener.edit),
        (ActionId.ANNOUNCEMENT_DISCARD, listener.discard),
        (ActionId.POST_AGAIN, listener.post_again),
        (ActionId.OTHER_LANGUAGE, listener.other_language),
    ):
        app.action(action.value)(heard)
