"""Changes that people can see: each stores the thing, tells open pages, and tells who waits for the bot's answer."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace

import orjson

from sandbox.clock import CampaignClock
from sandbox.slack.directory import Directory
from sandbox.slack.ephemerals import Ephemerals
from sandbox.slack.feed import Effect, EffectKind, Effects, EventKind, Feed
from sandbox.slack.identifiers import short_id, view_id
from sandbox.slack.objects import shown_ephemeral, shown_message, view_object
from sandbox.slack.records import NO_BLOCKS, Conversation, Ephemeral, Message, View, ViewKind
from sandbox.slack.store import Store
from sandbox.slack.wire import Json


class Surfaces:
    """Messages, messages for one person, App Home and modals."""

    def __init__(
        self,
        *,
        directory: Directory,
        store: Store,
        ephemerals: Ephemerals,
        clock: CampaignClock,
        feed: Feed,
        effects: Effects,
    ) -> None:
        self._directory = directory
        self._store = store
        self._ephemerals = ephemerals
        self._clock = clock
        self._feed = feed
        self._effects = effects

    # -- messages

    def post(
        self,
        conversation: Conversation,
        author: str,
        text: str,
        blocks: bytes = NO_BLOCKS,
        *,
        thread_ts: str | None = None,
        metadata: Json | None = None,
        interaction: str = "",
    ) -> Message:
        """Puts a new message into a conversation; with ``thread_ts`` into the thread below the message of that time."""
        message = Message(
            channel=conversation.id,
            ts=self._store.next_stamp(),
            sequence=0,
            author=author,
            text=text,
            blocks=blocks,
            campaign_at=self._clock.now().isoformat(timespec="seconds"),
            thread_ts=thread_ts,
            metadata=None if metadata is None else orjson.dumps(metadata),
        )
        if conversation.user not in ("", author) and not message.is_reply:
            self._feed.publish(EventKind.UNREAD, {"user": conversation.user})
        posted = self._message_changed(self._store.put_message(message), conversation, interaction)
        self._thread_changed(posted)
        return posted

    def rewrite(self, message: Message, text: str, blocks: bytes, *, interaction: str = "") -> Message:
        """Replaces a message's text and blocks; its place and time stay."""
        changed = replace(message, text=text, blocks=blocks, edited_ts=self._store.next_stamp())
        return self._put(changed, interaction)

    def delete(self, message: Message, *, interaction: str = "") -> Message:
        """Takes a message away."""
        gone = self._put(replace(message, text="", blocks=NO_BLOCKS, deleted=True), interaction)
        self._thread_changed(gone)
        return gone

    def react(self, message: Message, user: str, name: str, *, present: bool) -> Message:
        """Adds or takes away one person's reaction; no change when it is already so."""
        reactions = {known: list(users) for known, users in message.reactions}
        users = reactions.setdefault(name, [])
        if present == (user in users):
            return message
        (users.append if present else users.remove)(user)
        kept = tuple((known, tuple(people)) for known, people in reactions.items() if people)
        return self._put(replace(message, reactions=kept), "")

    def whisper(
        self,
        conversation: Conversation,
        user: str,
        text: str,
        blocks: bytes,
        *,
        replacing: str = "",
        interaction: str = "",
    ) -> Ephemeral:
        """Shows a message to one person only; in the place of an earlier one when ``replacing`` names it."""
        ephemeral = Ephemeral(
            ts=replacing or self._store.next_stamp(),
            channel=conversation.id,
            user=user,
            sequence=self._store.next_sequence(),
            text=text,
            blocks=blocks,
        )
        self._ephemerals.put(ephemeral)
        self._tell(
            EventKind.EPHEMERAL,
            EffectKind.EPHEMERAL,
            lambda: shown_ephemeral(ephemeral, self._directory),
            {user},
            ("interaction", interaction),
        )
        return ephemeral

    def take_back(self, ephemeral: Ephemeral) -> None:
        """Takes a message for one person away."""
        self._ephemerals.remove(ephemeral.user, ephemeral.ts)
        gone: Json = {
            "channel": ephemeral.channel,
            "ts": ephemeral.ts,
            "sequence": self._store.next_sequence(),
            "deleted": True,
            "ephemeral": True,
        }
        self._feed.publish(EventKind.EPHEMERAL, gone, {ephemeral.user})

    # -- views

    def publish_home(self, user: str, body: Json) -> View:
        """Sets a person's App Home."""
        known = self._store.home(user)
        home_id = known.id if known else view_id()
        view = self._store.put_view(View(home_id, ViewKind.HOME, user, body, short_id(), home_id, None, 0))
        self._view_changed(view)
        return view

    def open_modal(self, user: str, body: Json, *, above: View | None = None, interaction: str = "") -> View:
        """Opens a modal: alone, or on top of ``above``."""
        if above is None:
            self.close_modals(user)
        fresh = view_id()
        root, previous = (above.root_id, above.id) if above else (fresh, None)
        view = self._store.put_view(View(fresh, ViewKind.MODAL, user, body, short_id(), root, previous, 0))
        self._view_changed(view, interaction)
        return view

    def replace_view(self, view: View, body: Json, *, interaction: str = "") -> View:
        """Shows other content in a view that is already there."""
        changed = self._store.put_view(replace(view, body=body, hash=short_id()))
        self._view_changed(changed, interaction)
        return changed

    def close_modals(self, user: str, *, only: str | None = None) -> None:
        """Closes all of a person's modals, or only the one with this id."""
        for view in self._store.modals(user):
            if only is None or view.id == only:
                self._store.drop_view(view.id)
        self._feed.publish(EventKind.MODALS, {"user": user}, {user})

    # -- telling

    def _put(self, message: Message, interaction: str) -> Message:
        conversation = self._store.conversation(message.channel)
        if conversation is None:
            raise LookupError(f"message {message.ts} lies in no known conversation")
        return self._message_changed(self._store.put_message(message), conversation, interaction)

    def _thread_changed(self, reply: Message) -> None:
        """Let the message above a reply tell of it."""
        above = self._store.message(reply.channel, reply.thread_ts) if reply.thread_ts and reply.is_reply else None
        if above is not None:
            self._put(replace(above, thread_ts=above.ts if self._store.replies(above) else None), "")

    def _message_changed(self, message: Message, conversation: Conversation, interaction: str) -> Message:
        topics = [
            ("interaction", interaction),
            ("message", message.channel, message.ts),
            ("conversation", message.channel),
        ]
        if conversation.user:
            topics.append(("person", conversation.user))
        self._tell(
            EventKind.MESSAGE,
            EffectKind.MESSAGE,
            lambda: shown_message(message, self._directory, self._store.replies(message)),
            conversation.member_set,
            *topics,
        )
        return message

    def _view_changed(self, view: View, interaction: str = "") -> None:
        home = view.kind is ViewKind.HOME
        self._tell(
            EventKind.HOME if home else EventKind.MODALS,
            EffectKind.HOME if home else EffectKind.MODAL,
            lambda: view_object(view, self._directory),
            {view.user},
            ("interaction", interaction),
            ("view", view.id),
            ("person's home" if home else "person's modal", view.user),
        )

    def _tell(
        self,
        event: EventKind,
        effect: EffectKind,
        shown: Callable[[], Json],
        audience: Container[str],
        *topics: tuple[str, ...],
    ) -> None:
        self._effects.happened(lambda: Effect(effect, shown()), *topics)
        if self._feed.watched:
            self._feed.publish(event, shown(), audience)
