"""The workspace's memory: conversations, messages, views, read marks, kept over a crash by the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from sandbox.slack.directory import Directory
from sandbox.slack.identifiers import Stamps, dm_id
from sandbox.slack.journal import Journal
from sandbox.slack.records import Conversation, ConversationKind, Message, View, ViewKind
from sandbox.slack.rows import message_from, message_row, view_from, view_row


class Store:
    """All state of the workspace. Reads come from memory; every change is also written to the journal."""

    def __init__(self, directory: Directory, journal: Journal) -> None:
        self._directory = directory
        self._journal = journal
        self._conversations: dict[str, Conversation] = {}
        self._dm_of_user: dict[str, str] = {}
        self._messages: defaultdict[str, dict[str, Message]] = defaultdict(dict)
        self._replies: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._views: dict[str, View] = {}
        self._home_of_user: dict[str, str] = {}
        self._read_marks: dict[tuple[str, str], str] = {}
        for channel in directory.channels:
            kind = ConversationKind.PRIVATE if channel.is_private else ConversationKind.PUBLIC
            self._conversations[channel.id] = Conversation(channel.id, kind, channel.name, channel.members)
        last_stamp, last_sequence = self._load()
        self._stamps = Stamps(after=last_stamp)
        self._sequences = count(last_sequence + 1)
        self.sequence = last_sequence

    # -- conversations

    def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation with this id."""
        return self._conversations.get(conversation_id)

    def conversations(self) -> Iterable[Conversation]:
        """All conversations, channels first, then DMs in the order they were opened."""
        return self._conversations.values()

    def channels(self) -> Iterable[Conversation]:
        """The channels of the directory."""
        return (self._conversations[channel.id] for channel in self._directory.channels)

    def channel_named(self, name: str) -> Conversation | None:
        """The channel with this name (without #)."""
        return next((c for c in self.channels() if c.name == name), None)

    def dm(self, user: str) -> Conversation | None:
        """The DM between the bot and this user, if it was ever opened."""
        found = self._dm_of_user.get(user)
        return self._conversations[found] if found else None

    def open_dm(self, user: str) -> Conversation:
        """The DM between the bot and this user, opened if need be."""
        existing = self.dm(user)
        if existing is not None:
            return existing
        conversation = self._remember_dm(dm_id(self._directory.team.id, user), user)
        self._journal.write("put_conversation", (conversation.id, user))
        return conversation

    # -- messages

    def next_stamp(self) -> str:
        """A fresh message timestamp."""
        return self._stamps.next()

    def next_sequence(self) -> int:
        """The number of the next change in the workspace."""
        self.sequence = next(self._sequences)
        return self.sequence

    def message(self, channel: str, ts: str) -> Message | None:
        """A message that has not been deleted."""
        found = self._messages[channel].get(ts) if channel in self._messages else None
        return None if found is None or found.deleted else found

    def messages(self, channel: str) -> Iterator[Message]:
        """A conversation's messages, oldest first, without deleted ones."""
        return (m for m in self._messages.get(channel, {}).values() if not m.deleted)

    def newest_messages(self, channel: str) -> Iterator[Message]:
        """A conversation's messages, newest first, without deleted ones."""
        return (m for m in reversed(self._messages.get(channel, {}).values()) if not m.deleted)

    def changed_messages(self, channel: str, since: int) -> list[Message]:
        """Messages of a conversation that changed after change number ``since``, deleted ones included."""
        return [m for m in self._messages.get(channel, {}).values() if m.sequence > since]

    def replies(self, message: Message) -> list[Message]:
        """The replies in the thread below a message, oldest first, without deleted ones."""
        stamps = self._replies.get((message.channel, message.ts), ())
        return [reply for ts in stamps if not (reply := self._messages[message.channel][ts]).deleted]

    def put_message(self, message: Message) -> Message:
        """Stores a new or changed message under a fresh change number and returns it."""
        stored = replace(message, sequence=self.next_sequence())
        self._remember_message(stored)
        self._journal.write("put_message", message_row(stored))
        return stored

    # -- views

    def view(self, view_id: str) -> View | None:
        """A view by id."""
        return self._views.get(view_id)

    def view_by_external_id(self, external_id: str) -> View | None:
        """A view by the id that the bot gave it."""
        return next((v for v in self._views.values() if v.body.get("external_id") == external_id), None)

    def home(self, user: str) -> View | None:
        """The App Home that the bot published for a user."""
        found = self._home_of_user.get(user)
        return self._views[found] if found else None

    def modals(self, user: str) -> list[View]:
        """A user's open modals, bottom of the stack first."""
        return [v for v in self._views.values() if v.user == user and v.kind is ViewKind.MODAL]

    def put_view(self, view: View) -> View:
        """Stores a new or changed view under a fresh change number and returns it."""
        stored = replace(view, sequence=self.next_sequence())
        self._remember_view(stored)
        self._journal.write("put_view", view_row(stored))
        return stored

    def drop_view(self, view_id: str) -> None:
        """Closes a modal."""
        if self._views.pop(view_id, None) is not None:
            self._journal.write("drop_view", (view_id,))

    # -- read marks

    def mark_read(self, user: str, channel: str) -> None:
        """Remembers that a user has seen everything in a conversation."""
        newest = next(self.newest_messages(channel), None)
        if newest is not None and self._read_marks.get((user, channel), "") < newest.ts:
            self._read_marks[user, channel] = newest.ts
            self._journal.write("put_read_mark", (user, channel, newest.ts))

    def unread(self, user: str, channel: str) -> int:
        """How many messages of others a user has not seen; replies in threads are not counted, as in Slack."""
        mark = self._read_marks.get((user, channel), "")
        unread = 0
        for message in self.newest_messages(channel):
            if message.ts <= mark:
                break
            unread += message.author != user and not message.is_reply
        return unread

    async def durable(self) -> None:
        """Returns once every change made before this call would survive a kill."""
        await self._journal.durable()

    # -- loading

    def _load(self) -> tuple[str | None, int]:
        for conversation_id, user in self._journal.load("load_conversations"):
            if str(user) in self._directory.user_by_id:
                self._remember_dm(str(conversation_id), str(user))
        last_stamp, last_sequence = "", 0
        for row in self._journal.load("load_messages"):
            message = message_from(row)
            self._remember_message(message)
            last_stamp, last_sequence = max(last_stamp, message.ts), max(last_sequence, message.sequence)
        for row in self._journal.load("load_views"):
            view = view_from(row)
            self._remember_view(view)
            last_sequence = max(last_sequence, view.sequence)
        for user, channel, ts in self._journal.load("load_read_marks"):
            self._read_marks[str(user), str(channel)] = str(ts)
        return last_stamp or None, last_sequence

    def _remember_dm(self, conversation_id: str, user: str) -> Conversation:
        members = (user, self._directory.app.user_id)
        conversation = Conversation(conversation_id, ConversationKind.DIRECT, "", members, user)
        self._conversations[conversation_id] = conversation
        self._dm_of_user[user] = conversation_id
        return conversation

    def _remember_message(self, message: Message) -> None:
        self._messages[message.channel][message.ts] = message
        if message.thread_ts is not None and message.is_reply:
            self._replies[message.channel, message.thread_ts][message.ts] = None

    def _remember_view(self, view: View) -> None:
        self._views[view.id] = view
        if view.kind is ViewKind.HOME:
            self._home_of_user[view.user] = view.id
