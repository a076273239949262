"""What the workspace holds: conversations, messages, reactions, views. Values; the store swaps them whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import cast

import orjson

from sandbox.slack.wire import Json

NO_BLOCKS = b"[]"


class ConversationKind(Enum):
    """The kinds of conversation the workspace knows, named as in ``conversations.list``."""

    DIRECT = "im"
    PUBLIC = "public_channel"
    PRIVATE = "private_channel"


@dataclass(frozen=True)
class Conversation:
    """A DM between the bot and ``user``, or a channel (``user`` is then empty)."""

    id: str
    kind: ConversationKind
    name: str
    members: tuple[str, ...]
    user: str = ""

    @cached_property
    def member_set(self) -> frozenset[str]:
        """Its members, the bot included."""
        return frozenset(self.members)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``blocks`` is a JSON array; ``sequence`` rises with every change in the workspace;
    ``campaign_at`` is the campaign time at which it was posted (ISO, UTC), ``ts`` the wall time; ``thread_ts`` is that
    of the thread's first message, which carries its own as soon as it has been answered."""

    channel: str
    ts: str
    sequence: int
    author: str
    text: str
    blocks: bytes = NO_BLOCKS
    campaign_at: str = ""
    thread_ts: str | None = None
    edited_ts: str | None = None
    metadata: bytes | None = None
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    deleted: bool = False

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread, below another message."""
        return self.thread_ts not in (None, self.ts)

    def block_list(self) -> list[Json]:
        """The blocks, parsed."""
        return cast("list[Json]", orjson.loads(self.blocks))


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A message that one person sees until the page is reloaded; Slack does not store these either."""

    ts: str
    channel: str
    user: str
    sequence: int
    text: str
    blocks: bytes

    def block_list(self) -> list[Json]:
        """The blocks, parsed."""
        return cast("list[Json]", orjson.loads(self.blocks))


class ViewKind(Enum):
    """Where a view is shown."""

    HOME = "home"
    MODAL = "modal"


@dataclass(frozen=True, slots=True)
class View:
    """An App Home or an open modal of one person. ``body`` is the view object as the bot sent it, with block ids."""

    id: str
    kind: ViewKind
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None
    sequence: int
